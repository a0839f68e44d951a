"""The life of a checkout order: update, abort, expire, complete."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.changes import mark_aborted, replace_fields
from mockserver.domain.checkout.checkout import (
    CHECKOUT_LIFECYCLE,
    LIFETIME,
    Checkout,
    CheckoutStatus,
    check_checkout_allowed,
    derive_checkout_status,
)
from mockserver.domain.checkout.completion import (
    ShopperOutcome,
    attempt_checkout,
    enter_shopper_details,
)
from mockserver.domain.operation import CHECKOUT_OPERATIONS, Operation
from mockserver.domain.refusal import Refusal
from tests.support.builders import NOW, ORDER_ID, SWEDEN
from tests.support.checkouts import (
    DEFAULT,
    PARCEL,
    PICKUP,
    URLS,
    make_checkout,
    make_completion,
)

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)


def complete() -> Checkout:
    return attempt_checkout(make_checkout(), make_completion(), NOW, DEFAULT)


def abort() -> Checkout:
    return mark_aborted(make_checkout(), NOW, DEFAULT)


MAKE: Mapping[CheckoutStatus, Callable[[], Checkout]] = {
    CheckoutStatus.INCOMPLETE: make_checkout,
    CheckoutStatus.COMPLETE: complete,
    CheckoutStatus.ABORTED: abort,
    CheckoutStatus.EXPIRED: make_checkout,
}
ACT: Mapping[Operation, Callable[..., Any]] = {
    Operation.READ_CHECKOUT: lambda checkout, now: check_checkout_allowed(
        checkout, Operation.READ_CHECKOUT, now, DEFAULT
    ),
    Operation.UPDATE_CHECKOUT: lambda checkout, now: replace_fields(checkout, {}, now, DEFAULT),
    Operation.ABORT_CHECKOUT: lambda checkout, now: mark_aborted(checkout, now, DEFAULT),
}


def test_table_has_every_operation_on_a_checkout_in_every_status() -> None:
    operations = {info.operation for info in CHECKOUT_OPERATIONS if info.path}
    assert set(CHECKOUT_LIFECYCLE) == operations
    assert all(set(cells) == set(CheckoutStatus) for cells in CHECKOUT_LIFECYCLE.values())


@pytest.mark.parametrize("status", CheckoutStatus)
@pytest.mark.parametrize("operation", CHECKOUT_LIFECYCLE)
def test_operation_matches_the_lifecycle_table(
    operation: Operation, status: CheckoutStatus
) -> None:
    checkout = MAKE[status]()
    now = NOW + LIFETIME if status is CheckoutStatus.EXPIRED else LATER
    assert derive_checkout_status(checkout, now, DEFAULT) is status
    reason = CHECKOUT_LIFECYCLE[operation][status].reason
    if reason is None:
        ACT[operation](checkout, now)
    else:
        with pytest.raises(Refusal) as refused:
            ACT[operation](checkout, now)
        assert refused.value.reason is reason
        assert refused.value.facts == {"order_id": ORDER_ID, "status": status}


def test_checkout_expires_48_hours_after_its_last_update() -> None:
    checkout = replace_fields(make_checkout(), {}, LATER, DEFAULT)
    end = LATER + LIFETIME
    statuses = [derive_checkout_status(checkout, t, DEFAULT) for t in (end - SECOND, end)]
    assert statuses == [CheckoutStatus.INCOMPLETE, CheckoutStatus.EXPIRED]


@pytest.mark.parametrize(
    ("readable", "hours", "status"),
    [
        ("48h", 47, CheckoutStatus.COMPLETE),
        ("48h", 48, CheckoutStatus.EXPIRED),
        ("2h", 1, CheckoutStatus.COMPLETE),
        ("2h", 2, CheckoutStatus.EXPIRED),
        ("forever", 100_000, CheckoutStatus.COMPLETE),
    ],
)
def test_completed_checkout_can_be_read_as_long_as_assumed(
    readable: str, hours: int, status: CheckoutStatus
) -> None:
    assumptions = Assumptions(completed_checkout_readable=readable)
    now = NOW + timedelta(hours=hours)
    assert derive_checkout_status(complete(), now, assumptions) is status


def test_aborted_checkout_is_gone_where_assumed() -> None:
    assumptions = Assumptions(aborted_status="gone_404")
    assert derive_checkout_status(abort(), NOW, assumptions) is CheckoutStatus.EXPIRED


def test_update_changes_only_the_sent_fields() -> None:
    checkout = replace_fields(make_checkout(), {"locale": "en-SE"}, LATER, DEFAULT)
    assert checkout.fields == {**make_checkout().fields, "locale": "en-SE"}
    assert (checkout.started_at, checkout.last_modified_at) == (NOW, LATER)


def test_update_is_validated_together_with_the_other_fields() -> None:
    with pytest.raises(Refusal, match="Bad value: order_amount"):
        replace_fields(make_checkout(), {"order_amount": 1}, LATER, DEFAULT)


@pytest.mark.parametrize("identified", [False, True])
def test_addresses_are_ignored_once_the_shopper_identified(
    identified: bool,  # noqa: FBT001  # a case of the table
) -> None:
    declined = make_completion(ShopperOutcome.DECLINED)
    checkout = make_checkout()
    if identified:
        checkout = attempt_checkout(checkout, declined, NOW, DEFAULT)
    changes = {"billing_address": {**SWEDEN, "city": "Lund"}, "locale": "en-SE"}
    fields = replace_fields(checkout, changes, LATER, DEFAULT).fields
    assert ("billing_address" in fields) is not identified
    assert fields["locale"] == "en-SE"


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ([{**PARCEL, "price": 100}], {**PARCEL, "price": 100}),
        ([PICKUP], PICKUP),
        ([], None),
    ],
    ids=["another price", "another option", "no options"],
)
def test_chosen_option_follows_the_list_of_an_update(
    options: list[Mapping[str, Any]], chosen: Mapping[str, Any] | None
) -> None:
    checkout = make_checkout(shipping_options=[PICKUP, PARCEL])
    chosen_before = enter_shopper_details(checkout, {}, "parcel", NOW, DEFAULT)
    updated = replace_fields(chosen_before, {"shipping_options": options}, NOW, DEFAULT)
    assert updated.shopper.get("selected_shipping_option") == chosen


def test_withdrawn_option_is_not_replaced_where_the_shop_decides() -> None:
    urls = {**URLS, "shipping_option_update": "https://shop.example/option"}
    checkout = make_checkout(shipping_options=[PICKUP, PARCEL], merchant_urls=urls)
    chosen = enter_shopper_details(checkout, {}, "parcel", NOW, DEFAULT)
    withdrawn = replace_fields(chosen, {"shipping_options": [PICKUP]}, NOW, DEFAULT)
    assert "selected_shipping_option" not in withdrawn.shopper
    cheaper = {**PARCEL, "price": 100}
    updated = replace_fields(chosen, {"shipping_options": [cheaper]}, NOW, DEFAULT)
    assert updated.shopper["selected_shipping_option"] == cheaper


def test_merchant_url_has_the_id_filled_in() -> None:
    checkout = make_checkout()
    assert checkout.merchant_url("push") == f"http://shop.example/push?order={ORDER_ID}"
    assert checkout.fields["merchant_urls"] == URLS
    assert checkout.merchant_url("validation") is None
