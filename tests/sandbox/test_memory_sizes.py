"""Estimated sizes are close to the memory that is really allocated, kind by kind."""

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.changes import start_checkout
from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    CaptureOrder,
    Command,
    RefundOrder,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import OrderLine
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.deliveries.schedules import PUSH_SCHEDULES
from mockserver.sandbox.execution import execute
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.memory_sizes import measure_checkout, measure_command, measure_value
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import add_fault_rule, add_order
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.builders import NOW, ORDER_ID, make_order
from tests.support.checkouts import CART, SHIRTS

COUNT = 100
MAX_RATIO = 1.5

BARE_LINE = {"name": "Part", "quantity": 1, "unit_price": 1, "total_amount": 1}
USUAL_LINE = {
    "reference": "A12345", "name": "Article A12345", "type": "physical",
    "quantity": 1, "quantity_unit": "pcs", "unit_price": 30_000, "tax_rate": 2500,
    "total_amount": 30_000, "total_tax_amount": 6000,
}  # fmt: skip
LONG_LINE = {**USUAL_LINE, "reference": "r" * 255, "name": "n" * 255}
WIDE_LINE = {**USUAL_LINE, "name": "n" * 200 + "😀"}
RICH_LINE = {
    **USUAL_LINE,
    "product_url": "https://shop.example/articles/A12345",
    "product_identifiers": {
        "brand": "Shoes & Co",
        "category_path": "Shoes > Sneakers > Running",
        "global_trade_item_number": "0735858293167",
    },
}
FREE_LINE = {
    **RICH_LINE, "unit_price": 0, "tax_rate": 0, "total_amount": 0, "total_tax_amount": 0,
}  # fmt: skip
PARCEL = {
    "shipping_company": "PostNord",
    "tracking_number": "63456415674545679874",
    "shipping_method": "Home",
}


