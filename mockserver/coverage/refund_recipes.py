"""Recipes of refunds: their outcomes, their conditions, and where they are booked."""

from collections.abc import Mapping

from mockserver.coverage.recipe import ORDER, Recipe
from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.scenario.spec import Spec

ONE_LINE: Spec = {
    "reference": "C", "name": "Socks", "quantity": 1, "unit_price": 1000, "total_amount": 1000,
}  # fmt: skip
FEE: Spec = {"type": "return_fee", "reference": "fee", "name": "Fee", "unit_price": 0}

FIRST_PARCEL: Spec = {"capture": {"order": ORDER, "lines": ["A"], "name": "first"}}
WHOLE_ORDER: Spec = {"capture": {"order": ORDER, "lines": ["A", "B"], "name": "first"}}
SECOND_PARCEL: Spec = {"capture": {"order": ORDER, "lines": ["B"]}}
PART_BACK: Spec = {
    "refund": {"order": ORDER, "lines": [{"reference": "A", "quantity": 1}], "name": "back"}
}


def two_parcels(*refunds: Spec, faults: Mapping[str, Spec] | None = None) -> Recipe:
    """Return the recipe of refunds on an order that was shipped in two parcels."""
    steps = ({"refund": {"order": ORDER, **refund}} for refund in refunds)
    return Recipe((FIRST_PARCEL, SECOND_PARCEL, *steps), faults or {})


OUTCOME_RECIPES: Mapping[str, Recipe] = {
    AllocationOutcome.ALLOCATED: two_parcels({"lines": ["A"]}),
    AllocationOutcome.FAILED: two_parcels({"amount": 2999, "lines": ["A"]}),
    AllocationOutcome.NOT_ATTEMPTED: two_parcels({"amount": 1000}),
}
CONDITION_RECIPES: Mapping[str, Recipe] = {
    "no_earlier_failure": two_parcels({"amount": 2999, "lines": ["A"]}, {"lines": ["B"]}),
    "lines_add_up": two_parcels({"amount": 2999, "lines": ["A"]}),
    "references_in_one_capture": two_parcels({"lines": [ONE_LINE]}),
    "fits_capture": two_parcels(
        {"lines": [{"reference": "A", "name": "T-shirt", "unit_price": 4000}]}
    ),
    "no_injected_failure": two_parcels(
        {"lines": ["A"]}, faults={"fault": {"on": "refund", "do": {"fail_allocation": True}}}
    ),
}
ONE_SHIRT = [{"reference": "A", "quantity": 1}]
REFUND_RECIPES: Mapping[str, Recipe] = {
    "several_captures": two_parcels({"lines": ["A"]}),
    "later_capture": two_parcels({"lines": ["B"]}),
    "ambiguous": Recipe(
        (
            {"capture": {"order": ORDER, "lines": ONE_SHIRT}},
            {"capture": {"order": ORDER, "lines": ONE_SHIRT}},
            {"refund": {"order": ORDER, "lines": ONE_SHIRT}},
        )
    ),
    "only_fees": Recipe(
        (WHOLE_ORDER, {"refund": {"order": ORDER, "amount": 500, "lines": [FEE]}})
    ),
}
