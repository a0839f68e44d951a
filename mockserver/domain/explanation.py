"""What an allocation says: the verdict, its conditions and the words for them.

The decision itself is made in :mod:`mockserver.domain.allocation`. The value below is
both the decision and its explanation, so the two cannot drift apart.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a refund was tied to a shipment."""

    ALLOCATED = "allocated"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a correct allocation, judged with its numbers."""

    name: str
    holds: bool
    expected: int | tuple[str, ...]
    actual: int | tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Landing:
    """An amount (minor units) of a refund that was booked on one capture."""

    capture_id: str
    klarna_reference: str
    amount: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """The capture that came closest to a failed refund, and what separates the two."""

    capture_id: str
    klarna_reference: str
    separated_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """To which capture a refund was allocated and why, or why to none.

    ``landed`` says where the money was booked, whatever the verdict. ``assumptions``
    names the assumptions that mattered. ``advice`` says what to change in the
    request, and is empty when there is nothing to change.
    """

    verdict: Verdict
    refunded_amount: int
    capture_id: str | None
    klarna_reference: str | None
    landed: tuple[Landing, ...]
    conditions: tuple[Condition, ...]
    nearest: Nearest | None
    ambiguous: bool
    assumptions: tuple[str, ...]
    advice: str

    @property
    def failed_conditions(self) -> tuple[str, ...]:
        """The names of the conditions that do not hold."""
        return tuple(each.name for each in self.conditions if not each.holds)

    @property
    def text(self) -> str:
        """The explanation as lines of plain text, without a final newline."""
        return "\n".join((self._headline(), *self._condition_lines(), *self._notes()))

    def _headline(self) -> str:
        match self.verdict:
            case Verdict.ALLOCATED:
                outcome = f"allocated to capture {self.klarna_reference}"
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
        notes = []
        if self.ambiguous:
            notes.append("  Ambiguous: several captures fit; the oldest was taken.")
        if self.nearest:
            separated = "; ".join(self.nearest.separated_by)
            notes.append(
                f"  Nearest: capture {self.nearest.klarna_reference}: {separated}.",
            )
        if [each.capture_id for each in self.landed] != [self.capture_id]:
            booked = ", ".join(
                f"{each.amount} on {each.klarna_reference}" for each in self.landed
            )
            notes.append(f"  Booked: {booked or 'on no capture'}.")
        if self.assumptions:
            notes.append(f"  Rests on assumptions: {', '.join(self.assumptions)}.")
        if self.advice:
            notes.append(f"  Fix: {self.advice}")
        return notes
