from typing import Any

import pytest

from mockserver.domain.assumptions import (
    ASSUMPTIONS,
    AssumptionError,
    Assumptions,
    switch_assumptions,
)

DEFAULTS = {
    "unallocated_refund": "oldest_first",
    "amount_only_refund": "not_attempted",
    "fee_only_refund": "amount_only",
    "return_fee_rules": "documented",
    "capture_capacity": "remaining",
    "fully_refunded_status": "CAPTURED",
    "capture_refunded_amount": "updated",
    "refund_reference": "shown",
    "repeated_cancel": "accepted",
    "rejected_order": "refused",
    "release_keeps_order_amount": True,
    "validation_error": "UNPROCESSABLE_ENTITY",
    "idempotency_scope": "operation",
    "idempotent_errors": "replayed",
    "deprecated_operations": "answer",
    "expired_part_captured": "EXPIRED",
    "authorization_days": 28,
    "expired_checkout": "empty_404",
    "completed_checkout_readable": "48h",
    "aborted_status": "checkout_incomplete",
    "bad_value_path": "bare",
    "bad_value_lists": "first",
    "tax_tolerance": 1,
    "country_echo": "lower",
    "event_country_case": "lower",
    "local_urls": "accepted",
    "locale_in_order": "follows_country",
    "shipping_price": "added_unless_callback",
    "street_parts": "joined",
    "required_checkboxes": "enforced",
    "push_schedule": "offsets",
    "push_timeout": 5,
    "order_visible_after": 0,
    "callback_timeout": 10,
    "push_after_acknowledge": "none",
    "push_stops_on": "acknowledge",
    "validation_other_status": "by_option",
    "redirect_without_location": "goes_on",
    "token_order_redirect_url": "left_out",
    "webhook_schedule": "svix_default",
    "webhook_id": "event_id",
    "order_created_at": "completion",
}


def test_agreed_assumptions_have_the_agreed_defaults() -> None:
    assert {name: row.default for name, row in ASSUMPTIONS.items()} == DEFAULTS


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_default_is_one_of_the_values(name: str) -> None:
    row = ASSUMPTIONS[name]
    assert row.default in row.meanings
    assert getattr(Assumptions(), name) == row.default


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_every_assumption_can_be_switched(name: str) -> None:
    row = ASSUMPTIONS[name]
    others = {*row.meanings, *row.allowed_numbers} - {row.default}
    assert others
    for value in others:
        assert getattr(switch_assumptions(Assumptions(), {name: value}), name) == value


def test_switching_keeps_earlier_switches() -> None:
    first = switch_assumptions(Assumptions(), {"authorization_days": 42})
    second = switch_assumptions(first, {"capture_capacity": "captured"})
    assert (second.authorization_days, second.capture_capacity) == (42, "captured")


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        pytest.param("authorization_days", "42", 42, id="a number written out"),
        pytest.param("authorization_days", 1, 1, id="the least number"),
        pytest.param("authorization_days", 180, 180, id="the greatest number"),
        pytest.param("release_keeps_order_amount", "False", False, id="a switch, capital"),
        pytest.param("release_keeps_order_amount", "true", True, id="a switch, small"),
        pytest.param("fully_refunded_status", "closed", "CLOSED", id="in small letters"),
    ],
)
def test_values_are_parsed_from_yaml_json_and_flags(
    name: str,
    written: object,
    value: object,
) -> None:
    parsed = getattr(switch_assumptions(Assumptions(), {name: written}), name)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        pytest.param(
            {"authorization_days": 0},
            "assumption 'authorization_days': expected an integer from 1 to 180, got 0",
            id="a number too small",
        ),
        pytest.param(
            {"authorization_days": 181},
            "assumption 'authorization_days': expected an integer from 1 to 180, got 181",
            id="a number too great",
        ),
        pytest.param(
            {"authorization_days": True},
            "assumption 'authorization_days': expected an integer from 1 to 180, got True",
            id="a switch for a number",
        ),
        pytest.param(
            {"release_keeps_order_amount": 1},
            "assumption 'release_keeps_order_amount': expected true or false, got 1",
            id="a number for a switch",
        ),
        pytest.param(
            {"capture_capacity": "left"},
            "assumption 'capture_capacity': expected remaining or captured, got 'left'",
            id="an unknown word",
        ),
        pytest.param(
            {"fully_refunded_status": "OPEN"},
            "assumption 'fully_refunded_status': expected CAPTURED or CLOSED, got 'OPEN'",
            id="an unknown status",
        ),
        pytest.param(
            {"capture_capacity": None},
            "assumption 'capture_capacity': expected remaining or captured, got None",
            id="nothing",
        ),
        pytest.param(
            {"capture_capasity": "captured"},
            "unknown assumption 'capture_capasity', did you mean 'capture_capacity'?",
            id="a misspelt name",
        ),
        pytest.param(
            {"x": 1},
            f"unknown assumption 'x', known: {', '.join(list(DEFAULTS)[:-22])} and 22 more",
            id="an unknown name",
        ),
    ],
)
def test_invalid_assumptions_are_refused_with_a_message(
    choices: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(AssumptionError) as refused:
        switch_assumptions(Assumptions(), choices)
    assert str(refused.value) == message
