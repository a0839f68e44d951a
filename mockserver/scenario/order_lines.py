"""Build order lines, and resolve the lines of captures and refunds by reference."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mockserver.domain.money import line_tax, line_total
from mockserver.domain.order import ECHOED_LINE_FIELDS, OrderLine
from mockserver.domain.wording import did_you_mean
from mockserver.scenario.diagnostics import Finding, FindingCollector, ScenarioError, ValuePath
from mockserver.scenario.spec import Spec

LineIndex: TypeAlias = Mapping[str, Sequence[tuple[int, OrderLine]]]
"""The lines of an order by reference, each with its position (from 0)."""
MAX_NAMED_LINES = 5


def index_lines(lines: Sequence[OrderLine]) -> LineIndex:
    """Index the lines of an order by reference, so that each lookup takes constant time."""
    index: dict[str, list[tuple[int, OrderLine]]] = {}
    for number, line in enumerate(lines):
        if line.reference:
            index.setdefault(line.reference, []).append((number, line))
    return index


def resolve_lines(
    entries: Sequence[Any],
    index: LineIndex,
    path: ValuePath,
) -> tuple[OrderLine, ...]:
    """Resolve the lines of a capture or refund.

    An entry is a reference (the whole order line), a reference with a quantity (this
    quantity of the line), or a full line.

    Raises:
        ScenarioError: for each reference that no order line has, or that several have.
    """
    findings, resolved = FindingCollector(), []
    for position, entry in enumerate(entries):
        with findings.collecting():
            resolved.append(_resolve_line(entry, index, (*path, position)))
    findings.raise_if_any()
    return tuple(resolved)


def _resolve_line(entry: Any, index: LineIndex, path: ValuePath) -> OrderLine:  # noqa: ANN401
    if isinstance(entry, Mapping) and "unit_price" in entry:
        return complete_line(entry)
    spec = entry if isinstance(entry, Mapping) else {"reference": entry}
    line = _find_line(spec, index, path)
    if "quantity" not in spec:
        return line
    return complete_line(
        {
            "reference": line.reference,
            "name": line.name,
            "type": line.type,
            "unit_price": line.unit_price,
            "tax_rate": line.tax_rate,
            **spec,
        },
    )


def _find_line(spec: Spec, index: LineIndex, path: ValuePath) -> OrderLine:
    """Return the order line of a reference; ``name`` chooses among several.

    Raises:
        ScenarioError: no line has the reference, or several different ones have it.
    """
    reference = str(spec["reference"])
    candidates = index.get(reference, ())
    if not candidates:
        message = f"the order has no line '{reference}', {did_you_mean(reference, index)}"
        raise ScenarioError([Finding("E201", path, message)])
    named = [line for _, line in candidates if line.name == str(spec.get("name", line.name))]
    matching = named or [line for _, line in candidates]
    if any(line != matching[0] for line in matching):
        raise ScenarioError([Finding("E201", path, _ambiguity(reference, candidates))])
    return matching[0]


def _ambiguity(reference: str, candidates: Sequence[tuple[int, OrderLine]]) -> str:
    places = " and ".join(
        f"lines[{number}] ('{line.name}', {line.quantity} x {line.unit_price})"
        for number, line in candidates[:MAX_NAMED_LINES]
    )
    names = [line.name for _, line in candidates]
    hint = (
        f"add the name, such as {{reference: {reference}, name: {names[0]}}}"
        if len({*names}) == len(names)
        else f"write the line in full, with reference: {reference}, quantity and unit_price"
    )
    return (
        f"reference '{reference}' is on {len(candidates)} lines of the order: {places}; {hint}"
    )


def complete_line(spec: Spec) -> OrderLine:
    """Build an order line; quantity, total, tax and name have defaults."""
    quantity, price = spec.get("quantity", 1), spec["unit_price"]
    discount, rate = spec.get("total_discount_amount", 0), spec.get("tax_rate", 0)
    total = spec.get("total_amount", line_total(quantity, price, discount))
    reference = optional_text(spec.get("reference"))
    name = spec.get("name", reference or spec.get("type", "physical"))
    return OrderLine(
        reference=reference,
        name=str(name),
        type=spec.get("type", "physical"),
        quantity=quantity,
        quantity_unit=str(spec.get("quantity_unit", "")),
        unit_price=price,
        total_amount=total,
        total_discount_amount=discount,
        tax_rate=rate,
        total_tax_amount=spec.get("total_tax_amount", line_tax(total, rate)),
        extra={key: _echoed(spec[key]) for key in ECHOED_LINE_FIELDS if key in spec} or None,
    )


def _echoed(value: object) -> object:
    return value if isinstance(value, Mapping) else str(value)


def optional_text(value: object) -> str | None:
    """Return a value as text, or None."""
    return None if value is None else str(value)
