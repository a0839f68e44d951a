"""Result types of an allocation: outcome, bookings, conditions and explanation.

An :class:`Allocation` is what was decided and what an order keeps. An
:class:`Explanation` is put into words from the same measured facts when somebody asks
(:mod:`mockserver.domain.allocation.allocate`).
"""

from enum import StrEnum

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions


class AllocationOutcome(StrEnum):
    """Outcome of an allocation."""

    ALLOCATED = "allocated"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"


class Booking(Struct, frozen=True, gc=False):
    """Part of a refund (minor units) booked on one capture."""

    capture_id: str
    klarna_reference: str
    amount: int


class Allocation(Struct, frozen=True, gc=False):
    """The allocation of a refund: its outcome, its capture and where the money was booked.

    ``booked`` says where the money was booked, whatever the outcome, ``ambiguous`` that
    several captures fitted. ``assumptions`` were in force; ``made_to_fail`` tells that
    the allocation failed as if the provider had failed.
    """

    outcome: AllocationOutcome
    capture_id: str | None
    klarna_reference: str | None
    booked: tuple[Booking, ...]
    ambiguous: bool
    failure_injected: bool
    assumptions: Assumptions


class Condition(Struct, frozen=True):
    """A checked condition with expected and actual value."""

    name: str
    holds: bool
    expected: int | tuple[str, ...]
    actual: int | tuple[str, ...]
    detail: str


class NearestCapture(Struct, frozen=True):
    """The capture closest to a failed refund, with the differences between the two."""

    capture_id: str
    klarna_reference: str
    differences: tuple[str, ...]


class Explanation(Struct, frozen=True):
    """Explanation of an allocation.

    ``assumptions`` names the assumptions that mattered. ``hints`` says what to change
    in the request, most useful first, and is empty when there is nothing to change.
    """

    allocation: Allocation
    refunded_amount: int
    conditions: tuple[Condition, ...]
    nearest: NearestCapture | None
    assumptions: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def failed_conditions(self) -> tuple[str, ...]:
        """The names of the conditions that do not hold."""
        return tuple(condition.name for condition in self.conditions if not condition.holds)

    @property
    def text(self) -> str:
        """The explanation as lines of plain text, without a final newline."""
        return "\n".join((self._headline(), *self._condition_lines(), *self._notes()))

    def _headline(self) -> str:
        match self.allocation.outcome:
            case AllocationOutcome.ALLOCATED:
                outcome = f"allocated to capture {self.allocation.klarna_reference}"
            case AllocationOutcome.FAILED:
                outcome = "accepted, but NOT allocated to a capture"
            case _:
                outcome = "accepted without order lines, allocation not attempted"
        return f"Refund of {self.refunded_amount}: {outcome}."

    def _condition_lines(self) -> list[str]:
        return [
            f"  {'ok' if condition.holds else 'NO'}  {condition.name:<26} {condition.detail}"
            for condition in self.conditions
        ]

    def _notes(self) -> list[str]:
        allocation, notes = self.allocation, []
        if allocation.ambiguous:
            notes.append("  Ambiguous: several captures fit; the oldest one was chosen.")
        if self.nearest:
            separated = "; ".join(self.nearest.differences)
            notes.append(
                f"  Nearest: capture {self.nearest.klarna_reference}: {separated}.",
            )
        places = [item.capture_id for item in allocation.booked]
        if self.refunded_amount and places != [allocation.capture_id]:
            booked = ", ".join(
                f"{item.amount} on {item.klarna_reference}" for item in allocation.booked
            )
            notes.append(f"  Booked: {booked or 'on no capture'}.")
        if self.assumptions:
            notes.append(f"  Assumptions used: {', '.join(self.assumptions)}.")
        if self.hints:
            notes.append(f"  Fix: {' '.join(self.hints)}")
        return notes
