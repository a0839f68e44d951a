"""Recipes of responses that an assumption decides.

Where the response itself stays the same, the order is read afterwards and shows it.
"""

from collections.abc import Mapping

from mockserver.coverage.recipe import ORDER, UNKNOWN_ID, Recipe
from mockserver.coverage.refund_recipes import (
    FEE,
    FIRST_PARCEL,
    ONE_SHIRT,
    PART_BACK,
    WHOLE_ORDER,
    two_parcels,
)
from mockserver.scenario.spec import Spec

READ_ORDER: Spec = {"get_order": {"order": ORDER}}
CANCEL: Spec = {"cancel": {"order": ORDER}}
REFUSED: Spec = {"response": {"status": 403}}
IN_REVIEW: Spec = {"fraud_status": "PENDING"}

ASSUMPTION_RECIPES: Mapping[str, Recipe] = {
    "unallocated_refund": Recipe((*two_parcels({"amount": 1000}).steps, READ_ORDER)),
    "amount_only_refund": two_parcels({"amount": 1000}, {"lines": ["A"]}),
    "fee_only_refund": Recipe(
        (
            WHOLE_ORDER,
            {"refund": {"order": ORDER, "amount": 500, "lines": [FEE]}},
            {"refund": {"order": ORDER, "lines": ["A"]}},
        )
    ),
    "capture_capacity": two_parcels({"lines": ["A"]}, {"lines": ONE_SHIRT}),
    "return_fee_rules": Recipe(
        (
            FIRST_PARCEL,
            {
                "refund": {
                    "order": ORDER, "amount": 2900,
                    "lines": ["A", {**FEE, "unit_price": -100}],
                },
                **REFUSED,
            },
        )
    ),
    "fully_refunded_status": Recipe(
        (WHOLE_ORDER, {"refund": {"order": ORDER, "lines": ["A", "B"]}}, READ_ORDER)
    ),
    "capture_refunded_amount": Recipe((FIRST_PARCEL, PART_BACK, READ_ORDER)),
    "repeated_cancel": Recipe((CANCEL, CANCEL)),
    "rejected_order": Recipe(
        (
            {"force": {"order": ORDER, "outcome": "reject_fraud"}},
            {"capture": {"order": ORDER, "lines": ["A"]}, **REFUSED},
        ),
        order=IN_REVIEW,
    ),
    "release_keeps_order_amount": Recipe(
        (FIRST_PARCEL, {"release_remaining_authorization": {"order": ORDER}}, READ_ORDER)
    ),
    "validation_error": Recipe(
        ({"capture": {"order": ORDER, "body": {}}, "response": {"status": 422}},)
    ),
    "deprecated_operations": Recipe(
        (FIRST_PARCEL, {"trigger_send_out": {"order": ORDER, "capture": "first"}})
    ),
    "expired_part_captured": Recipe(
        (
            FIRST_PARCEL,
            {"advance": "60d"},
            {"capture": {"order": ORDER, "lines": ["B"]}, **REFUSED},
        )
    ),
    "expired_checkout": Recipe(
        ({"read_checkout": {"order": UNKNOWN_ID}, "response": {"status": 404}},), cart={}
    ),
    "country_echo": Recipe(({"read_checkout": {"order": ORDER}},), cart={}),
}  # fmt: skip
