"""Hints on references: lines that no single capture has.

Each function is a row of :data:`mockserver.domain.allocation.hints.HINT_RULES`. None tells
to change a reference that the order itself has.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from mockserver.domain.allocation.case import (
    MAX_HINTED_LINES,
    NO_REFERENCE,
    RETURN_FEE,
    RefundCase,
)
from mockserver.domain.allocation.spelling import Suggestion, describe_foreign_letters
from mockserver.domain.order import Capture, OrderLine
from mockserver.domain.wording import quote

MAX_LISTED = 5  # references or captures in one sentence

ARTICLE_TYPES = {"physical", "digital"}
"""Types of lines of which an order usually has several."""


def nothing_to_match(case: RefundCase) -> Iterator[str]:
    """Name captures without lines or references, where no capture has a reference at all."""
    if case.captures_by_reference or not (case.references or not case.lines):
        return
    without_lines = [c for c in case.captures if not c.order_lines]
    without_references = [c for c in case.captures if c.order_lines]
    if without_lines:
        names = _list_captures(without_lines)
        yield (
            f"{names} made without order lines, so no refund with lines can be allocated."
            " Send order_lines with captures."
        )
    if without_references:
        line = without_references[0].order_lines[0]
        yield (
            f"No line of capture {without_references[0].klarna_reference} has a reference,"
            f" such as {quote(line.name)}. Give lines their reference when capturing."
        )
    if not case.captures:
        yield "Capture the order before refunding it."


def zero_line_of_another_capture(case: RefundCase) -> Iterator[str]:
    """Find lines of no value, or deductions, that alone keep the refund from one capture."""
    goods = [line for line in case.lines if line.type != RETURN_FEE]
    references_with_value = {line.reference for line in goods if line.total_amount > 0}
    obstacles = [line for line in goods if line.reference not in references_with_value]
    capture = next((c for c in case.captures if _has_all(case, c, references_with_value)), None)
    if not references_with_value or capture is None:
        return
    for line in sorted(obstacles, key=_label)[:MAX_HINTED_LINES]:
        if line.reference in case.captured_references[capture.capture_id]:
            continue
        if line.total_amount == 0:
            yield (
                f"Leave out line {quote(_label(line))} of 0: the other lines are on capture"
                f" {capture.klarna_reference}, it is not."
            )
        else:
            yield (
                f"Line {quote(_label(line))} of {line.total_amount} is not on capture"
                f" {capture.klarna_reference}, which has the other lines. Deduct it from"
                " their total_amount instead."
            )


def several_captures(case: RefundCase) -> Iterator[str]:
    """Split references that are all captured, but not in one capture."""
    if not case.references or case.uncaptured_references:
        return
    remaining = sorted(case.references)
    parts: list[str] = []
    while remaining and len(parts) < MAX_LISTED:
        votes = Counter(
            capture.klarna_reference
            for reference in remaining
            for capture in case.captures_by_reference[reference]
        )
        capture = max(case.captures, key=lambda c: votes[c.klarna_reference])
        references = case.captured_references[capture.capture_id]
        here = [reference for reference in remaining if reference in references]
        remaining = [reference for reference in remaining if reference not in references]
        parts.append(f"{_list_references(here)} for capture {capture.klarna_reference}")
    more = " and so on" if remaining else ""
    yield f"Send one refund for each capture: {', '.join(parts)}{more}."


def ordered_but_not_captured(case: RefundCase) -> Iterator[str]:
    """Name references that the order has, but no capture."""
    ordered = [r for r in case.uncaptured_references if r in case.ordered_references]
    without_lines = [c for c in case.captures if not c.order_lines]
    for reference in ordered[:MAX_HINTED_LINES]:
        if without_lines:
            names = _list_captures(without_lines)
            yield (
                f"{quote(reference)} is ordered, but on no capture: not captured yet, or"
                f" captured without lines. {names} made without order lines; send"
                " order_lines with captures."
            )
        else:
            yield (
                f"{quote(reference)} is ordered, but on no capture. Capture it before"
                " refunding it."
            )


def name_instead_of_reference(case: RefundCase) -> Iterator[str]:
    """Find an unknown reference that is the name of exactly one captured reference."""
    for reference in _unknown_references(case):
        captured = case.references_named(reference)
        if len(captured) == 1:
            yield (
                f"Change reference {quote(reference)} to {quote(captured[0])} (captured under"
                " that name)."
            )


def only_line_of_type(case: RefundCase) -> Iterator[str]:
    """Find the only captured fee or discount of the type of an unmatched line."""
    unmatched = {None, "", *_unknown_references(case)}
    lines = [line for line in case.lines if line.reference in unmatched]
    for line in sorted(lines, key=_label)[:MAX_HINTED_LINES]:
        if line.type in {*ARTICLE_TYPES, RETURN_FEE}:
            continue
        same_type = [
            (capture, other)
            for capture in case.captures
            for other in capture.order_lines
            if other.type == line.type
        ]
        ordered = {other.reference for other in case.order_lines if other.type == line.type}
        if len(same_type) != 1:
            continue
        capture, other = same_type[0]
        if other.reference and ordered <= {other.reference}:
            yield (
                f"The only {line.type} of capture {capture.klarna_reference} has the reference"
                f" {quote(other.reference)}: use it for line {quote(_label(line))}."
            )


def misspelt(case: RefundCase) -> Iterator[str]:
    """Suggest the reference that an unknown one was probably meant to be."""
    for reference, suggestion in case.suggestions.items():
        if len(case.references_named(reference)) == 1:
            continue
        intended = suggestion.reference
        if intended is None:
            yield from _suggest_several(case, reference, suggestion)
        elif intended in case.captures_by_reference:
            letters = describe_foreign_letters(reference)
            yield f"Change reference {quote(reference)}{letters} to {quote(intended)}."
        else:
            yield (
                f"Reference {quote(reference)} is probably {quote(intended)}, which is ordered,"
                " but on no capture with lines."
            )


def captured_under_name(case: RefundCase) -> Iterator[str]:
    """Find the reference under which the name of a line with an unknown one was captured."""
    unknown = {
        reference
        for reference in _unknown_references(case)
        if len(case.references_named(reference)) != 1
    }
    suggested = {reference: s.reference for reference, s in case.suggestions.items()}
    for line in sorted(case.lines, key=_label):
        captured = case.references_named(line.name)
        if line.reference not in unknown or len(captured) != 1:
            continue
        if suggested.get(line.reference) != captured[0]:  # else another hint names it
            yield (
                f"Reference {quote(line.reference)} is on no line of the order or its captures;"
                f" {quote(line.name)} was captured as {quote(captured[0])}."
            )


def line_without_reference(case: RefundCase) -> Iterator[str]:
    """Find the captured line that a line without a reference belongs to."""
    if not case.captures_by_reference:
        return
    lines = [line for line in case.lines if not line.reference and line.type != RETURN_FEE]
    for line in sorted(lines, key=_label)[:MAX_HINTED_LINES]:
        yield _describe_line_without_reference(case, line)


def unknown_reference(case: RefundCase) -> Iterator[str]:
    """List what was captured, where nothing better is known."""
    for reference in _unknown_references(case)[:MAX_HINTED_LINES]:
        yield (
            f"Reference {quote(reference)} is on no line of the order or its captures. Send"
            " the reference under which the article was captured; captured are"
            f" {_list_references(list(case.captures_by_reference))}."
        )


def _describe_line_without_reference(case: RefundCase, line: OrderLine) -> str:
    name = quote(line.name)
    captured = case.references_named(line.name)
    if len(captured) == 1:
        return f"Set the reference of line {name} to {quote(captured[0])}."
    for capture in case.captures:
        if any(c.name == line.name and not c.reference for c in capture.order_lines):
            return (
                f"The captured line {name} of capture {capture.klarna_reference} has no"
                " reference either: give lines their reference when capturing."
            )
    return (
        f"Line {name} has no reference. Send the reference under which it was captured;"
        f" captured are {_list_references(list(case.captures_by_reference))}."
    )


def _suggest_several(case: RefundCase, reference: str, suggestion: Suggestion) -> Iterator[str]:
    similar = [r for r in suggestion.references if r in case.captures_by_reference]
    if similar:
        yield (
            f"Reference {quote(reference)} is on no line of the order or its captures; did you"
            f" mean {' or '.join(map(quote, similar))}?"
        )


def _unknown_references(case: RefundCase) -> Sequence[str]:
    return [
        reference
        for reference in case.uncaptured_references
        if reference != NO_REFERENCE and reference not in case.ordered_references
    ]


def _has_all(case: RefundCase, capture: Capture, references: set[str | None]) -> bool:
    return references <= case.captured_references[capture.capture_id]


def _label(line: OrderLine) -> str:
    return line.reference or line.name


def _list_references(references: list[str]) -> str:
    omitted = len(references) - MAX_LISTED
    more = f" and {omitted} more" if omitted > 0 else ""
    return ", ".join(map(quote, references[:MAX_LISTED])) + more


def _list_captures(captures: list[Capture]) -> str:
    """Name captures as the subject of a sentence, with its verb."""
    names = [capture.klarna_reference for capture in captures]
    if len(names) == 1:
        return f"Capture {names[0]} was"
    omitted = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"Captures {', '.join(names[:MAX_LISTED])}{omitted} were"
