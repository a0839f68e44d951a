import gc
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from itertools import chain
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import asdict, astuple

import mockserver.domain
from mockserver.domain.allocation.explanation import Allocation
from mockserver.domain.commands import CaptureOrder, RefundOrder, UpdateAuthorization
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    Capture,
    FraudStatus,
    Order,
    OrderLine,
    PaymentMethod,
    Refund,
)
from mockserver.schemas import shipped_schemas
from tests.support.builders import (
    CREATED,
    NOW,
    ORDER_ID,
    capture_of,
    drive,
    make_line,
    make_order,
    refund_of,
)

SHIPPED = drive(
    make_order(),
    CaptureOrder(3000),
    CaptureOrder(2000),
    RefundOrder(1000),
    RefundOrder(2500),
)


def test_an_order_is_changed_by_nobody() -> None:
    with pytest.raises(AttributeError):
        SHIPPED.order_amount = 1  # type: ignore[misc]


MODULES = [
    import_module(iter_module.name)
    for iter_module in pkgutil.iter_modules(mockserver.domain.__path__, "mockserver.domain.")
]
CLASSES = {
    f"{var.__module__}.{var.__name__}": var
    for module in MODULES
    for var in vars(module).values()
    if isinstance(var, type) and var.__module__ == module.__name__
}
STRUCTS = {name: item for name, item in CLASSES.items() if issubclass(item, Struct)}
DATACLASSES = {name: item for name, item in CLASSES.items() if is_dataclass(item)}


@pytest.mark.parametrize("name", STRUCTS)
def test_every_value_of_the_domain_is_frozen(name: str) -> None:
    assert STRUCTS[name].__struct_config__.frozen


@pytest.mark.parametrize(
    "value",
    [make_line(), SHIPPED.captures[0], SHIPPED.refunds[0], SHIPPED],
    ids=lambda value: type(value).__name__,
)
def test_a_value_of_many_fields_is_made_by_naming_them(value: Struct) -> None:
    assert type(value)(**asdict(value)) == value
    with pytest.raises(TypeError, match="positional"):
        type(value)(*astuple(value))


def values_of(value: object) -> Iterator[Struct]:
    """Go through a value, and what it is made of."""
    if isinstance(value, Struct):
        yield value
    inside = astuple(value) if isinstance(value, Struct) else value
    if isinstance(inside, tuple):
        yield from chain.from_iterable(map(values_of, inside))


def test_orders_and_long_commands_are_nothing_that_the_garbage_collector_looks_at() -> None:
    line = make_line(extra={"image_url": "https://shop.example/1.png"})
    order = drive(make_order(order_lines=(line,)), capture_of(line), refund_of(line))
    kinds = {type(part) for part in values_of(order)}
    assert {Order, OrderLine, PaymentMethod, Capture, Refund, Allocation} <= kinds
    commands = (UpdateAuthorization(1, (line,)), capture_of(line), refund_of(line))
    parts = [part for item in (order, *commands) for part in values_of(item)]
    assert [part for part in parts if gc.is_tracked(part)] == []


@pytest.mark.parametrize("name", DATACLASSES)
def test_so_are_the_assumptions(name: str) -> None:
    assert DATACLASSES[name].__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_totals_are_the_sums_of_what_happened() -> None:
    assert SHIPPED.captured_amount == 5000
    assert SHIPPED.refunded_amount == 3500
    assert SHIPPED.remaining_authorized_amount == 5000


def test_what_landed_is_summed_up_by_capture() -> None:
    assert dict(SHIPPED.booked_by_capture) == {"change-1": 3000, "change-2": 500}


def test_captures_and_refunds_are_found_by_their_ids_or_not_at_all() -> None:
    assert SHIPPED.get_capture("change-2") is SHIPPED.captures[1]
    assert SHIPPED.get_refund("change-4") is SHIPPED.refunds[1]
    assert SHIPPED.get_capture("change-3") is None
    assert SHIPPED.get_capture("change") is None
    assert SHIPPED.get_refund("change-1") is None


def test_an_address_has_the_fields_of_the_schema_in_their_order() -> None:
    address = shipped_schemas()["common.schema.json"]["$defs"]["address"]
    assert list(ADDRESS_FIELDS) == list(address["properties"])


@pytest.mark.parametrize("status", FraudStatus)
def test_a_fraud_status_is_written_as_it_is_named(status: FraudStatus) -> None:
    assert status.value == status.name


def defaults(value: Struct, *given: str) -> dict[str, object]:
    return {name: item for name, item in asdict(value).items() if name not in given}


def test_a_line_that_says_no_more_than_it_must_is_physical_and_bears_no_tax() -> None:
    given: dict[str, Any] = {"name": "A", "quantity": 1, "unit_price": 5, "total_amount": 5}
    assert defaults(OrderLine(**given), *given) == {
        "reference": None,
        "type": "physical",
        "quantity_unit": "",
        "total_discount_amount": 0,
        "tax_rate": 0,
        "total_tax_amount": 0,
        "extra": None,
    }


def test_a_capture_or_refund_of_an_amount_alone_has_no_words_and_no_parcels() -> None:
    commands = (CaptureOrder(1), RefundOrder(1))
    order = drive(make_order(), *commands)
    for item in (*commands, *order.captures, *order.refunds):
        said = asdict(item)
        assert said["description"] == ""
        assert said["order_lines"] == ()
        assert said["reference"] is None
        assert said.get("shipping_info", ()) == ()
    assert order.captures[0].due_date_extended_by == 0
    assert order.captures[0].sent_out_at is None


def test_nothing_has_happened_to_an_order_of_which_nothing_is_told() -> None:
    given: dict[str, Any] = {
        "order_id": ORDER_ID,
        "klarna_reference": "1VHSHK1Q",
        "created_at": CREATED,
        "expires_at": NOW,
        "order_amount": 1,
        "original_order_amount": 1,
        "order_lines": (),
        "purchase_country": "SE",
        "purchase_currency": "SEK",
        "locale": "sv-SE",
        "payment_method": PaymentMethod("INVOICE", "Invoice"),
    }
    told = defaults(Order(**given), *given)
    assert told.pop("fraud_status") is FraudStatus.ACCEPTED
    assert not any(told.values())
    assert told["captures"] == told["refunds"] == told["shipping_info"] == ()
    assert told["released_amount"] == 0


def test_a_capture_or_refund_of_which_little_is_told_has_no_words_lines_or_parcels() -> None:
    given: dict[str, Any] = {
        "capture_id": "c1",
        "klarna_reference": "1VHSHK1Q-1",
        "captured_amount": 1,
        "captured_at": NOW,
    }
    assert not any(defaults(Capture(**given), *given).values())
    given = {
        "refund_id": "r1",
        "refunded_amount": 1,
        "refunded_at": NOW,
        "allocation": SHIPPED.refunds[0].allocation,
        "earlier_capture_count": 1,
    }
    assert not any(defaults(Refund(**given), *given).values())


def test_a_capture_knows_the_references_of_its_lines_once_each() -> None:
    lines = [make_line(reference, 1) for reference in ("A", "B", "A", None)]
    (capture,) = drive(make_order(), capture_of(*lines)).captures
    assert capture.references == {"A", "B"}
    assert capture.references is capture.references
