"""Turn an order as the provider shows it into scenario syntax.

Everything that scenario syntax can express comes back as it was: ids, times, amounts, lines,
captures, refunds and status. Amounts that follow from the history are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from mockserver.domain.order import ADDRESS_FIELDS, ECHOED_LINE_FIELDS
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath
from mockserver.scenario.schema_errors import quote_value
from mockserver.scenario.times import parse_time

ORDER_KEYS: Mapping[str, str] = {
    "order_id": "order_id",
    "klarna_reference": "klarna_reference",
    "original_order_amount": "amount",
    "order_lines": "lines",
    "created_at": "created",
    "expires_at": "expires",
    "purchase_country": "country",
    "purchase_currency": "currency",
    "locale": "locale",
    "fraud_status": "fraud_status",
    "merchant_reference1": "merchant_reference1",
    "merchant_reference2": "merchant_reference2",
    "merchant_data": "merchant_data",
    "customer": "customer",
    "billing_address": "billing_address",
    "shipping_address": "shipping_address",
    "selected_shipping_option": "selected_shipping_option",
}
"""Keys of the provider's order, and those of scenario syntax."""

CAPTURE_KEYS: Mapping[str, str] = {
    "capture_id": "capture_id",
    "captured_amount": "amount",
    "captured_at": "at",
    "order_lines": "lines",
    "description": "description",
    "reference": "reference",
    "shipping_info": "shipping_info",
    "shipping_address": "shipping_address",
}
REFUND_KEYS: Mapping[str, str] = {
    "refund_id": "refund_id",
    "refunded_amount": "amount",
    "refunded_at": "at",
    "order_lines": "lines",
    "description": "description",
    "reference": "reference",
}
PAYMENT_KEYS: Mapping[str, str] = {
    "type": "payment_method",
    "description": "payment_description",
    "number_of_installments": "number_of_installments",
}
PROVIDER_LINE_KEYS = (
    "reference", "type", "name", "quantity", "quantity_unit", "unit_price", "total_amount",
    "total_discount_amount", "tax_rate", "total_tax_amount", *ECHOED_LINE_FIELDS,
)  # fmt: skip
ADDRESS_KEYS = ("billing_address", "shipping_address")
UPPER_CASE_KEYS = ("country", "currency")
PERSONAL_KEYS = ("customer", "billing_address", "shipping_address", "merchant_data")
"""Keys that are left out on request; a generated shopper takes their place."""

AMOUNT_KEYS = ("order_amount", "captured_amount", "remaining_authorized_amount")
"""Amounts from which the state of an order is derived."""

OPEN_STATUSES = ("AUTHORIZED", "PART_CAPTURED")


def is_provider_order(value: object) -> bool:
    """Whether a JSON value is an order as the provider shows it."""
    return isinstance(value, Mapping) and "order_lines" in value and "lines" not in value


def convert_order(
    order: Mapping[str, Any], now: datetime | None = None, *, mask: bool = False
) -> dict[str, Any]:
    """Convert an order to scenario syntax.

    Args:
        order: the provider's JSON.
        now: the time of the sandbox. All times move by whole days if the order would lie in
            the future, or would have expired although its status says otherwise.
        mask: leave personal data out.

    Raises:
        ScenarioError: a part has another type than the provider's, or a time is invalid.
    """
    _check_types(order)
    spec = _rename(order, ORDER_KEYS)
    spec["lines"] = _lines(order["order_lines"])
    spec |= _rename(order.get("initial_payment_method") or {}, PAYMENT_KEYS)
    for key in ADDRESS_KEYS:
        if key in spec:
            spec[key] = _address(spec[key])
    for key in UPPER_CASE_KEYS:
        if key in spec:
            spec[key] = str(spec[key]).upper()
    spec["captures"] = _movements(order.get("captures") or [], "capture", CAPTURE_KEYS)
    spec["refunds"] = _movements(order.get("refunds") or [], "refund", REFUND_KEYS)
    spec["state"] = _state(order, spec)
    if mask:
        _leave_personal_data_out(spec)
    if now is not None:
        _move_times(spec, _days_to_move(order, now))
    return {key: value for key, value in spec.items() if value not in ({}, [], None)}


def import_scenario(order: Mapping[str, Any], *, mask: bool = False) -> dict[str, Any]:
    """Return a scenario with one order, with the clock at its last event.

    Raises:
        ScenarioError: as :func:`convert_order`.
    """
    spec = convert_order(order, mask=mask)
    now = _latest_event(order)
    if order.get("status") == "EXPIRED" and order.get("expires_at"):
        now = max(now, _time(order["expires_at"], ("expires_at",)))
    name = str(spec.get("klarna_reference") or "imported")
    closed = {"fully_refunded_status": "CLOSED"} if order.get("status") == "CLOSED" else {}
    return {
        "version": 1,
        "title": f"Order {name} as the provider showed it",
        "seed": name,
        "clock": {"start": _format_time(now), "frozen": True},
        **({"assume": closed} if closed else {}),
        "orders": {name: spec},
    }


@contextmanager
def findings_of_provider_order(depth: int = 0) -> Iterator[None]:
    """Report findings of converted orders by the provider's keys.

    Args:
        depth: how many steps of a path lead to the order.

    Raises:
        ScenarioError: the error of the block, with other paths.
    """
    try:
        yield
    except ScenarioError as error:
        raise ScenarioError(
            [replace(each, path=provider_path(each.path[depth:])) for each in error.findings]
        ) from None


