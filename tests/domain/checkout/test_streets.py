"""Streets in one line and in parts."""

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.completion import attempt_checkout, build_completed_order
from mockserver.domain.checkout.streets import join_street, replace_address_fields
from tests.support.builders import NOW
from tests.support.checkouts import make_checkout, make_completion

LINE = {"street_address": "Ringstraße 5"}
PARTS = {"street_name": "Hauptstraße", "street_number": "12", "house_extension": "b"}


@pytest.mark.parametrize(
    ("address", "entered", "result"),
    [
        (LINE, PARTS, PARTS),
        (PARTS, LINE, LINE),
        (PARTS, {"street_name": "Dorf"}, {"street_name": "Dorf"}),
        (PARTS, {"street_number": "14"}, {**PARTS, "street_number": "14"}),
        ({**LINE, **PARTS}, {"street_number": "14"}, {**PARTS, "street_number": "14"}),
        (LINE, {"city": "Köln"}, {**LINE, "city": "Köln"}),
        (LINE, {"street_name": ""}, {**LINE, "street_name": ""}),
        ({}, {**LINE, **PARTS}, {**LINE, **PARTS}),
    ],
    ids=["parts", "line", "name", "one part", "joined line", "no street", "nothing", "both"],
)
def test_street_in_one_form_replaces_one_in_the_other(
    address: dict[str, str], entered: dict[str, str], result: dict[str, str]
) -> None:
    assert replace_address_fields(address, entered) == result


@pytest.mark.parametrize(
    ("address", "street"),
    [
        (PARTS, "Hauptstraße 12 b"),
        ({"street_name": "Dorf"}, "Dorf"),
        ({**PARTS, **LINE}, "Ringstraße 5"),
        ({"city": "Köln"}, None),
    ],
    ids=["all parts", "one part", "both forms", "no street"],
)
def test_parts_are_joined_unless_there_is_a_line(
    address: dict[str, str], street: str | None
) -> None:
    assert join_street(address).get("street_address") == street


@pytest.mark.parametrize(
    ("street_parts", "street"), [("joined", "Hauptstraße 12 b"), ("kept", None)]
)
def test_order_has_a_joined_street_by_the_assumption(
    street_parts: str, street: str | None
) -> None:
    assumptions = Assumptions(street_parts=street_parts)
    completion = make_completion(billing_address=PARTS, shipping_address={})
    checkout = attempt_checkout(make_checkout(), completion, NOW, assumptions)
    order = build_completed_order(checkout, completion, "1VHSHK1Q", assumptions)
    assert order is not None
    line = {"street_address": street} if street else {}
    assert order.billing_address == line
    assert checkout.shopper["billing_address"] == {**PARTS, **line}
