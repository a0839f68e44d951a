import gc
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, json, msgpack
from msgspec.structs import asdict, astuple, replace

import mockserver.domain
from mockserver.domain.allocation.explanation import Allocation
from mockserver.domain.commands import CaptureOrder, RefundOrder, UpdateAuthorization
from mockserver.domain.money import sum_totals
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


def test_order_is_immutable() -> None:
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
STRUCTS = {name: cls for name, cls in CLASSES.items() if issubclass(cls, Struct)}
DATACLASSES = {name: cls for name, cls in CLASSES.items() if is_dataclass(cls)}


@pytest.mark.parametrize("name", STRUCTS)
def test_every_value_of_the_domain_is_frozen(name: str) -> None:
    assert STRUCTS[name].__struct_config__.frozen


@pytest.mark.parametrize(
    "value",
    [make_line(), SHIPPED.captures[0], SHIPPED.refunds[0], SHIPPED],
    ids=lambda value: type(value).__name__,
)
def test_large_values_take_keyword_arguments_only(value: Struct) -> None:
    assert type(value)(**asdict(value)) == value
    with pytest.raises(TypeError, match="positional"):
        type(value)(*astuple(value))


def values_of(value: object) -> Iterator[Struct]:
    """Yield a value and all values inside it."""
    if isinstance(value, Struct):
        yield value
    inside = astuple(value) if isinstance(value, Struct) else value
    if isinstance(inside, tuple):
        yield from chain.from_iterable(map(values_of, inside))


def test_orders_and_long_commands_are_untracked_by_gc() -> None:
    line = make_line(extra={"image_url": "https://shop.example/1.png"})
    order = drive(make_order(order_lines=(line,)), capture_of(line), refund_of(line))
    kinds = {type(part) for part in values_of(order)}
    assert {Order, OrderLine, PaymentMethod, Capture, Refund, Allocation} <= kinds
    commands = (UpdateAuthorization(1, (line,)), capture_of(line), refund_of(line))
    parts = [part for value in (order, *commands) for part in values_of(value)]
    assert [part for part in parts if gc.is_tracked(part)] == []


@pytest.mark.parametrize("name", DATACLASSES)
def test_every_dataclass_of_the_domain_is_frozen(name: str) -> None:
    assert DATACLASSES[name].__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_totals_are_the_sums_of_captures_and_refunds() -> None:
    assert SHIPPED.captured_amount == 5000
    assert SHIPPED.refunded_amount == 3500
    assert SHIPPED.remaining_authorized_amount == 5000


def test_bookings_are_summed_by_capture() -> None:
    assert dict(SHIPPED.booked_by_capture) == {"change-1": 3000, "change-2": 500}


def test_captures_and_refunds_are_looked_up_by_id() -> None:
    assert SHIPPED.get_capture("change-2") is SHIPPED.captures[1]
    assert SHIPPED.get_refund("change-4") is SHIPPED.refunds[1]
    assert SHIPPED.get_capture("change-3") is None
    assert SHIPPED.get_capture("change") is None
    assert SHIPPED.get_refund("change-1") is None


def test_address_has_the_fields_of_the_schema_in_their_order() -> None:
    address = shipped_schemas()["common.schema.json"]["$defs"]["address"]
    assert list(ADDRESS_FIELDS) == list(address["properties"])


@pytest.mark.parametrize("status", FraudStatus)
def test_fraud_status_is_written_as_it_is_named(status: FraudStatus) -> None:
    assert status.value == status.name


def defaults(value: Struct, *set_fields: str) -> dict[str, object]:
    return {name: field for name, field in asdict(value).items() if name not in set_fields}


def test_minimal_order_line_is_physical_without_tax() -> None:
    set_fields: dict[str, Any] = {
        "name": "A",
        "quantity": 1,
        "unit_price": 5,
        "total_amount": 5,
    }
    assert defaults(OrderLine(**set_fields), *set_fields) == {
        "reference": None,
        "type": "physical",
        "quantity_unit": "",
        "total_discount_amount": 0,
        "tax_rate": 0,
        "total_tax_amount": 0,
        "extra": None,
    }


def test_amount_only_movement_has_empty_description_and_shipping() -> None:
    commands = (CaptureOrder(1), RefundOrder(1))
    order = drive(make_order(), *commands)
    for movement in (*commands, *order.captures, *order.refunds):
        fields = asdict(movement)
        assert fields["description"] == ""
        assert fields["order_lines"] == ()
        assert fields["reference"] is None
        assert fields.get("shipping_info", ()) == ()
    assert order.captures[0].due_date_extended_by == 0
    assert order.captures[0].sent_out_at is None


def test_order_defaults_are_empty() -> None:
    set_fields: dict[str, Any] = {
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
    order_defaults = defaults(Order(**set_fields), *set_fields)
    assert order_defaults.pop("fraud_status") is FraudStatus.ACCEPTED
    assert not any(order_defaults.values())
    assert (
        order_defaults["captures"]
        == order_defaults["refunds"]
        == order_defaults["shipping_info"]
        == ()
    )
    assert order_defaults["released_amount"] == 0


def test_capture_and_refund_defaults_are_empty() -> None:
    set_fields: dict[str, Any] = {
        "capture_id": "c1",
        "klarna_reference": "1VHSHK1Q-1",
        "captured_amount": 1,
        "captured_at": NOW,
    }
    assert not any(defaults(Capture(**set_fields), *set_fields).values())
    set_fields = {
        "refund_id": "r1",
        "refunded_amount": 1,
        "refunded_at": NOW,
        "allocation": SHIPPED.refunds[0].allocation,
        "earlier_capture_count": 1,
    }
    assert not any(defaults(Refund(**set_fields), *set_fields).values())


def test_capture_knows_the_references_of_its_lines_once_each() -> None:
    lines = [make_line(reference, 1) for reference in ("A", "B", "A", None)]
    (capture,) = drive(make_order(), capture_of(*lines)).captures
    assert capture.references == {"A", "B"}
    assert capture.references is capture.references


texts = st.text(max_size=5)
extras = st.none() | st.dictionaries(st.sampled_from(["image_url", "merchant_data"]), texts)
optional_texts = st.none() | texts
lines = st.builds(
    make_line,
    optional_texts,
    st.integers(0, 300),
    quantity=st.integers(0, 3),
    total_tax_amount=st.integers(-300, 300),
    extra=extras,
)
line_lists = st.lists(lines, max_size=3).map(tuple)
parcels = st.lists(st.dictionaries(texts, texts), max_size=2).map(tuple)


@settings(max_examples=100)
@given(line_lists, line_lists, parcels, optional_texts, st.sampled_from(FraudStatus))
def test_every_order_survives_encoding_and_decoding(
    captured: tuple[OrderLine, ...],
    refunded: tuple[OrderLine, ...],
    shipping_info: tuple[dict[str, str], ...],
    reference: str | None,
    fraud_status: FraudStatus,
) -> None:
    total = sum_totals(captured)
    order = drive(
        make_order(total + 1, order_lines=captured, shipping_info=shipping_info),
        CaptureOrder(total, "", captured, reference, shipping_info),
        CaptureOrder(0),
        RefundOrder(min(total, sum_totals(refunded)), "", refunded, reference),
    )
    order = replace(order, fraud_status=fraud_status, cancelled_at=NOW)
    assert msgpack.decode(msgpack.encode(order), type=Order) == order
    assert json.decode(json.encode(order), type=Order) == order
