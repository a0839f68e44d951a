"""An order and a clock driven by the steps of case tables: ``capture: 3000``, ``wait: 28``."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from mockserver.domain.assumptions import Assumptions, switch_assumptions
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
from mockserver.domain.lifecycle import Status, derive_status
from mockserver.domain.order import FraudStatus
from tests.support.builders import NOW, drive, make_order, paid_by

Step: TypeAlias = str | dict[str, Any]

PARCEL = {"shipping_company": "DHL", "tracking_number": "1"}
FIRST_CAPTURE = "change-1"

COMMANDS: Mapping[str, Callable[[Any], Command]] = {
    "acknowledge": lambda _: Acknowledge(),
    "update": lambda amount: UpdateAuthorization(amount, ()),
    "cancel": lambda _: Cancel(),
    "address": lambda fields: UpdateCustomerDetails(fields or {"city": "Umeå"}),
    "extend": lambda _: ExtendAuthorizationTime(),
    "references": lambda text: UpdateMerchantReferences(text or "1001", None),
    "release": lambda _: ReleaseRemainingAuthorization(),
    "track order": lambda _: AddOrderShippingInfo((PARCEL,)),
    "capture": CaptureOrder,
    "track capture": lambda id_: AddCaptureShippingInfo(id_ or FIRST_CAPTURE, (PARCEL,)),
    "send out": lambda id_: TriggerSendOut(id_ or FIRST_CAPTURE),
    "due date": lambda days: ExtendDueDate(FIRST_CAPTURE, days or 14),
    "refund": RefundOrder,
}


class OrderHistory:
    """An order with a clock, to which steps are applied."""

    def __init__(
        self,
        order: Mapping[str, Any],
        assumptions: Mapping[str, object] | None = None,
    ) -> None:
        """Create the order, optionally with a payment method and a fraud status."""
        facts: dict[str, Any] = {"order_amount": 10_000, **order}
        if "paid_by" in facts:
            facts["payment_method"] = paid_by(facts.pop("paid_by"))
        if "fraud_status" in facts:
            facts["fraud_status"] = FraudStatus(facts["fraud_status"])
        self.order = make_order(**facts)
        self.now: datetime = NOW
        self.assumptions = switch_assumptions(Assumptions(), assumptions or {})

    @property
    def status(self) -> Status:
        """The order's status now."""
        return derive_status(self.order, self.now, self.assumptions)

    def run(self, steps: Iterable[Step]) -> "OrderHistory":
        """Apply steps; ``wait`` advances the clock by days."""
        for step in steps:
            name, value = _read(step)
            if name == "wait":
                self.now += timedelta(days=value)
            else:
                self.do(COMMANDS[name](value))
        return self

    def do(self, command: Command) -> None:
        """Apply one command."""
        self.order = drive(
            self.order,
            command,
            now=self.now,
            assumptions=self.assumptions,
        )


def _read(step: Step) -> tuple[str, Any]:
    return next(iter(step.items())) if isinstance(step, dict) else (step, None)
