"""Plan the history of a scenario order: captures, refunds and its current state.

Captures and refunds become commands in chronological order. ``state`` holds the current
values that do not follow from them; exports write it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.ledger import broken_invariants
from mockserver.domain.order import FraudStatus, Order, PlannedReview
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.clock import LATEST_TIME
from mockserver.sandbox.ids import IdGenerator
from mockserver.scenario.diagnostics import Finding, FindingCollector, ScenarioError, ValuePath
from mockserver.scenario.order_builder import (
    OrderDefaults,
    build_placed_order,
    parse_address,
    resolve_amount,
)
from mockserver.scenario.order_lines import (
    LineIndex,
    complete_line,
    index_lines,
    optional_text,
    resolve_lines,
)
from mockserver.scenario.spec import Spec
from mockserver.scenario.times import parse_time_or_offset

STATE_TIME_FIELDS = {
    "acknowledged": "acknowledged_at",
    "updated": "authorization_updated_at",
    "extended": "extended_at",
    "released": "released_at",
    "cancelled": "cancelled_at",
    "reviewed": "fraud_reviewed_at",
    "expires": "expires_at",
}
"""Times of ``state``, and the order fields that they set."""


class HistoryCommand(Struct, frozen=True):
    """A command of an order's history with its time and its position in the file.

    ``movement_id`` is the id that the scenario sets for the capture or refund,
    ``fail_allocation`` injects a failed allocation, ``capture_fields`` are set on the capture
    afterwards.
    """

    name: str
    command: Command
    at: datetime
    path: ValuePath
    movement_id: str | None = None
    fail_allocation: bool = False
    capture_fields: Mapping[str, Any] = field(default_factory=dict)


class OrderPlan(Struct, frozen=True):
    """A placed order, the commands to replay on it, and its current state.

    ``findings`` are those of the captures and refunds that could not be parsed; they have no
    command.
    """

    order: Order
    commands: tuple[HistoryCommand, ...]
    state: Mapping[str, Any]
    path: ValuePath
    findings: tuple[Finding, ...] = ()

    def apply_state(self, order: Order) -> Order:
        """Apply the current state to an order after its commands were replayed.

        Raises:
            ScenarioError: the state breaks an invariant.
        """
        if not self.state:
            return order
        current = replace(order, **self.state)
        impossible = list(broken_invariants(current))
        if current.cancelled_at and current.captures:
            impossible.append("an order with captures cannot be cancelled")
        if current.released_at and not current.captures:
            impossible.append("an order without captures cannot be released")
        if current.planned_review and current.fraud_status is not FraudStatus.PENDING:
            impossible.append(f"a review is planned, but it ended: {current.fraud_status}")
        if impossible:
            message = f"impossible: {'; '.join(impossible)}"
            raise ScenarioError([Finding("E203", (*self.path, "state"), message)])
        return current


def plan_order(
    name: str,
    spec: Spec,
    ids: IdGenerator,
    defaults: OrderDefaults,
    path: ValuePath = (),
) -> OrderPlan:
    """Build the placed order and plan its history.

    Raises:
        ScenarioError: an invalid time or amount.
    """
    order = build_placed_order(name, spec, ids, defaults, path)
    findings = FindingCollector()
    steps = sorted(_plan_history(spec, order, path, findings), key=lambda step: step.at)
    now = _parse_state(spec.get("state", {}), order, (*path, "state"))
    return OrderPlan(_relaxed_for_replay(order, now), tuple(steps), now, path, tuple(findings))


def _relaxed_for_replay(order: Order, now: Mapping[str, Any]) -> Order:
    """Relax amount and expiry so that the history can be replayed.

    The scenario does not say what they were at the time, so they must not refuse a command.
    """
    if "expires_at" in now:
        order = replace(order, expires_at=LATEST_TIME)
    if now.keys() & {"order_amount", "authorization_updated_at"}:
        amount = max(order.order_amount, now.get("order_amount", 0)) + 1
        order = replace(order, order_amount=amount)
    return order


def _parse_state(spec: Spec, order: Order, path: ValuePath) -> Mapping[str, Any]:
    """Read ``state`` as fields of an order."""
    fields: dict[str, Any] = {
        STATE_TIME_FIELDS[key]: parse_time_or_offset(
            spec[key], order.created_at, order.created_at, (*path, key)
        )
        for key in STATE_TIME_FIELDS
        if key in spec
    }
    if fields.keys() & {"authorization_updated_at"} or "amount" in spec:
        fields["order_amount"] = spec.get("amount", order.order_amount)
    if "lines" in spec:
        fields["order_lines"] = tuple(complete_line(line) for line in spec["lines"])
    if "fraud_status" in spec:
        fields["fraud_status"] = FraudStatus(spec["fraud_status"])
    if "planned_review" in spec:
        fields["planned_review"] = _parse_planned_review(
            spec["planned_review"], order, (*path, "planned_review")
        )
    if "shipping_info" in spec:
        fields["shipping_info"] = _parse_shipping_info(spec)
    for key in ("released_amount", "fail_next_allocation"):
        if key in spec:
            fields[key] = spec[key]
    return fields


def _parse_planned_review(spec: Spec, order: Order, path: ValuePath) -> PlannedReview:
    created_at = order.created_at
    ends_at = parse_time_or_offset(spec["ends"], created_at, created_at, (*path, "ends"))
    return PlannedReview(ends_at, FraudStatus(spec["fraud_status"]))


def _plan_history(
    spec: Spec, order: Order, path: ValuePath, findings: FindingCollector
) -> Iterator[HistoryCommand]:
    """Yield each capture after the refunds that precede it, then all other refunds."""
    captures, refunds = spec.get("captures", {}), dict(spec.get("refunds", {}))
    lines = index_lines(order.order_lines)
    earlier_refunds: dict[str, list[str]] = {}
    for name, refund in refunds.items():
        earlier_refunds.setdefault(refund.get("before"), []).append(name)
    latest = order.created_at
    for name, capture in captures.items():
        for earlier in earlier_refunds.get(name, ()):
            with findings.collecting():
                yield _plan_refund(earlier, refunds.pop(earlier), order, lines, latest, path)
        with findings.collecting():
            step = _plan_capture(name, capture, order, lines, path)
            latest = max(latest, step.at)
            yield step
    for name, refund in refunds.items():
        with findings.collecting():
            _check_before(name, refund, captures, path)
            yield _plan_refund(name, refund, order, lines, latest, path)


def _check_before(name: str, refund: Spec, captures: Spec, path: ValuePath) -> None:
    capture_name = refund.get("before")
    if capture_name is not None:  # no capture of this name has used it up
        hint = f", {did_you_mean(capture_name, list(captures))}" if captures else ""
        message = f"there is no capture '{capture_name}'{hint}"
        raise ScenarioError([Finding("E204", (*path, "refunds", name, "before"), message)])


def _plan_capture(
    name: str, part: Spec, order: Order, lines: LineIndex, path: ValuePath
) -> HistoryCommand:
    path_of_part = (*path, "captures", name)
    at = _at(part, order, order.created_at, path_of_part)
    fields: dict[str, Any] = {}
    if "shipping_address" in part:
        fields["shipping_address"] = parse_address(
            part["shipping_address"], order.purchase_country
        )
    if "sent_out" in part:
        fields["sent_out_at"] = parse_time_or_offset(
            part["sent_out"], at, at, (*path_of_part, "sent_out")
        )
    if "due_date_extended_by" in part:
        fields["due_date_extended_by"] = part["due_date_extended_by"]
    amount, details = _amount_and_details(part, lines, path_of_part)
    command = CaptureOrder(amount, **details, shipping_info=_parse_shipping_info(part))
    return HistoryCommand(
        str(name), command, at, path_of_part, part.get("capture_id"), capture_fields=fields
    )


def _amount_and_details(
    part: Spec, index: LineIndex, path: ValuePath
) -> tuple[int, dict[str, Any]]:
    """Parse the keys that captures and refunds share."""
    lines = resolve_lines(part.get("lines", []), index, (*path, "lines"))
    return resolve_amount(part, lines, path), {
        "description": str(part.get("description", "")),
        "order_lines": lines,
        "reference": optional_text(part.get("reference")),
    }


def _plan_refund(  # one call
    name: str,
    part: Spec,
    order: Order,
    lines: LineIndex,
    default_time: datetime,
    path: ValuePath,
) -> HistoryCommand:
    path_of_part = (*path, "refunds", name)
    amount, details = _amount_and_details(part, lines, path_of_part)
    command = RefundOrder(amount, **details)
    fails = part.get("fail_allocation", False)
    at = _at(part, order, default_time, path_of_part)
    return HistoryCommand(str(name), command, at, path_of_part, part.get("refund_id"), fails)


def _at(part: Spec, order: Order, default_time: datetime, path_of_part: ValuePath) -> datetime:
    at = parse_time_or_offset(
        part.get("at"), default_time, order.created_at, (*path_of_part, "at")
    )
    if at < order.created_at:
        message = f"impossible: {at:%Y-%m-%d %H:%M} is before the order was created"
        raise ScenarioError([Finding("E203", (*path_of_part, "at"), message)])
    return at


def _parse_shipping_info(part: Spec) -> tuple[dict[str, str], ...]:
    return tuple(
        {key: str(value) for key, value in parcel.items() if value is not None}
        for parcel in part.get("shipping_info", ())
    )
