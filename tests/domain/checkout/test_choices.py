"""Checkboxes of the merchant: what the shopper answers, and which must be ticked."""

from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.choices import ChoiceError
from mockserver.domain.checkout.completion import ShopperOutcome, attempt_checkout
from tests.support.builders import NOW
from tests.support.checkouts import DEFAULT, make_checkout, make_completion

GIFT = {"text": "A gift?", "checked": False, "required": False}
AGE = {"text": "Of age?", "checked": False, "required": True}
NEWS = {"id": "news", "text": "News?", "checked": False, "required": False}
TERMS = {"id": "terms", "text": "Terms?", "checked": False, "required": True}
AGREED = {**TERMS, "id": "agreed", "checked": True}


def answer(
    options: dict[str, Any],
    outcome: ShopperOutcome = ShopperOutcome.APPROVED,
    assumptions: Assumptions = DEFAULT,
    **answers: Any,  # noqa: ANN401  # keyword arguments of a Completion
) -> Checkout:
    checkout = make_checkout(options=options)
    return attempt_checkout(checkout, make_completion(outcome, **answers), NOW, assumptions)


@pytest.mark.parametrize(
    ("options", "answers", "requested"),
    [
        ({}, {}, None),
        ({"additional_checkbox": GIFT}, {}, {"additional_checkbox": False}),
        (
            {"additional_checkbox": GIFT},
            {"checkbox": True},
            {"additional_checkbox": True},
        ),
        (
            {"additional_checkboxes": [NEWS, AGREED]},
            {"checkboxes": {"news": True}},
            {
                "additional_checkboxes": [
                    {"id": "news", "checked": True},
                    {"id": "agreed", "checked": True},
                ]
            },
        ),
        (
            {"additional_checkbox": AGE, "additional_checkboxes": [TERMS]},
            {"checkbox": True, "checkboxes": {"terms": True}},
            {
                "additional_checkbox": True,
                "additional_checkboxes": [{"id": "terms", "checked": True}],
            },
        ),
    ],
    ids=["none", "single as sent", "single ticked", "list", "both"],
)
def test_checkbox_is_answered_by_the_shopper_or_stays_as_sent(
    options: dict[str, Any], answers: dict[str, Any], requested: dict[str, Any] | None
) -> None:
    assert answer(options, **answers).shopper.get("merchant_requested") == requested


@pytest.mark.parametrize(
    ("options", "answers", "message"),
    [
        (
            {"additional_checkboxes": [NEWS, AGREED]},
            {"checkboxes": {"nwes": True}},
            "no checkbox 'nwes'; the checkout has news, agreed",
        ),
        ({}, {"checkbox": True}, "the checkout has no options.additional_checkbox"),
        ({"additional_checkbox": AGE}, {}, 'complete with {"checkbox": true}'),
        (
            {"additional_checkbox": AGE},
            {"checkbox": False},
            "a required checkbox is not ticked",
        ),
        (
            {"additional_checkboxes": [NEWS, TERMS, AGREED]},
            {},
            'complete with {"checkboxes": {"terms": true}}',
        ),
        (
            {"additional_checkbox": AGE, "additional_checkboxes": [AGREED]},
            {"checkboxes": {"agreed": False}},
            'complete with {"checkbox": true, "checkboxes": {"agreed": true}}',
        ),
    ],
    ids=["unknown", "no single", "single", "single unticked", "list", "both"],
)
@pytest.mark.parametrize("outcome", [ShopperOutcome.APPROVED, ShopperOutcome.DECLINED])
def test_wrong_answer_is_an_error_that_names_a_right_one(
    outcome: ShopperOutcome, options: dict[str, Any], answers: dict[str, Any], message: str
) -> None:
    with pytest.raises(ChoiceError) as refused:
        answer(options, outcome, **answers)
    assert message in str(refused.value)


def test_shopper_may_leave_with_a_required_checkbox_unticked() -> None:
    left = answer({"additional_checkbox": AGE}, ShopperOutcome.ABANDONED)
    assert left.shopper["merchant_requested"] == {"additional_checkbox": False}


def test_switched_assumption_lets_a_required_checkbox_be_unticked() -> None:
    assumptions = Assumptions(required_checkboxes="ignored")
    paid = answer({"additional_checkbox": AGE}, assumptions=assumptions)
    assert paid.completed_at == NOW
