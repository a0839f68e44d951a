"""What type checkers see of the public API; ``make check`` runs mypy over this file.

Nothing here is executed: a wrong type is an error of mypy.
"""

from typing import Literal, assert_type

import kustom_mock
import mockserver
from mockserver import (
    AllocationExplanation,
    AuditReport,
    AwaitDeliveriesResult,
    AwaitResult,
    BookedAmount,
    CheckoutCompletion,
    CheckoutDetails,
    CheckoutSummary,
    ClockChange,
    ControlClient,
    ControlError,
    DeliveryEntry,
    ExpiredOrder,
    FaultStatus,
    KustomSandbox,
    KustomServer,
    MerchantOrder,
    OrderDetails,
    OrderIds,
    OrderSummary,
    ProblemDetails,
    RefundDryRun,
    RequestEntry,
    SandboxSummary,
    SnapshotSummary,
    VerdictReport,
    WebhookEndpointDetails,
    running_server,
)


def control_client(control: ControlClient) -> None:
    """Every result of the client has a type of its own."""
    assert_type(control.info(), SandboxSummary)
    assert_type(control.load({"orders": {}}), dict[str, str])
    assert_type(control.orders(), list[OrderSummary])
    assert_type(control.create_order({"lines": [{"unit_price": 1}]}), MerchantOrder)
    assert_type(control.order("two"), OrderDetails)
    assert_type(control.force("two", "expire"), OrderDetails)
    assert_type(control.explain("id"), RequestEntry)
    assert_type(control.explain_refund("two", {"refunded_amount": 1}), RefundDryRun)
    assert_type(control.faults(), list[FaultStatus])
    assert_type(control.set_clock(advance="28d", freeze=True), ClockChange)
    assert_type(control.requests(operation="refund", status=403), list[RequestEntry])
    assert_type(control.await_requests(count=2, timeout="1s"), AwaitResult)
    assert_type(control.verdict(), VerdictReport)
    assert_type(control.take_snapshot("here"), SnapshotSummary)
    assert_type(control.audit(["A301"]), AuditReport)
    assert_type(control.checkouts(), list[CheckoutSummary])
    assert_type(control.create_checkout({"lines": [{"unit_price": 1}]}), CheckoutDetails)
    assert_type(control.checkout("cart"), CheckoutDetails)
    assert_type(control.complete("cart", outcome="pending"), CheckoutCompletion)
    assert_type(control.deliveries(kind="push"), list[DeliveryEntry])
    assert_type(control.await_deliveries(count=2), AwaitDeliveriesResult)
    assert_type(control.send_delivery("id"), DeliveryEntry)
    assert_type(control.webhooks(), list[WebhookEndpointDetails])
    assert_type(control.set_webhooks([]), list[WebhookEndpointDetails])
    assert_type(control.call("GET", "clock"), object)
    control.set_clock("28d")  # type: ignore[call-arg]
    control.requests(operations="refund")  # type: ignore[call-arg]
    control.force("two", "win")  # type: ignore[arg-type]


def explanation(explained: AllocationExplanation) -> None:
    """The keys of an explanation are typed."""
    assert_type(explained["outcome"], Literal["allocated", "failed", "not_attempted"])
    assert_type(explained["booked"], list[BookedAmount])
    assert_type(explained["hints"], list[str])
    explained["verdict"]  # type: ignore[typeddict-item]


def sandbox(kustom: KustomSandbox) -> None:
    """The fixture object is typed."""
    assert_type(kustom.orders, OrderIds)
    assert_type(kustom.load("split-shipment"), OrderIds)
    assert_type(kustom.clock.advance("1d"), list[ExpiredOrder])
    assert_type(kustom.faults["lost"], FaultStatus)
    assert_type(kustom.requests, list[RequestEntry])
    assert_type(kustom.explain("id"), RequestEntry)
    assert_type(kustom.explain(order="two", refund={}), RefundDryRun)
    assert_type(kustom.faults.add("lost", on="refund", do={"delay": "2s"}), str)
    assert_type(kustom.complete("id", outcome="declined", push="hold"), CheckoutCompletion)
    assert_type(kustom.await_deliveries("push"), list[DeliveryEntry])
    kustom.create_checkout(name="cart", lines=[{"unit_price": 500}], country="DE")
    kustom.create_order(name="mine", lines=[{"unit_price": 500}], country="DE")
    kustom.explain(order="two")  # type: ignore[call-overload]
    kustom.faults.add("lost", on="reefund", do={})  # type: ignore[arg-type]
    kustom.complete("id", outcom="declined")  # type: ignore[call-arg]
    kustom.create_checkout(contry="DE")  # type: ignore[call-arg]
    kustom.create_order(name="mine")  # type: ignore[call-arg]


def server(error: ControlError) -> None:
    """A server and its sandboxes are context managers; errors carry the problem."""
    with running_server("split-shipment") as running:
        assert_type(running, KustomServer)
        with running.open_sandbox("test") as opened:
            assert_type(opened, KustomSandbox)
    assert_type(error.problem, ProblemDetails | None)
    assert_type(mockserver.__version__, str)
    assert_type(kustom_mock.ControlClient("http://127.0.0.1:8566", "x"), ControlClient)
