"""Recipes of refusals that need a body, or an order, of their own."""

from collections.abc import Mapping

from mockserver.coverage.recipe import ORDER, Recipe
from mockserver.coverage.refund_recipes import FEE, FIRST_PARCEL, ONE_LINE
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation

REFUSAL_RECIPES: Mapping[tuple[Operation, Reason], Recipe] = {
    (Operation.UPDATE_AUTHORIZATION, Reason.AUTHORIZATION_BELOW_CAPTURED): Recipe(
        (FIRST_PARCEL, {"update_authorization": {"amount": 1000, "lines": [ONE_LINE]}})
    ),
    (Operation.UPDATE_AUTHORIZATION, Reason.RAISE_NOT_OFFERED): Recipe(
        ({"update_authorization": {"amount": 11000, "lines": ["A", "B", ONE_LINE]}},),
        order={"payment_method": "CARD"},
    ),
    (Operation.UPDATE_CUSTOMER_DETAILS, Reason.INVALID_ADDRESS): Recipe(
        ({"update_customer_details": {"shipping_address": {"city": ""}}},)
    ),
    (Operation.EXTEND_AUTHORIZATION_TIME, Reason.EXTENSION_NOT_OFFERED): Recipe(
        ({"extend_authorization_time": {}},), country="FR"
    ),
    (Operation.CAPTURE, Reason.CAPTURE_EXCEEDS_REMAINING): Recipe(
        ({"capture": {"amount": 10001}},)
    ),
    (Operation.CAPTURE, Reason.FRAUD_REVIEW_PENDING): Recipe(
        ({"capture": {"lines": ["A"]}},), order={"fraud_status": "PENDING"}
    ),
    (Operation.CAPTURE, Reason.FRAUD_REVIEW_FAILED): Recipe(
        (
            {"force": {"order": ORDER, "outcome": "reject_fraud"}},
            {"capture": {"lines": ["A"]}},
        ),
        order={"fraud_status": "PENDING"},
    ),
    (Operation.EXTEND_DUE_DATE, Reason.DUE_DATE_NOT_OFFERED): Recipe(
        (FIRST_PARCEL, {"extend_due_date": {"capture": "first", "number_of_days": 14}}),
        order={"payment_method": "CARD"},
    ),
    (Operation.GET_EXTEND_DUE_DATE_OPTIONS, Reason.DUE_DATE_NOT_OFFERED): Recipe(
        (FIRST_PARCEL, {"get_extend_due_date_options": {"capture": "first"}}),
        order={"payment_method": "CARD"},
    ),
    (Operation.REFUND, Reason.REFUND_EXCEEDS_CAPTURED): Recipe(
        (FIRST_PARCEL, {"refund": {"amount": 3001}})
    ),
    (Operation.REFUND, Reason.RETURN_FEE_NOT_OFFERED): Recipe(
        (
            FIRST_PARCEL,
            {"refund": {"amount": 2900, "lines": ["A", {**FEE, "unit_price": -100}]}},
        )
    ),
}
"""Their steps name no order: the recipe of the refusal adds it."""
