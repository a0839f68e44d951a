"""The tally of a sandbox: requests and deliveries, counted by row."""

from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Status
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox import tally as tally_module
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries.delivery import Attempt, Delivery, DeliveryKind
from mockserver.sandbox.execution import execute
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.tally import DeliveryRow, RefundFacts, RequestRow, Tally
from tests.support.builders import NOW, make_line, make_order
from tests.support.templates import EmptyTemplate


def entry(**fields: Any) -> Entry:  # noqa: ANN401
    return Entry(at=NOW, correlation_id="c-1", method="GET", path="/", **fields)


def count(*entries: Entry) -> Tally:
    tally = Tally()
    for request in entries:
        tally.count_request(request, None, Assumptions())
    return tally


def test_equal_requests_are_one_row_with_its_first_request() -> None:
    first = entry(operation=Operation.GET_ORDER, status=200)
    again = entry(operation=Operation.GET_ORDER, status=200)
    again.correlation_id = "c-2"
    (counter,) = count(first, again)
    assert (counter.count, counter.first) == (2, "c-1")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": 200}, {"order_status": None, "reason": None, "replay": ""}),
        ({"result": Refusal(Reason.CONFLICT)}, {"reason": Reason.CONFLICT}),
        ({"replayed": True}, {"replay": "same", "refund": None}),
        ({"replayed": True, "body_changed": True}, {"replay": "changed"}),
        ({"fault_names": ("drop reset",)}, {"faults": ("drop reset",)}),
    ],
)
def test_tally_row_has_the_decision_on_the_request(
    fields: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    (counter,) = count(entry(operation=Operation.REFUND, **fields))
    assert isinstance(counter.row, RequestRow)
    assert {name: getattr(counter.row, name) for name in expected} == expected


def test_request_without_an_operation_is_not_counted() -> None:
    assert len(count(entry(status=404))) == 0


def test_merge_adds_counts_and_leaves_the_other_tally_unchanged() -> None:
    cancel = entry(operation=Operation.CANCEL)
    one, two = count(cancel), count(cancel)
    one.merge(two)
    assert [counter.count for counter in one] == [2]
    assert [counter.count for counter in two.copy()] == [1]


def test_beyond_a_number_of_rows_further_ones_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tally_module, "MAX_ROWS", 1)
    tally = count(entry(operation=Operation.CANCEL), entry(operation=Operation.CAPTURE))
    assert [counter.first for counter in tally] == ["c-1"]


def test_each_attempt_of_a_delivery_is_counted() -> None:
    tally = Tally()
    attempts = (Attempt(NOW, None, 0.1), Attempt(NOW, 200, 6.0))
    tally.count_delivery(
        Delivery(
            delivery_id="d-1", kind=DeliveryKind.PUSH, order_id="o", url="", created_at=NOW,
            attempts=attempts,
        )
    )  # fmt: skip
    rows = [counter.row for counter in tally]
    assert rows == [
        DeliveryRow("push", None, late=False, repeated=False),
        DeliveryRow("push", 200, late=True, repeated=True),
    ]


SHIRT, SHOES = make_line("A", 6000), make_line("B", 4000)
FEE = make_line("fee", 0, type="return_fee")


def two_shipments(outcome: str, **facts: Any) -> RefundFacts:  # noqa: ANN401
    """The facts of a refund on an order of two shipments."""
    usual = RefundFacts(
        outcome,
        (),
        several_captures=True,
        later_capture=False,
        ambiguous=False,
        lines="articles",
    )
    return usual._replace(**facts)


def shop() -> Sandbox:
    """A sandbox whose order has two shipments."""
    sandbox = Sandbox("shop", clock=Clock(NOW, frozen=True))
    sandbox.add(make_order(10_000, order_lines=(SHIRT, SHOES)))
    send(sandbox, CaptureOrder(6000, order_lines=(SHIRT,)))
    send(sandbox, CaptureOrder(4000, order_lines=(SHOES,)))
    return sandbox


def send(sandbox: Sandbox, command: Command) -> RequestRow:
    """Execute a command, and return the row that its request was counted in."""
    order_id = next(iter(sandbox.orders))
    result = execute(sandbox, order_id, command)
    request = entry(
        operation=command.operation, order_id=order_id, status=201, result=result.result,
        before=result.before, after=result.after,
    )  # fmt: skip
    sandbox.record(request)
    *_, counter = sandbox.build_tally()
    assert isinstance(counter.row, RequestRow)
    return counter.row


@pytest.mark.parametrize(
    ("refund", "expected"),
    [
        (
            RefundOrder(6000, order_lines=(SHIRT,)),
            two_shipments("allocated"),
        ),
        (
            RefundOrder(4000, order_lines=(FEE, SHOES)),
            two_shipments("allocated", later_capture=True),
        ),
        (
            RefundOrder(5999, order_lines=(SHIRT,)),
            two_shipments(
                "failed", failed=("lines_add_up",), assumptions=("unallocated_refund",)
            ),
        ),
        (
            RefundOrder(100, order_lines=(FEE,)),
            two_shipments(
                "not_attempted",
                lines="fees",
                assumptions=("amount_only_refund", "fee_only_refund", "unallocated_refund"),
            ),
        ),
        (
            RefundOrder(100),
            two_shipments(
                "not_attempted",
                lines="none",
                assumptions=("amount_only_refund", "unallocated_refund"),
            ),
        ),
    ],
)
def test_refund_is_counted_by_its_allocation(
    refund: RefundOrder, expected: RefundFacts
) -> None:
    assert send(shop(), refund).refund == expected


def test_request_is_counted_with_the_status_that_the_order_had() -> None:
    sandbox = Sandbox("shop", clock=Clock(NOW, frozen=True))
    sandbox.add(make_order(10_000, order_lines=(SHIRT, SHOES)))
    row = send(sandbox, CaptureOrder(6000, order_lines=(SHIRT,)))
    assert row.order_status is Status.AUTHORIZED
    order_id = next(iter(sandbox.orders))
    sandbox.record(entry(operation=Operation.GET_ORDER, order_id=order_id, status=200))
    *_, counter = sandbox.build_tally()
    assert isinstance(counter.row, RequestRow)
    assert counter.row.order_status is Status.PART_CAPTURED


def test_tally_of_a_dropped_sandbox_is_kept() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate())
    sandboxes.get_or_create("idle")
    sandboxes.get_or_create("shop").record(entry(operation=Operation.CANCEL))
    for name in ("idle", "shop"):
        sandboxes.drop(name)
    assert (len(sandboxes.dropped_tally), sandboxes.dropped_count) == (1, 1)
