"""A refund beside the captures it may belong to, measured once.

What the conditions, the verdict and the advice have in common stands here: which
captures carry the refund's references, how much room they have, which one comes
closest, and which reference was probably meant by a misspelt one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.explanation import Verdict
from mockserver.domain.order import Capture, OrderLine, Refund

RETURN_FEE = "return_fee"
NO_REFERENCE = ""  # stands for a line without one; no capture carries it
SPELLING_CANDIDATES = 300  # how many references a misspelt one is compared with
SPELLINGS_EXPLAINED = 3  # of how many missing references the spelling is looked at


@dataclass(frozen=True, slots=True)
class RefundCase:
    """The measured facts; made by :func:`measure`.

    ``matching`` are the captures that carry every reference. ``match`` is one of them:
    the oldest with room, else the one with the most room. ``closest`` is the match, or
    the capture that shares most references. ``limits`` says by capture id how much a
    refund may take.
    """

    amount: int
    lines: Sequence[OrderLine]
    captures: Sequence[Capture]
    failed_refunds: tuple[str, ...]
    references: tuple[str, ...]
    carried: Mapping[str, frozenset[str]]
    room: Mapping[str, int]
    limits: Mapping[str, int]
    spelling: Mapping[str, str | None]
    matching: Sequence[Capture]
    match: Capture | None
    closest: Capture | None
    fitting: int
    assumptions: Assumptions


def measure(
    amount: int,
    lines: Sequence[OrderLine],
    captures: Sequence[Capture],
    earlier: Sequence[Refund],
    assumptions: Assumptions,
) -> RefundCase:
    """Measure a refund against the captures and refunds that were before it."""
    references = references_of(lines)
    carried = {
        each.capture_id: frozenset(
            line.reference for line in each.order_lines if line.reference
        )
        for each in captures
    }
    room = room_of(captures, earlier)
    limits = room
    if assumptions.capture_capacity == "captured":
        limits = {each.capture_id: each.captured_amount for each in captures}
    matching = [
        each for each in captures if lines and carried[each.capture_id].issuperset(references)
    ]
    match = max(
        matching,
        key=lambda each: min(limits[each.capture_id], amount),
        default=None,
    )
    spelling = {} if match else _spelling(references, captures)
    return RefundCase(
        amount=amount,
        lines=lines,
        captures=captures,
        failed_refunds=tuple(
            each.refund_id for each in earlier if each.allocation.verdict is Verdict.FAILED
        ),
        references=references,
        carried=carried,
        room=room,
        limits=limits,
        spelling=spelling,
        matching=matching,
        match=match,
        closest=match or _closest(references, captures, carried, spelling),
        fitting=sum(amount <= limits[each.capture_id] for each in matching),
        assumptions=assumptions,
    )


def references_of(lines: Sequence[OrderLine]) -> tuple[str, ...]:
    """The references to be matched, each once; a return fee has none to match."""
    found = (line.reference or NO_REFERENCE for line in lines if line.type != RETURN_FEE)
    return tuple(dict.fromkeys(found))


def room_of(captures: Sequence[Capture], refunds: Sequence[Refund]) -> dict[str, int]:
    """Say how much (minor units) can still be refunded of each capture, by its id."""
    room = {each.capture_id: each.captured_amount for each in captures}
    for refund in refunds:
        for landing in refund.allocation.landed:
            room[landing.capture_id] -= landing.amount
    return room


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
    candidates = list(folded)[:SPELLING_CANDIDATES]
    missing = sorted(each for each in references if each not in every)
    meant: dict[str, str | None] = dict.fromkeys(missing)
    for each in missing[:SPELLINGS_EXPLAINED]:
        word = each.strip().casefold()
        near = [word] if word in folded else get_close_matches(word, candidates, n=1)
        meant[each] = folded[near[0]] if near else None
    return meant


def _closest(
    references: tuple[str, ...],
    captures: Sequence[Capture],
    carried: Mapping[str, frozenset[str]],
    spelling: Mapping[str, str | None],
) -> Capture | None:
    """Find the capture that shares most references, as written or as meant."""
    if not references:
        return None
    wanted = {spelling.get(each) or each for each in references}
    return max(
        captures,
        key=lambda each: len(wanted & carried[each.capture_id]),
        default=None,
    )
