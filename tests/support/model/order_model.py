"""Independent model of an order in a few numbers.

Written from the documentation and the design, not from the code: nothing of the product
is called here. Commands and assumptions are read as plain data, times are arguments, ids
and reasons are read from the responses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    Cancel,
    CaptureOrder,
    Command,
    ExtendAuthorizationTime,
    ExtendDueDate,
    RefundOrder,
    ReleaseRemainingAuthorization,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)

FIRST_EXTENDABLE = datetime(2025, 9, 25, tzinfo=UTC)

OPEN = {"AUTHORIZED", "PART_CAPTURED"}
SHIPPED = {"PART_CAPTURED", "CAPTURED", "EXPIRED", "CLOSED"}
ANY = OPEN | SHIPPED | {"CANCELLED"}
ALLOWED: Mapping[type[Command], set[str]] = {
    Acknowledge: ANY - {"CANCELLED", "EXPIRED"},
    AddCaptureShippingInfo: SHIPPED,
    AddOrderShippingInfo: ANY,
    Cancel: {"AUTHORIZED", "CANCELLED"},
    CaptureOrder: OPEN,
    ExtendAuthorizationTime: OPEN,
    ExtendDueDate: SHIPPED - {"CLOSED"},
    RefundOrder: SHIPPED - {"CLOSED"},
    ReleaseRemainingAuthorization: {"PART_CAPTURED"},
    TriggerSendOut: SHIPPED,
    UpdateAuthorization: OPEN,
    UpdateCustomerDetails: OPEN,
    UpdateMerchantReferences: ANY - {"CANCELLED"},
}


@dataclass(frozen=True)
class Call:
    """A call of a merchant; ``inject_failure`` makes the allocation of its refund fail."""

    order_id: str
    command: Command
    key: str | None = None
    inject_failure: bool = False


@dataclass(frozen=True)
class Response:
    """The response to a call; ``result`` is the created id, or the reason of a refusal."""

    accepted: bool
    result: str | None
    outcome: str | None = None
    replayed: bool = False
    differs: bool = False


@dataclass
class Shipment:
    """A capture: amounts captured and returned."""

    captured: int
    goods: frozenset[str]
    returned: int = 0
    parcels: int = 0
    more_days_to_pay: int = 0
    sent_out: bool = False


@dataclass
class OrderModel:
    """Model of an order."""

    authorized: int
    created: datetime
    expires: datetime
    by_invoice: bool = True
    country: str = "SE"
    trusted: bool = True
    rejected_at: datetime | None = None
    shipments: dict[str, Shipment] = field(default_factory=dict)
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)  # amount, outcome
    released: int | None = None
    cancelled: bool = False
    next_fails: bool = False
    acknowledged: bool = False
    parcels: int = 0
    city: str = "Ankeborg"
    reference: str | None = None

    @property
    def captured(self) -> int:
        """The sum of all captures."""
        return sum(shipment.captured for shipment in self.shipments.values())

    @property
    def refunded(self) -> int:
        """The sum of all refunds, wherever booked."""
        return sum(amount for amount, _ in self.refunds.values())

    @property
    def remaining(self) -> int:
        """The amount authorized and not captured."""
        return self.authorized - self.captured if self.released is None else 0

    @property
    def has_failed_allocation(self) -> bool:
        """Whether an allocation failed, after which no later one succeeds."""
        return any(outcome == "failed" for _, outcome in self.refunds.values())

    def status(self, now: datetime, assumed: Assumptions) -> str:
        """Derive the status of the order."""
        late = now >= self.expires
        if self.cancelled:
            return "CANCELLED"
        if not self.shipments:
            if assumed.rejected_order == "four_hours" and self._risk_period_is_over(now):
                return "CANCELLED"
            return "EXPIRED" if late else "AUTHORIZED"
        if self.remaining:
            return assumed.expired_part_captured if late else "PART_CAPTURED"
        if self.captured and self.captured == self.refunded:
            return assumed.fully_refunded_status
        return "CAPTURED"

    def _risk_period_is_over(self, now: datetime) -> bool:
        return self.rejected_at is not None and now >= self.rejected_at + timedelta(hours=4)

    def numbers(self, now: datetime, assumed: Assumptions) -> dict[str, Any]:
        """Return everything that is compared with the product's order."""
        return {
            "status": self.status(now, assumed),
            "authorized": self.authorized,
            "captured": self.captured,
            "refunded": self.refunded,
            "remaining": self.remaining,
            "released": self.released or 0,
            "expires": self.expires,
            "shipments": [(name, vars(shipment)) for name, shipment in self.shipments.items()],
            "refunds": [(name, *refund) for name, refund in self.refunds.items()],
            "next_fails": self.next_fails,
            "acknowledged": self.acknowledged,
            "parcels": self.parcels,
            "city": self.city,
            "reference": self.reference,
        }

    def copy(self) -> "OrderModel":
        """Return an independent copy."""
        shipments = {name: replace(shipment) for name, shipment in self.shipments.items()}
        return replace(self, shipments=shipments, refunds=dict(self.refunds))

    def force(self, outcome: str, now: datetime) -> None:
        """Force an outcome."""
        match outcome:
            case "expire":
                self.expires = min(self.expires, now)
            case "fail_next_allocation":
                self.next_fails = True
            case _:
                self.trusted = outcome == "accept_fraud"
                self.rejected_at = None if self.trusted else now

    def apply(
        self, call: Call, result: str | None, now: datetime, assumed: Assumptions
    ) -> Response:
        """Apply a command if it is allowed; return the response."""
        command, new_id, outcome = call.command, result or "", ""
        if self.status(now, assumed) not in ALLOWED[type(command)]:
            done = False
        elif isinstance(command, CaptureOrder):
            done = self._capture(command, new_id, assumed)
        elif isinstance(command, RefundOrder):
            outcome = self._refund(command, new_id, assumed, inject_failure=call.inject_failure)
            done = outcome != ""
        elif isinstance(command, UpdateAuthorization):
            done = self._update(command.order_amount)
        elif isinstance(command, ExtendAuthorizationTime):
            done = self._extend(now, assumed.authorization_days)
        elif isinstance(command, AddCaptureShippingInfo | TriggerSendOut | ExtendDueDate):
            done = self._change_shipment(command, assumed)
        else:
            done = self._change(command, assumed)
        tells = not done or isinstance(command, CaptureOrder | RefundOrder)
        return Response(
            accepted=done, result=result if tells else None, outcome=outcome or None
        )

    def _capture(self, command: CaptureOrder, new_id: str, assumed: Assumptions) -> bool:
        takes_risk = self.rejected_at and assumed.rejected_order == "four_hours"
        if not (self.trusted or takes_risk) or command.captured_amount > self.remaining:
            return False
        goods = frozenset(line.reference for line in command.order_lines if line.reference)
        self.shipments[new_id] = Shipment(command.captured_amount, goods)
        self.acknowledged = self.trusted = True
        self.rejected_at = None
        return True

    def _refund(
        self, command: RefundOrder, new_id: str, assumed: Assumptions, *, inject_failure: bool
    ) -> str:
        amount, lines = command.refunded_amount, command.order_lines
        if not self.shipments or self.refunded + amount > self.captured:
            return ""
        if assumed.return_fee_rules == "documented" and not self._allows_fee(command):
            return ""
        chosen = self._shipment_for(command, assumed)
        names_articles = any(line.type != "return_fee" for line in lines)
        amount_only = not lines or assumed.fee_only_refund == "amount_only"
        if not names_articles and amount_only and assumed.amount_only_refund == "not_attempted":
            outcome = "not_attempted"
        elif (
            not chosen
            or self.has_failed_allocation
            or (names_articles and (inject_failure or self.next_fails))
        ):
            outcome = "failed"
        else:
            outcome = "allocated"
        self._book(amount, chosen if outcome == "allocated" else [], assumed)
        self.refunds[new_id] = (amount, outcome)
        self.next_fails = self.next_fails and not names_articles
        return outcome

    def _allows_fee(self, command: RefundOrder) -> bool:
        """Return whether the documented conditions of a return fee hold, if there is one."""
        lines = command.order_lines
        if all(line.type != "return_fee" or not line.total_amount for line in lines):
            return True
        total = sum(line.total_amount for line in lines)
        is_whole_order = len(self.shipments) == 1 and not self.remaining
        return is_whole_order and total == command.refunded_amount

    def _shipment_for(self, command: RefundOrder, assumed: Assumptions) -> list[Shipment]:
        """Return the oldest shipment that fits the refund, or none."""
        amount, lines = command.refunded_amount, command.order_lines
        if not lines or sum(line.total_amount for line in lines) != amount:
            return []
        goods = {line.reference or "" for line in lines if line.type != "return_fee"}
        if not goods:
            return []
        again = assumed.capture_capacity == "captured"
        return [
            shipment
            for shipment in self.shipments.values()
            if goods <= shipment.goods
            and amount <= shipment.captured - (0 if again else shipment.returned)
        ][:1]

    def _book(self, amount: int, chosen: list[Shipment], assumed: Assumptions) -> None:
        """Book on the chosen shipment first, then on the others."""
        others = list(self.shipments.values())
        if assumed.unallocated_refund == "newest_first":
            others.reverse()
        for shipment in chosen + (others if assumed.unallocated_refund != "none" else []):
            part = min(amount, shipment.captured - shipment.returned)
            shipment.returned += part
            amount -= part

    def _extend(self, now: datetime, days: int) -> bool:
        today, placed = midnight(now), midnight(self.created)
        if (
            not self.by_invoice
            or self.country != "SE"
            or self.created < FIRST_EXTENDABLE
            or self.expires >= today + timedelta(days=90)
        ):
            return False
        expected = min(today + timedelta(days=days), placed + timedelta(days=180))
        self.expires = max(self.expires, expected)
        return True

    def _change_shipment(
        self,
        command: AddCaptureShippingInfo | TriggerSendOut | ExtendDueDate,
        assumed: Assumptions,
    ) -> bool:
        shipment = self.shipments.get(command.capture_id)
        if shipment is None:
            return False
        if isinstance(command, AddCaptureShippingInfo):
            shipment.parcels += len(command.shipping_info)
            return True
        if assumed.deprecated_operations == "not_found":
            return False
        if isinstance(command, TriggerSendOut):
            shipment.sent_out = True
            return True
        if not self.by_invoice or command.number_of_days not in {14, 30, 60}:
            return False
        shipment.more_days_to_pay += command.number_of_days
        return True

    def _update(self, total: int) -> bool:
        if total < self.captured or (total > self.authorized and not self.by_invoice):
            return False
        self.authorized = total
        return True

    def _change(self, command: Command, assumed: Assumptions) -> bool:
        """Apply a command that needs little more than the right status."""
        match command:
            case Acknowledge():
                self.acknowledged = True
            case Cancel():
                if self.cancelled and assumed.repeated_cancel == "refused":
                    return False
                self.cancelled = True
            case ReleaseRemainingAuthorization():
                self.released = self.remaining
                if not assumed.release_keeps_order_amount:
                    self.authorized = self.captured
            case AddOrderShippingInfo():
                self.parcels += len(command.shipping_info)
            case UpdateMerchantReferences():
                if command.merchant_reference1 is not None:
                    self.reference = command.merchant_reference1
            case UpdateCustomerDetails():
                self.city = command.shipping_address["city"] or self.city
                return command.shipping_address["city"] != ""
        return True


def midnight(moment: datetime) -> datetime:
    """Return the beginning of a day (UTC)."""
    return datetime.combine(moment.date(), time(), UTC)
