"""What is said of an allocation: the verdict, and the reasons for it in numbers and words.

An :class:`Allocation` is what was decided and what an order keeps. An
:class:`Explanation` is put into words from the same measured facts when somebody asks
(:mod:`mockserver.domain.allocation`).
"""

from enum import StrEnum

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions


class Verdict(StrEnum):
    """Whether a refund was tied to a shipment."""

    ALLOCATED = "allocated"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"


class Landing(Struct, frozen=True, gc=False):
    """An amount (minor units) of a refund that was booked on one capture."""

    capture_id: str
    klarna_reference: str
    amount: int


class Allocation(Struct, frozen=True, gc=False):
    """To which capture a refund was allocated, or that it was to none.

    ``booked`` says where the money was booked, whatever the outcome, ``ambiguous`` that
    several captures fitted. ``assumptions`` were in force; ``made_to_fail`` tells that
    the allocation failed as if the provider had failed.
    """

    outcome: Verdict
    capture_id: str | None
    klarna_reference: str | None
    booked: tuple[Landing, ...]
    ambiguous: bool
    made_to_fail: bool
    assumptions: Assumptions


class Condition(Struct, frozen=True):
    """One condition of a correct allocation, judged with its numbers."""

    name: str
    holds: bool
    expected: int | tuple[str, ...]
    actual: int | tuple[str, ...]
    detail: str


class Nearest(Struct, frozen=True):
    """The capture that came closest to a failed refund, and what separates the two."""

    capture_id: str
    klarna_reference: str
    differences: tuple[str, ...]


class Explanation(Struct, frozen=True):
    """Why a refund was allocated as it was.

    ``assumptions`` names the assumptions that mattered. ``hints`` says what to change
    in the request, most useful first, and is empty when there is nothing to change.
    """

    allocation: Allocation
    refunded_amount: int
    conditions: tuple[Condition, ...]
    nearest: Nearest | None
    assumptions: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def failed_conditions(self) -> tuple[str, ...]:
        """The names of the conditions that do not hold."""
        return tuple(each.name for each in self.conditions if not each.holds)

    @property
    def text(self) -> str:
        """The explanation as lines of plain text, without a final newline."""
        return "\n".join((self._headline(), *self._condition_lines(), *self._notes()))

    def _headline(self) -> str:
        match self.allocation.outcome:
            case Verdict.ALLOCATED:
                outcome = f"allocated to capture {self.allocation.klarna_reference}"
            case Verdict.FAILED:
                outcome = "accepted, but NOT allocated to a capture"
            case _:
                outcome = "accepted without order lines, allocation not attempted"
        return f"Refund of {self.refunded_amount}: {outcome}."

    def _condition_lines(self) -> list[str]:
        return [
            f"  {'ok' if each.holds else 'NO'}  {each.name:<26} {each.detail}"
            for each in self.conditions
        ]

    def _notes(self) -> list[str]:
        allocation, notes = self.allocation, []
        if allocation.ambiguous:
            notes.append("  Ambiguous: several captures fit; the oldest was taken.")
        if self.nearest:
            separated = "; ".join(self.nearest.differences)
            notes.append(
                f"  Nearest: capture {self.nearest.klarna_reference}: {separated}.",
            )
        places = [each.capture_id for each in allocation.booked]
        if self.refunded_amount and places != [allocation.capture_id]:
            booked = ", ".join(
                f"{each.amount} on {each.klarna_reference}" for each in allocation.booked
            )
            notes.append(f"  Booked: {booked or 'on no capture'}.")
        if self.assumptions:
            notes.append(f"  Rests on assumptions: {', '.join(self.assumptions)}.")
        if self.hints:
            notes.append(f"  Fix: {' '.join(self.hints)}")
        return notes
