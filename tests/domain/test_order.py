from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from mockserver.domain.commands import CaptureOrder, RefundOrder
from mockserver.domain.order import FraudStatus, Order
from tests.builders import NOW, SWEDEN, drive, make_line, make_order, paid_by

SHIPPED = drive(
    make_order(),
    CaptureOrder(3000),
    CaptureOrder(2000),
    RefundOrder(1000),
    RefundOrder(2500),
)

OTHER_VALUES: Mapping[str, object] = {
    "order_id": "another",
    "klarna_reference": "ANOTHER1",
    "created_at": NOW,
    "expires_at": NOW,
    "order_amount": 20_000,
    "original_order_amount": 20_000,
    "order_lines": (make_line(),),
    "purchase_country": "NO",
    "purchase_currency": "NOK",
    "locale": "nb-NO",
    "payment_method": paid_by("CARD"),
    "customer": {"type": "person"},
    "billing_address": {**SWEDEN, "city": "Umeå"},
    "shipping_address": {**SWEDEN, "city": "Umeå"},
    "fraud_status": FraudStatus.STOPPED,
    "merchant_reference1": "1",
    "merchant_reference2": "2",
    "merchant_data": "3",
    "captures": (),
    "refunds": (),
    "shipping_info": ({"tracking_number": "1"},),
    "acknowledged_at": None,
    "authorization_updated_at": NOW,
    "extended_at": NOW,
    "cancelled_at": NOW,
    "released_at": NOW,
    "released_amount": 1,
    "next_allocation_fails": True,
}


def totals(order: Order) -> tuple[object, ...]:
    return (
        order.captured_amount,
        order.refunded_amount,
        order.remaining_authorized_amount,
        dict(order.landed_amounts),
    )


def test_there_is_another_value_for_every_field() -> None:
    assert set(OTHER_VALUES) == {each.name for each in fields(Order)}


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_a_changed_order_is_what_replacing_the_field_would_make(name: str) -> None:
    """Totals are read first, so that none of them may be carried over."""
    order = drive(make_order(), CaptureOrder(3000), RefundOrder(1000))
    before = totals(order)
    changed = order.changed(**{name: OTHER_VALUES[name]})
    expected = replace(order, **{name: OTHER_VALUES[name]})  # type: ignore[arg-type]
    assert changed == expected
    assert totals(changed) == totals(expected)
    assert getattr(order, name) != OTHER_VALUES[name]
    assert totals(order) == before


def test_an_order_is_changed_by_nobody() -> None:
    with pytest.raises(FrozenInstanceError):
        SHIPPED.order_amount = 1  # type: ignore[misc]


def test_totals_are_the_sums_of_what_happened() -> None:
    assert SHIPPED.captured_amount == 5000
    assert SHIPPED.refunded_amount == 3500
    assert SHIPPED.remaining_authorized_amount == 5000


def test_what_landed_is_summed_up_by_capture() -> None:
    assert dict(SHIPPED.landed_amounts) == {"change-1": 3000, "change-2": 500}


def test_captures_and_refunds_are_found_by_their_ids_or_not_at_all() -> None:
    assert SHIPPED.capture("change-2") is SHIPPED.captures[1]
    assert SHIPPED.refund("change-4") is SHIPPED.refunds[1]
    assert SHIPPED.capture("change-3") is None
    assert SHIPPED.refund("change-1") is None