def fresh(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Copy a value as the body of another request would bring it."""
    return msgspec.json.decode(json.dumps(value))


def lines_of(*bodies: dict[str, Any]) -> tuple[OrderLine, ...]:
    """Parse order lines, each of them allocated again."""
    lines = []
    for body in bodies:
        fields = fresh(body)
        extra = {key: fields.pop(key) for key in [*fields] if key.startswith("product_")}
        line = msgspec.convert(fields, OrderLine)
        lines.append(msgspec.structs.replace(line, extra=extra or None))
    return tuple(lines)


def new_sandbox() -> Sandbox:
    sandbox = Sandbox("measured", clock=Clock(NOW, frozen=True))
    sandbox.add(make_order(order_amount=10**9))
    execute(sandbox, ORDER_ID, CaptureOrder(10**6))
    return sandbox


def capture(sandbox: Sandbox, *bodies: dict[str, Any], key: str | None = None) -> None:
    execute(sandbox, ORDER_ID, CaptureOrder(1, "Part", order_lines=lines_of(*bodies)), key)


def refund(sandbox: Sandbox, *bodies: dict[str, Any]) -> None:
    execute(sandbox, ORDER_ID, RefundOrder(1, "Part", order_lines=lines_of(*bodies)))


def ship(sandbox: Sandbox) -> None:
    execute(sandbox, ORDER_ID, AddOrderShippingInfo((fresh(PARCEL),)))


def add_fault(sandbox: Sandbox, number: int, **spec: Any) -> None:  # noqa: ANN401
    add_fault_rule(sandbox, f"fault-{number}", fresh({"on": "refund", **spec}))


def record(sandbox: Sandbox, path: str, **facts: Any) -> None:  # noqa: ANN401
    refusal = Refusal(Reason.INVALID_FIELDS, Operation.CAPTURE, **fresh(facts))
    entry = Entry(NOW, sandbox.ids.new_request_id(), "POST", path, Operation.CAPTURE, ORDER_ID)
    entry.status, entry.result = 422, refusal if facts else None
    sandbox.journal.record(entry)


def seed_order(sandbox: Sandbox, number: int, **spec: Any) -> None:  # noqa: ANN401
    lines = [
        {"reference": f"A{line}", "name": "Article", "unit_price": 1000} for line in "1234"
    ]
    add_order(sandbox, f"order-{number}", fresh({"lines": lines, **spec}))


def add_checkout(sandbox: Sandbox, *lines: dict[str, Any], **texts: str) -> None:
    fields = fresh({**CART, "order_lines": [{**SHIRTS, **texts}, *lines]})
    checkout = start_checkout(sandbox.ids.new_order_id(), fields, NOW, Assumptions())
    sandbox.put_checkout(checkout, measure_checkout(fields))


def add_delivery(sandbox: Sandbox, url: str) -> None:
    schedule = PUSH_SCHEDULES["offsets"]
    sandbox.deliveries.add(DeliveryKind.PUSH, ORDER_ID, url, NOW, schedule)


GROWTH: dict[str, Callable[[Sandbox, int], None]] = {
    "captures without lines": lambda box, _: capture(box),
    "refunds without lines": lambda box, _: refund(box),
    "captures of bare lines": lambda box, _: capture(box, *[BARE_LINE] * 20),
    "captures of usual lines": lambda box, _: capture(box, *[USUAL_LINE] * 3),
    "captures of long lines": lambda box, _: capture(box, *[LONG_LINE] * 3),
    "captures of wide lines": lambda box, _: capture(box, *[WIDE_LINE] * 3),
    "captures of rich lines": lambda box, _: capture(box, *[RICH_LINE] * 10),
    "refunds of usual lines": lambda box, _: refund(box, *[USUAL_LINE] * 3),
    "parcels": lambda box, _: ship(box),
    "keys": lambda box, n: capture(box, key=f"{n:036}"),
    "long keys": lambda box, n: capture(box, key=f"{n:08000}"),
    "faults": lambda box, n: add_fault(box, n, do={"lose_answer": "reset"}, calls=1),
    "faults with a body": lambda box, n: add_fault(
        box, n, do={"respond": {"status": 500, "body": f"{n:020000}"}}
    ),
    "faults with where": lambda box, n: add_fault(
        box, n, do={"drop": "reset"}, where={f"order_lines.{i}.{n}": i for i in range(20)}
    ),
    "requests": lambda box, n: record(box, f"/ordermanagement/v1/orders/{n}"),
    "requests of long paths": lambda box, n: record(box, f"/{n:03000}"),
    "refused requests": lambda box, n: record(
        box, "/x", violations=[f"'lines[{i}]' of {n} is invalid" for i in range(30)]
    ),
    "checkouts": lambda box, n: add_checkout(box, reference=f"{n}"),
    "checkouts of many lines": lambda box, n: add_checkout(box, *[FREE_LINE] * 20, name=f"{n}"),
    "deliveries": lambda box, n: add_delivery(box, f"http://127.0.0.1/{n}"),
    "orders": seed_order,
    "shipped orders": lambda box, n: seed_order(
        box, n, captures={part: {"lines": [f"A{part}"]} for part in "1234"}
    ),
}


@pytest.fixture(autouse=True, scope="module")
def _frozen_garbage() -> Iterator[None]:
    """Exclude what the rest of the process has allocated from the many collections here."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def allocations() -> Iterator[Callable[[], int]]:
    """Measure the bytes that are allocated and not freed again."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]

        def allocated() -> int:
            gc.collect()
            return tracemalloc.get_traced_memory()[0] - before

        yield allocated
    finally:
        tracemalloc.stop()


def size_and_memory(kind: str) -> tuple[int, int]:
    """Grow one kind, and return how much its estimated size and its memory grow."""
    sandbox = new_sandbox()
    GROWTH[kind](sandbox, 0)  # caches are filled
    bytes_before = sandbox.total_bytes
    with allocations() as allocated:
        for number in range(1, COUNT + 1):
            GROWTH[kind](sandbox, number)
        return sandbox.total_bytes - bytes_before, allocated()


@pytest.mark.parametrize("kind", GROWTH)
def test_size_is_close_to_the_allocated_memory(kind: str) -> None:
    ratios = []
    for _ in range(3):  # the rest of the process may allocate during a measurement
        size, memory = size_and_memory(kind)
        ratios.append(size / memory)
        if 1 / MAX_RATIO < ratios[-1] < MAX_RATIO:
            break
    else:
        pytest.fail(f"{kind}: {ratios}")


COMMANDS: dict[str, tuple[Command, int]] = {
    "CaptureOrder": (CaptureOrder(1, shipping_info=(PARCEL,)), 900),
    "Acknowledge": (Acknowledge(), 0),
    "UpdateAuthorization": (UpdateAuthorization(1, lines_of(USUAL_LINE)), 250),
    "UpdateMerchantReferences": (UpdateMerchantReferences("1001", None), 60),
    "UpdateCustomerDetails": (UpdateCustomerDetails({"city": "Ankeborg"}), 300),
    "AddCaptureShippingInfo": (AddCaptureShippingInfo("c", (PARCEL,)), 600),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_size_is_close_to_the_memory_the_order_stores(command: str) -> None:
    value, expected_bytes = COMMANDS[command]
    assert expected_bytes * 0.7 <= measure_command(value) <= expected_bytes * MAX_RATIO


def scenario_text(number: int) -> str:
    lines = ", ".join(
        f"{{reference: A{index:05}, unit_price: {number}000}}" for index in range(300)
    )
    return f"{{version: 1, orders: {{order-{number}: {{lines: [{lines}]}}}}}}"


def test_compact_scenario_is_close_to_its_allocated_memory() -> None:
    parse_scenario("warm-up", parse_yaml(scenario_text(9)))
    with allocations() as allocated:
        scenarios = [
            parse_scenario(str(number), parse_yaml(scenario_text(number))).compact()
            for number in range(1, 6)
        ]
        actual = allocated()
    ratio = sum(scenario.total_bytes for scenario in scenarios) / actual
    assert 1 / MAX_RATIO < ratio < MAX_RATIO, f"{ratio:.2f}"


def test_snapshot_size_is_close_to_the_memory_only_it_refers_to() -> None:
    sandbox = new_sandbox()
    for number in range(50):
        seed_order(sandbox, number)
        add_fault(sandbox, number, do={"lose_answer": "reset"}, probability=0.5)
    bytes_before = sandbox.total_bytes
    with allocations() as allocated:
        for name in "0123456789":
            sandbox.take_snapshot(name)
        slots = allocated()
    assert slots < sandbox.total_bytes - bytes_before
    assert sandbox.snapshots["0"].total_bytes < MAX_RATIO * bytes_before


def test_shared_parts_of_a_value_count_once() -> None:
    text = "shared text" * 100
    assert measure_value([text] * 10) < measure_value(text) + measure_value([None] * 10)
