"""What would have helped: the nearest capture and what to change in the request."""

from collections.abc import Callable, Iterable, Mapping

from mockserver.domain.conditions import SHOWN
from mockserver.domain.explanation import Condition, Nearest
from mockserver.domain.money import sum_of
from mockserver.domain.order import Capture
from mockserver.domain.refund_case import NO_REFERENCE, SPELLINGS_EXPLAINED, RefundCase


def nearest(case: RefundCase, conditions: Iterable[Condition]) -> Nearest | None:
    """Name the capture that came closest and all that separates it from the refund."""
    if case.closest is None:
        return None
    capture = case.closest
    apart = [_separation(case, capture, each) for each in conditions if not each.holds]
    return Nearest(capture.capture_id, capture.klarna_reference, tuple(apart))


def advise(case: RefundCase, conditions: Iterable[Condition]) -> tuple[str, ...]:
    """List what to change, most useful first, without repetition."""
    failed = [condition for condition in conditions if not condition.holds]
    hints = [hint for condition in failed for hint in _ADVICE[condition.name](case)]
    return tuple(dict.fromkeys(hints))


def _separation(case: RefundCase, capture: Capture, condition: Condition) -> str:
    if condition.name != "references_in_one_capture":
        return condition.detail
    carried = capture.references
    missing = [each for each in case.references if each not in carried]
    return "; ".join(_missing(case, each, carried) for each in missing[:SHOWN])


def _missing(case: RefundCase, reference: str, carried: frozenset[str]) -> str:
    if reference == NO_REFERENCE:
        return "a line has no reference"
    meant = case.spelling.get(reference)
    hint = f" ('{meant}' is)" if meant in carried else ""
    return f"'{reference}' is not on it{hint}"


def _after_a_failure(case: RefundCase) -> tuple[str, ...]:
    hint = (
        f"Nothing on this order is allocated any more after refund"
        f" {case.failed_refunds[0]}; in a test, start from a fresh order."
    )
    return (hint,)


def _about_the_sum(case: RefundCase) -> tuple[str, ...]:
    if not case.lines:
        return _SEND_LINES
    total = sum_of(case.lines)
    hint = (
        f"Make the total_amount of the lines add up to refunded_amount:"
        f" {total} now, {case.amount} wanted."
    )
    return (hint,)


def _about_the_references(case: RefundCase) -> tuple[str, ...]:
    if not case.lines:
        return _SEND_LINES
    if not case.spelling:
        return ("Send one refund for each capture, with the lines of that capture.",)
    wrong = list(case.spelling.items())[:SPELLINGS_EXPLAINED]
    return tuple(_correction(reference, meant) for reference, meant in wrong)


def _correction(reference: str, meant: str | None) -> str:
    if reference == NO_REFERENCE:
        return "Give every line the reference of a captured line."
    better = f"'{meant}'" if meant else "that of a captured line"
    return f"Change reference '{reference}' to {better}."


def _about_the_amount(case: RefundCase) -> tuple[str, ...]:
    if case.match is None or case.closest is None:
        return ()
    limit, reference = (
        case.limits[case.closest.capture_id],
        case.closest.klarna_reference,
    )
    return (f"Refund at most {limit} with the lines of capture {reference}.",)


def _about_the_fault(_case: RefundCase) -> tuple[str, ...]:
    return ("Nothing in the request is wrong: the failure was asked for.",)


_SEND_LINES = ("Send order_lines with the references of what came back.",)

_ADVICE: Mapping[str, Callable[[RefundCase], tuple[str, ...]]] = {
    "no_earlier_failure": _after_a_failure,
    "lines_add_up": _about_the_sum,
    "references_in_one_capture": _about_the_references,
    "fits_capture": _about_the_amount,
    "no_injected_failure": _about_the_fault,
}
