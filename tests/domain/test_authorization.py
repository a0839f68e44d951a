from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.authorization import (
    DUE_DATE_OPTIONS,
    check_due_date_extendable,
    initial_expiry,
)
from mockserver.domain.commands import ExtendAuthorizationTime
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from tests.support.builders import drive, make_order, paid_by


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def extended(order: Order, on: datetime, days: int = 28) -> datetime:
    assumed = Assumptions(authorization_days=days)
    changed = drive(order, ExtendAuthorizationTime(), now=on, assumptions=assumed)
    assert changed.extended_at == on
    return changed.expires_at


@pytest.mark.parametrize(
    ("created_at", "days", "expires_at"),
    [
        pytest.param("2024-07-08T13:00", 28, "2024-08-05", id="the sample of 28 days"),
        pytest.param("2020-08-24T10:11:12", 42, "2020-10-05", id="a recording of 42 days"),
        pytest.param("2020-09-29T23:59:59", 42, "2020-11-10", id="late in the evening"),
        pytest.param("2020-09-29T00:00", 42, "2020-11-10", id="at midnight"),
        pytest.param("2024-02-01T00:00", 28, "2024-02-29", id="in a leap year"),
    ],
)
def test_authorization_expires_at_midnight_after_the_given_days(
    created_at: str,
    days: int,
    expires_at: str,
) -> None:
    assert initial_expiry(day(created_at), days) == day(expires_at)


def test_day_of_an_order_is_that_of_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    created_at = datetime(2026, 1, 1, 23, 30, tzinfo=new_york)
    assert initial_expiry(created_at, 28) == day("2026-01-30")


@pytest.mark.parametrize(
    ("on", "days", "expires_at"),
    [
        pytest.param("2026-01-15T09:00", 28, "2026-02-12", id="the documented example"),
        pytest.param("2026-01-15T23:59:59", 28, "2026-02-12", id="at the end of that day"),
        pytest.param("2026-01-28T23:59:59", 28, "2026-02-25", id="on the last day"),
        pytest.param("2026-01-01T12:00", 28, "2026-01-29", id="on the day of the order"),
        pytest.param("2026-01-15T09:00", 42, "2026-02-26", id="for an account of 42 days"),
        pytest.param("2026-01-15T09:00", 7, "2026-01-29", id="never to an earlier date"),
        pytest.param("2026-01-15T09:00", 180, "2026-06-30", id="at most 180 days in all"),
    ],
)
def test_order_of_1_january_is_extended_to(on: str, days: int, expires_at: str) -> None:
    order = make_order(created_at=day("2026-01-01T08:00"))
    assert extended(order, day(on), days) == day(expires_at)


def test_second_extension_on_the_same_day_changes_nothing() -> None:
    order = make_order(created_at=day("2026-01-01"))
    once = drive(order, ExtendAuthorizationTime(), now=day("2026-01-15T09:00"))
    assert extended(once, day("2026-01-15T18:00")) == once.expires_at


def test_extensions_end_180_days_after_the_order() -> None:
    order = make_order(created_at=day("2026-01-01"))
    now = order.created_at
    for _ in range(12):
        now += timedelta(days=20)
        if now < order.expires_at:
            order = drive(order, ExtendAuthorizationTime(), now=now)
    assert order.expires_at == day("2026-06-30")


@given(st.integers(0, 27), st.integers(1, 180))
def test_extension_never_moves_the_expiry_to_an_earlier_date(
    waited: int,
    days: int,
) -> None:
    order = make_order(created_at=day("2026-01-01"))
    later = extended(order, order.created_at + timedelta(days=waited), days)
    assert order.expires_at <= later <= order.created_at + timedelta(days=180)


@pytest.mark.parametrize(
    ("order", "cause"),
    [
        pytest.param(
            make_order(payment_method=paid_by("CARD")),
            "Orders paid by CARD cannot be extended.",
            id="a card",
        ),
        *(
            pytest.param(
                make_order(purchase_country=country),
                f"Orders in {country} cannot be extended.",
                id=country,
            )
            for country in ("ES", "FR", "IT", "PT")
        ),
        pytest.param(
            make_order(created_at=day("2025-09-24T23:59:59")),
            "Orders created before 2025-09-25 cannot be extended.",
            id="an order from before extensions were offered",
        ),
        *(
            pytest.param(
                make_order(created_at=day("2025-10-01"), expires_at=day(expiry)),
                "The authorization expires in 90 days or more.",
                id=f"an expiry on {expiry}",
            )
            for expiry in ("2026-01-08", "2026-01-09")
        ),
    ],
)
def test_extension_is_not_offered_for(order: Order, cause: str) -> None:
    with pytest.raises(Refusal) as refused:
        extended(order, day("2025-10-10T12:00"))
    assert refused.value.reason is Reason.EXTENSION_NOT_OFFERED
    assert refused.value.message == f"{cause} Authorization time cannot be extended."


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"created_at": day("2025-09-25")}, id="the first day of extensions"),
        pytest.param({"expires_at": day("2026-01-07")}, id="an expiry 89 days away"),
        pytest.param({"purchase_country": "DE"}, id="another country"),
        pytest.param({"payment_method": paid_by("PAY_IN_X")}, id="paying in parts"),
    ],
)
def test_extension_is_offered_for(facts: dict[str, Any]) -> None:
    order = make_order(**{"created_at": day("2025-10-01"), **facts})
    assert extended(order, day("2025-10-10"), days=99) == day("2026-01-17")


@pytest.mark.parametrize(
    "method",
    [
        "ACCOUNT",
        "BANK_TRANSFER",
        "DEFERRED_INTEREST",
        "DIRECT_DEBIT",
        "FIXED_AMOUNT",
        "FIXED_SUM_CREDIT",
        "INVOICE",
        "INVOICE_BUSINESS",
        "PAY_IN_X",
        "PAY_LATER_IN_PARTS",
    ],
)
def test_due_date_extension_is_offered_for_klarna_payments(method: str) -> None:
    order = make_order(payment_method=paid_by(method))
    assert extended(order, day("2026-01-15")) == day("2026-02-12")


def test_due_date_options_match_the_documented_rule() -> None:
    assert DUE_DATE_OPTIONS == {14: 1900, 30: 2900, 60: 4900}


def test_payment_method_is_checked_before_due_date_days() -> None:
    card = make_order(payment_method=paid_by("CARD"))
    check_due_date_extendable(make_order(), Operation.GET_EXTEND_DUE_DATE_OPTIONS)
    with pytest.raises(Refusal) as refused:
        check_due_date_extendable(card, Operation.GET_EXTEND_DUE_DATE_OPTIONS)
    assert refused.value.operation is Operation.GET_EXTEND_DUE_DATE_OPTIONS
    assert refused.value.reason is Reason.DUE_DATE_NOT_OFFERED
