"""What happened to an order since it was placed, as a scenario writes it.

Captures and refunds become commands, in the order of time. ``now`` says how the order
stands in what does not follow from them; exports write it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.invariants import violations
from mockserver.domain.order import FraudStatus, Order
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.clock import LATEST
from mockserver.sandbox.ids import Ids
from mockserver.scenario.findings import Finding, Findings, Path, ScenarioError
from mockserver.scenario.orders import (
    Defaults,
    Spec,
    address_of,
    amount_of,
    chosen_lines,
    filled_line,
    placed,
    text_or_none,
)
from mockserver.scenario.times import moment_of

TIMES = {
    "acknowledged": "acknowledged_at",
    "updated": "authorization_updated_at",
    "extended": "extended_at",
    "released": "released_at",
    "cancelled": "cancelled_at",
    "expires": "expires_at",
}
"""Times of ``now``, and the fields of an order that they are."""


class Step(Struct, frozen=True):
    """A command of an order's history, when it happens, and where it is written.

    ``part_id`` is the id that was given for what it makes, ``fails`` says that its
    allocation fails, ``facts`` are what became of a capture since.
    """

    name: str
    command: Command
    at: datetime
    path: Path
    part_id: str | None = None
    fails: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


class OrderPlan(Struct, frozen=True):
    """An order as it was placed, what happened to it since, and how it stands now.

    ``findings`` tells of the captures and refunds that are not among the steps, as they
    cannot be understood.
    """

    order: Order
    steps: tuple[Step, ...]
    now: Mapping[str, Any]
    path: Path
    findings: tuple[Finding, ...] = ()

    def settled(self, order: Order) -> Order:
        """Let an order that went through all steps stand as it stands now.

        Raises:
            ScenarioError: it cannot stand like this.
        """
        if not self.now:
            return order
        settled = replace(order, **self.now)
        impossible = list(violations(settled))
        if settled.cancelled_at and settled.captures:
            impossible.append("an order with captures cannot be cancelled")
        if settled.released_at and not settled.captures:
            impossible.append("an order without captures cannot be released")
        if impossible:
            message = f"impossible: {'; '.join(impossible)}"
            raise ScenarioError([Finding("E203", (*self.path, "state"), message)])
        return settled


def plan_order(
    name: str,
    spec: Spec,
    ids: Ids,
    defaults: Defaults,
    path: Path = (),
) -> OrderPlan:
    """Fill an order in and plan its history.

    Raises:
        ScenarioError: a time or an amount that cannot be understood.
    """
    order = placed(name, spec, ids, defaults, path)
    found = Findings()
    steps = sorted(_history(spec, order, path, found), key=lambda step: step.at)
    now = _standing(spec.get("state", {}), order, (*path, "state"))
    return OrderPlan(_open_enough(order, now), tuple(steps), now, path, tuple(found))


def _open_enough(order: Order, now: Mapping[str, Any]) -> Order:
    """Let an order go through its history where amount or expiry were changed since.

    What they were at the time is not told, so they do not stand in the way.
    """
    if "expires_at" in now:
        order = replace(order, expires_at=LATEST)
    if now.keys() & {"order_amount", "authorization_updated_at"}:
        most = max(order.order_amount, now.get("order_amount", 0)) + 1
        order = replace(order, order_amount=most)
    return order


def _standing(spec: Spec, order: Order, path: Path) -> Mapping[str, Any]:
    """Read ``state`` as fields of an order."""
    facts: dict[str, Any] = {
        TIMES[key]: moment_of(spec[key], order.created_at, order.created_at, (*path, key))
        for key in TIMES
        if key in spec
    }
    if facts.keys() & {"authorization_updated_at"} or "amount" in spec:
        facts["order_amount"] = spec.get("amount", order.order_amount)
    if "lines" in spec:
        facts["order_lines"] = tuple(filled_line(each) for each in spec["lines"])
    if "fraud_status" in spec:
        facts["fraud_status"] = FraudStatus(spec["fraud_status"])
    if "shipping_info" in spec:
        facts["shipping_info"] = _parcels(spec)
    for key in ("released_amount", "fail_next_allocation"):
        if key in spec:
            facts[key] = spec[key]
    return facts


def _history(spec: Spec, order: Order, path: Path, found: Findings) -> Iterator[Step]:
    """Captures, each after the refunds that came before it; then all other refunds."""
    captures, refunds = spec.get("captures", {}), dict(spec.get("refunds", {}))
    latest = order.created_at
    for name, capture in captures.items():
        for earlier in [each for each in refunds if refunds[each].get("before") == name]:
            with found.gathered():
                yield _refund_step(earlier, refunds.pop(earlier), order, latest, path)
        with found.gathered():
            step = _capture_step(name, capture, order, path)
            latest = max(latest, step.at)
            yield step
    for name, refund in refunds.items():
        with found.gathered():
            _check_before(name, refund, captures, path)
            yield _refund_step(name, refund, order, latest, path)


def _check_before(name: str, refund: Spec, captures: Spec, path: Path) -> None:
    wanted = refund.get("before")
    if wanted is not None:  # and no capture took it
        hint = f", {did_you_mean(wanted, list(captures))}" if captures else ""
        message = f"there is no capture '{wanted}'{hint}"
        raise ScenarioError([Finding("E204", (*path, "refunds", name, "before"), message)])


def _capture_step(name: str, part: Spec, order: Order, path: Path) -> Step:
    place = (*path, "captures", name)
    at = _at(part, order, order.created_at, place)
    facts: dict[str, Any] = {}
    if "shipping_address" in part:
        facts["shipping_address"] = address_of(part["shipping_address"], order.purchase_country)
    if "sent_out" in part:
        facts["sent_out_at"] = moment_of(part["sent_out"], at, at, (*place, "sent_out"))
    if "due_date_extended_by" in part:
        facts["due_date_extended_by"] = part["due_date_extended_by"]
    amount, details = _amount_and_details(part, order, place)
    command = CaptureOrder(amount, **details, shipping_info=_parcels(part))
    return Step(str(name), command, at, place, part.get("capture_id"), facts=facts)


def _amount_and_details(part: Spec, order: Order, path: Path) -> tuple[int, dict[str, Any]]:
    """Read what captures and refunds have in common."""
    lines = chosen_lines(part.get("lines", []), order.order_lines, (*path, "lines"))
    return amount_of(part, lines, path), {
        "description": str(part.get("description", "")),
        "order_lines": lines,
        "reference": text_or_none(part.get("reference")),
    }


def _refund_step(name: str, part: Spec, order: Order, usual: datetime, path: Path) -> Step:
    place = (*path, "refunds", name)
    amount, details = _amount_and_details(part, order, place)
    command = RefundOrder(amount, **details)
    fails = part.get("fail_allocation", False)
    at = _at(part, order, usual, place)
    return Step(str(name), command, at, place, part.get("refund_id"), fails)


def _at(part: Spec, order: Order, usual: datetime, place: Path) -> datetime:
    at = moment_of(part.get("at"), usual, order.created_at, (*place, "at"))
    if at < order.created_at:
        message = f"impossible: {at:%Y-%m-%d %H:%M} is before the order was created"
        raise ScenarioError([Finding("E203", (*place, "at"), message)])
    return at


def _parcels(part: Spec) -> tuple[dict[str, str], ...]:
    return tuple(
        {key: str(value) for key, value in each.items() if value is not None}
        for each in part.get("shipping_info", ())
    )
