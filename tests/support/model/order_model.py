"""An order once more, in a few numbers, and what may be done to it.

Written from the documentation and the design, not from the code: nothing of the product
is called here. Commands and assumptions are read as plain data, times are given, ids and
reasons are taken from the answers.
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
    Cancel: {"AUTHORIZED"},
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
    """What a merchant sends; the allocation of a sabotaged refund is made to fail."""

    order_id: str
    command: Command
    key: str | None = None
    sabotaged: bool = False


@dataclass(frozen=True)
class Answer:
    """What comes back. ``said`` is the id of what was made, or why nothing was done."""

    accepted: bool
    said: str | None
    verdict: str | None = None
    replayed: bool = False
    differs: bool = False


@dataclass
class Shipment:
    """A capture: what was taken, what came back of it."""

    taken: int
    goods: frozenset[str]
    returned: int = 0
    parcels: int = 0
    more_days_to_pay: int = 0
    sent_out: bool = False


@dataclass
class Life:
    """An order."""

    authorized: int
    created: datetime
    expires: datetime
    by_invoice: bool = True
    country: str = "SE"
    trusted: bool = True
    shipments: dict[str, Shipment] = field(default_factory=dict)
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)  # amount, verdict
    released: int | None = None
    cancelled: bool = False
    next_fails: bool = False
    acknowledged: bool = False
    parcels: int = 0
    city: str = "Ankeborg"
    reference: str | None = None

    @property
    def captured(self) -> int:
        """All that was taken."""
        return sum(shipment.taken for shipment in self.shipments.values())

    @property
    def refunded(self) -> int:
        """All that was given back, wherever it was booked."""
        return sum(amount for amount, _ in self.refunds.values())

    @property
    def remaining(self) -> int:
        """What may still be taken, going by amounts."""
        return self.authorized - self.captured if self.released is None else 0

    @property
    def poisoned(self) -> bool:
        """Whether an allocation failed, so that no later one succeeds."""
        return any(verdict == "failed" for _, verdict in self.refunds.values())

    def status(self, now: datetime, assumed: Assumptions) -> str:
        """In which of the six states the order is."""
        late = now >= self.expires
        if self.cancelled:
            return "CANCELLED"
        if not self.shipments:
            return "EXPIRED" if late else "AUTHORIZED"
        if self.remaining:
            return assumed.expired_part_captured if late else "PART_CAPTURED"
        if self.captured and self.captured == self.refunded:
            return assumed.fully_refunded_status
        return "CAPTURED"

    def numbers(self, now: datetime, assumed: Assumptions) -> dict[str, Any]:
        """All that is compared with the product's order."""
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

    def twin(self) -> "Life":
        """The same life, to be led differently."""
        shipments = {name: replace(shipment) for name, shipment in self.shipments.items()}
        return replace(self, shipments=shipments, refunds=dict(self.refunds))

    def force(self, outcome: str, now: datetime) -> None:
        """Let fate, or the provider, strike."""
        match outcome:
            case "expire":
                self.expires = min(self.expires, now)
            case "fail_next_allocation":
                self.next_fails = True
            case _:
                self.trusted = outcome == "accept_fraud"

    def hear(self, call: Call, said: str | None, now: datetime, assumed: Assumptions) -> Answer:
        """Do what is asked if it is allowed, and answer."""
        asked, made, verdict = call.command, said or "", ""
        if self.status(now, assumed) not in ALLOWED[type(asked)]:
            done = False
        elif isinstance(asked, CaptureOrder):
            done = self._capture(asked, made)
        elif isinstance(asked, RefundOrder):
            verdict = self._refund(asked, made, assumed, sabotaged=call.sabotaged)
            done = verdict != ""
        elif isinstance(asked, UpdateAuthorization):
            done = self._update(asked.order_amount)
        elif isinstance(asked, ExtendAuthorizationTime):
            done = self._extend(now, assumed.authorization_days)
        elif isinstance(asked, AddCaptureShippingInfo | TriggerSendOut | ExtendDueDate):
            done = self._care_for_shipment(asked, assumed)
        else:
            done = self._change(asked, assumed)
        tells = not done or isinstance(asked, CaptureOrder | RefundOrder)
        return Answer(accepted=done, said=said if tells else None, verdict=verdict or None)

    def _capture(self, asked: CaptureOrder, made: str) -> bool:
        if not self.trusted or asked.captured_amount > self.remaining:
            return False
        goods = frozenset(line.reference for line in asked.order_lines if line.reference)
        self.shipments[made] = Shipment(asked.captured_amount, goods)
        self.acknowledged = True
        return True

    def _refund(
        self, asked: RefundOrder, made: str, assumed: Assumptions, *, sabotaged: bool
    ) -> str:
        amount, lines = asked.refunded_amount, asked.order_lines
        if not self.shipments or self.refunded + amount > self.captured:
            return ""
        chosen = self._shipment_for(asked, assumed)
        if not lines and assumed.amount_only_refund == "not_attempted":
            verdict = "not_attempted"
        elif not chosen or self.poisoned or (lines and (sabotaged or self.next_fails)):
            verdict = "failed"
        else:
            verdict = "allocated"
        self._book(amount, chosen if verdict == "allocated" else [], assumed)
        self.refunds[made] = (amount, verdict)
        self.next_fails = self.next_fails and not lines
        return verdict

    def _shipment_for(self, asked: RefundOrder, assumed: Assumptions) -> list[Shipment]:
        """The oldest shipment to which the refund may belong, or none."""
        amount, lines = asked.refunded_amount, asked.order_lines
        if not lines or sum(line.total_amount for line in lines) != amount:
            return []
        goods = {line.reference or "" for line in lines if line.type != "return_fee"}
        again = assumed.capture_capacity == "captured"
        return [
            shipment
            for shipment in self.shipments.values()
            if goods <= shipment.goods
            and amount <= shipment.taken - (0 if again else shipment.returned)
        ][:1]

    def _book(self, amount: int, chosen: list[Shipment], assumed: Assumptions) -> None:
        """Fill the chosen shipment, then the others."""
        others = list(self.shipments.values())
        if assumed.unallocated_refund == "newest_first":
            others.reverse()
        for item in chosen + (others if assumed.unallocated_refund != "none" else []):
            part = min(amount, item.taken - item.returned)
            item.returned += part
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

    def _care_for_shipment(
        self,
        asked: AddCaptureShippingInfo | TriggerSendOut | ExtendDueDate,
        assumed: Assumptions,
    ) -> bool:
        shipment = self.shipments.get(asked.capture_id)
        if shipment is None:
            return False
        if isinstance(asked, AddCaptureShippingInfo):
            shipment.parcels += len(asked.shipping_info)
            return True
        if assumed.deprecated_operations == "not_found":
            return False
        if isinstance(asked, TriggerSendOut):
            shipment.sent_out = True
            return True
        if not self.by_invoice or asked.number_of_days not in {14, 30, 60}:
            return False
        shipment.more_days_to_pay += asked.number_of_days
        return True

    def _update(self, total: int) -> bool:
        if total < self.captured or (total > self.authorized and not self.by_invoice):
            return False
        self.authorized = total
        return True

    def _change(self, asked: Command, assumed: Assumptions) -> bool:
        """Do what needs nothing but the right status, or little more."""
        match asked:
            case Acknowledge():
                self.acknowledged = True
            case Cancel():
                self.cancelled = True
            case ReleaseRemainingAuthorization():
                self.released = self.remaining
                if not assumed.release_keeps_order_amount:
                    self.authorized = self.captured
            case AddOrderShippingInfo():
                self.parcels += len(asked.shipping_info)
            case UpdateMerchantReferences():
                if asked.merchant_reference1 is not None:
                    self.reference = asked.merchant_reference1
            case UpdateCustomerDetails():
                self.city = asked.shipping_address["city"] or self.city
                return asked.shipping_address["city"] != ""
        return True


def midnight(moment: datetime) -> datetime:
    """The beginning of a day (UTC)."""
    return datetime.combine(moment.date(), time(), UTC)