def provider_path(path: ValuePath) -> ValuePath:
    """Return the path of the provider's order that became a path of scenario syntax."""
    if not path:
        return path
    head, rest = str(path[0]), path[1:]
    if head in ("captures", "refunds") and rest:
        keys = CAPTURE_KEYS if head == "captures" else REFUND_KEYS
        number = int(str(rest[0]).rpartition("-")[2]) - 1
        return (head, number, *(_old_key(step, keys) for step in rest[1:2]), *rest[2:])
    if head in PAYMENT_KEYS.values():
        return ("initial_payment_method", _old_key(head, PAYMENT_KEYS))
    return (_old_key(head, ORDER_KEYS), *rest)


def _old_key(step: str | int, keys: Mapping[str, str]) -> str | int:
    return next((old for old, new in keys.items() if new == step), step)


def _check_types(order: Mapping[str, Any]) -> None:
    """Check the types of what is converted; everything else is checked as a scenario."""
    expected: Mapping[str, tuple[type, str]] = {
        "captures": (list, "a list"),
        "refunds": (list, "a list"),
        "initial_payment_method": (dict, "an object"),
        **dict.fromkeys(AMOUNT_KEYS, (int, "an integer")),
    }
    findings = [
        Finding("E103", (key,), f"expected {name}, got {quote_value(order[key])}")
        for key, (kind, name) in expected.items()
        if order.get(key) is not None and not isinstance(order[key], kind)
    ]
    findings += [
        Finding("E103", (key, index), f"expected an object, got {quote_value(part)}")
        for key in ("captures", "refunds")
        for index, part in enumerate(order.get(key) or () if not findings else ())
        if not isinstance(part, dict)
    ]
    if findings:
        raise ScenarioError(findings)


def _rename(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        new: values[old] for old, new in names.items() if values.get(old) not in (None, "", {})
    }


def _lines(lines: Any) -> Any:  # noqa: ANN401  # checked as part of a scenario
    """Return the known fields of each line that have a value."""
    if not isinstance(lines, list):
        return lines
    return [
        {key: line[key] for key in PROVIDER_LINE_KEYS if line.get(key) not in (None, "")}
        if isinstance(line, Mapping)
        else line
        for line in lines
    ]


def _address(address: Any) -> Any:  # noqa: ANN401  # checked as part of a scenario
    """Return the known fields of an address that have a value."""
    if not isinstance(address, Mapping):
        return address
    return {key: address[key] for key in ADDRESS_FIELDS if address.get(key) not in (None, "")}


def _movements(
    parts: Sequence[Mapping[str, Any]], kind: str, names: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    movements: dict[str, dict[str, Any]] = {}
    for number, part in enumerate(parts, 1):
        movement = _rename(part, names)
        if "lines" in movement:
            movement["lines"] = _lines(movement["lines"])
        if "shipping_address" in movement:
            movement["shipping_address"] = _address(movement["shipping_address"])
        movements[f"{kind}-{number}"] = movement
    return movements


def _state(order: Mapping[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """Return what does not follow from the placed order, its captures and refunds."""
    state: dict[str, Any] = {}
    latest = _format_time(_latest_event(order))
    current, captured = order.get("order_amount"), order.get("captured_amount") or 0
    if current is not None and current != spec.get("amount", current):
        state["amount"] = current
    if order.get("status") == "CANCELLED":
        state["cancelled"] = latest
    elif spec["captures"] and not order.get("remaining_authorized_amount", 1):
        left = (current or 0) - captured
        if left > 0:
            state |= {"released": latest, "released_amount": left}
    if spec["captures"] and spec.get("fraud_status", "ACCEPTED") != "ACCEPTED":
        state["fraud_status"] = spec.pop("fraud_status")
    return state


def _leave_personal_data_out(spec: dict[str, Any]) -> None:
    for part in (spec, *spec["captures"].values()):
        for key in PERSONAL_KEYS:
            part.pop(key, None)


def _latest_event(order: Mapping[str, Any]) -> datetime:
    """Return the time of the last capture or refund, or else of the order."""
    times = [
        _time(part[key], (f"{kind}s", index, key))
        for kind, key in (("capture", "captured_at"), ("refund", "refunded_at"))
        for index, part in enumerate(order.get(f"{kind}s") or ())
        if part.get(key)
    ]
    created = order.get("created_at") or datetime(2026, 1, 15, tzinfo=UTC).isoformat()
    return max([*times, _time(created, ("created_at",))])


def _days_to_move(order: Mapping[str, Any], now: datetime) -> timedelta:
    latest = _latest_event(order)
    is_open = order.get("status", OPEN_STATUSES[0]) in OPEN_STATUSES
    expired = (
        is_open
        and order.get("expires_at")
        and _time(order["expires_at"], ("expires_at",)) <= now
    )
    if latest <= now and not expired:
        return timedelta()
    return timedelta(days=(now - latest).days)


def _move_times(spec: dict[str, Any], days: timedelta) -> None:
    if not days:
        return
    movements = [*spec["captures"].values(), *spec["refunds"].values()]
    for part in (spec, spec["state"], *movements):
        for key in ("created", "expires", "cancelled", "released", "at"):
            if key in part:
                part[key] = _format_time(_move(_time(part[key], (key,)), days, key))


def _move(moment: datetime, days: timedelta, key: str) -> datetime:
    try:
        return moment + days
    except OverflowError:
        message = "the times of the order are too far apart to move them"
        raise ScenarioError([Finding("E106", (key,), message)]) from None


def _time(text: object, path: ValuePath) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        raise ScenarioError([Finding("E106", path, str(error))]) from None


def _format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
