"""A refund beside the captures it may belong to, measured once.

What the decision, the conditions and the advice have in common stands here: which
captures carry the refund's references and how much room they have. What only an
explanation needs, such as the reference probably meant by a misspelt one, is worked out
when it is asked for.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import RefundOrder
from mockserver.domain.explanation import Verdict
from mockserver.domain.money import add_up
from mockserver.domain.order import Capture, Order, OrderLine, Refund

RETURN_FEE = "return_fee"
NO_REFERENCE = ""  # stands for a line without one; no capture carries it
SPELLING_CANDIDATES = 100  # how many references a misspelt one is compared with
LONGEST_SPELLED = 40  # characters of a reference whose spelling is looked at
SPELLINGS_EXPLAINED = 3  # of how many missing references the spelling is looked at


class RefundCase(Struct, frozen=True, kw_only=True, dict=True):
    """The measured facts; made by :func:`measure`.

    ``earlier`` are the refunds that were before it. ``adds_up`` says that there are lines,
    and that their sum is the amount. ``room`` says by capture id how much
    of a capture is not refunded, ``limits`` how much a refund may take of it (minor
    units). ``matching`` are the captures that carry every reference. ``match`` is one
    of them: the oldest with room, else the one with the most room.
    """

    amount: int
    lines: Sequence[OrderLine]
    adds_up: bool
    captures: Sequence[Capture]
    earlier: Sequence[Refund]
    assumptions: Assumptions
    made_to_fail: bool
    references: tuple[str, ...]
    room: Mapping[str, int]
    limits: Mapping[str, int]
    matching: Sequence[Capture]
    match: Capture | None

    @property
    def fitting(self) -> int:
        """How many matching captures may take the whole amount."""
        return sum(self.amount <= self.limits[each.capture_id] for each in self.matching)

    @cached_property
    def failed_refunds(self) -> tuple[str, ...]:
        """The ids of the earlier refunds that failed to be allocated."""
        return tuple(each.refund_id for each in self.earlier if _failed(each))

    @cached_property
    def closest(self) -> Capture | None:
        """The match, or the capture that shares most references."""
        return self.match or _closest(self.references, self.captures, self.spelling)

    @cached_property
    def spelling(self) -> Mapping[str, str | None]:
        """Each reference that no capture carries, and the one probably meant."""
        return {} if self.match else _spelling(self.references, self.captures)


def measure(
    amount: int,
    lines: Sequence[OrderLine],
    captures: Sequence[Capture],
    earlier: Sequence[Refund],
    assumptions: Assumptions,
    *,
    made_to_fail: bool = False,
) -> RefundCase:
    """Measure a refund against the captures and refunds that were before it.

    Args:
        amount: of the refund, in minor units.
        lines: the refund's lines, possibly none.
        captures: the order's captures, oldest first.
        earlier: the order's earlier refunds with their allocations, oldest first.
        assumptions: the choices in force.
        made_to_fail: let the allocation fail as if the provider had failed.
    """
    references = references_of(lines)
    room = limits = room_of(captures, earlier)
    if assumptions.capture_capacity == "captured":
        limits = {each.capture_id: each.captured_amount for each in captures}
    matching = (
        [each for each in captures if each.references.issuperset(references)] if lines else []
    )
    return RefundCase(
        amount=amount,
        lines=lines,
        adds_up=add_up(lines, amount),
        captures=captures,
        earlier=earlier,
        assumptions=assumptions,
        made_to_fail=made_to_fail,
        references=references,
        room=room,
        limits=limits,
        matching=matching,
        match=_match(amount, matching, limits),
    )


def measure_asked(
    order: Order,
    asked: RefundOrder,
    assumptions: Assumptions,
    *,
    allocation_fails: bool = False,
) -> RefundCase:
    """Measure a refund that is asked of an order as it stands.

    With ``allocation_fails``, or where the order was told so, it is made to fail; that
    waits for a refund with lines, as without them nothing is attempted.
    """
    fails = allocation_fails or order.fail_next_allocation
    return measure(
        asked.refunded_amount,
        asked.order_lines,
        order.captures,
        order.refunds,
        assumptions,
        made_to_fail=fails and bool(asked.order_lines),
    )


def references_of(lines: Sequence[OrderLine]) -> tuple[str, ...]:
    """The references to be matched, each once; a return fee has none to match."""
    found = [line.reference or NO_REFERENCE for line in lines if line.type != RETURN_FEE]
    return tuple(dict.fromkeys(found))


def room_of(captures: Sequence[Capture], refunds: Sequence[Refund]) -> dict[str, int]:
    """Say how much (minor units) can still be refunded of each capture, by its id."""
    room = {each.capture_id: each.captured_amount for each in captures}
    for refund in refunds:
        for landing in refund.allocation.booked:
            room[landing.capture_id] -= landing.amount
    return room


def _failed(refund: Refund) -> bool:
    return refund.allocation.outcome is Verdict.FAILED


def _match(
    amount: int,
    matching: Sequence[Capture],
    limits: Mapping[str, int],
) -> Capture | None:
    if len(matching) == 1:
        return matching[0]
    return max(
        matching,
        key=lambda each: min(limits[each.capture_id], amount),
        default=None,
    )


def _spelling(
    references: tuple[str, ...],
    captures: Sequence[Capture],
) -> dict[str, str | None]:
    """Map each reference that no capture carries to the one probably meant.

    Only the first few are looked at: sorted, so that the order of lines does not matter.
    """
    every = dict.fromkeys(
        line.reference for each in captures for line in each.order_lines if line.reference
    )
    folded = {each.casefold(): each for each in every}
    short = [each for each in folded if len(each) <= LONGEST_SPELLED]
    candidates = short[:SPELLING_CANDIDATES]
    missing = sorted(each for each in references if each not in every)
    meant: dict[str, str | None] = dict.fromkeys(missing)
    for each in missing[:SPELLINGS_EXPLAINED]:
        word = each.strip().casefold()
        near = [word] if word in folded else []
        if not near and len(word) <= LONGEST_SPELLED:
            near = get_close_matches(word, candidates, n=1)
        meant[each] = folded[near[0]] if near else None
    return meant


def _closest(
    references: tuple[str, ...],
    captures: Sequence[Capture],
    spelling: Mapping[str, str | None],
) -> Capture | None:
    """Find the capture that shares most references, as written or as meant."""
    if not references:
        return None
    wanted = {spelling.get(each) or each for each in references}
    return max(captures, key=lambda each: len(wanted & each.references), default=None)
