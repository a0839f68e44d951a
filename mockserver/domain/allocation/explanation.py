"""Result types of an allocation: outcome, bookings, conditions and explanation.

An :class:`Allocation` is what was decided and what an order keeps. An
:class:`Explanation` is derived from the same facts when somebody reads it
(:mod:`mockserver.domain.allocation.allocate`).
"""

from enum import StrEnum

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions

MARKS = {True: "ok", False: "FAIL"}  # of a condition, in the text


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

    Attributes:
        outcome: whether it was allocated, failed or was not attempted.
        capture_id: the capture it is allocated to.
        klarna_reference: the reference of that capture.
        booked: where the money was booked, whatever the outcome.
        ambiguous: whether several captures fit.
        failure_injected: whether the failure was injected.
        assumptions: the assumptions in force when it was decided.
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


class Candidate(Struct, frozen=True):
    """One of several captures that fit a refund."""

    capture_id: str
    klarna_reference: str


class Explanation(Struct, frozen=True):
    """Explanation of an allocation.

    Attributes:
        allocation: the decision.
        refunded_amount: the amount of the refund, in minor units.
        conditions: every condition, whether it holds or not.
        nearest: the capture that came closest to a failed refund.
        candidates: the first captures that fit an ambiguous refund, oldest first.
        candidate_count: the number of captures that fit it.
        assumptions: the names of the assumptions that mattered.
        hints: what to change, most useful first; may be empty.
    """

    allocation: Allocation
    refunded_amount: int
    conditions: tuple[Condition, ...]
    nearest: NearestCapture | None
    candidates: tuple[Candidate, ...]
    candidate_count: int
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
                outcome = "accepted as an amount only, allocation not attempted"
        return f"Refund of {self.refunded_amount}: {outcome}."

    def _condition_lines(self) -> list[str]:
        return [
            f"  {MARKS[condition.holds]:<4}  {condition.name:<26} {condition.detail}"
            for condition in self.conditions
        ]

    def _notes(self) -> list[str]:
        allocation, notes = self.allocation, []
        if allocation.ambiguous:
            names = ", ".join(candidate.klarna_reference for candidate in self.candidates)
            others = self.candidate_count - len(self.candidates)
            names += f" and {others} more" if others else ""
            notes.append(f"  Ambiguous: captures {names} fit; the oldest one was chosen.")
        if self.nearest:
            separated = "; ".join(self.nearest.differences)
            notes.append(
                f"  Nearest: capture {self.nearest.klarna_reference}: {separated}.",
            )
        booked_captures = [booking.capture_id for booking in allocation.booked]
        if self.refunded_amount and booked_captures != [allocation.capture_id]:
            booked = ", ".join(
                f"{booking.amount} on {booking.klarna_reference}"
                for booking in allocation.booked
            )
            notes.append(f"  Booked: {booked or 'on no capture'}.")
        if self.assumptions:
            notes.append(f"  Assumptions used: {', '.join(self.assumptions)}.")
        notes.extend(f"  Hint: {hint}" for hint in self.hints)
        return notes
