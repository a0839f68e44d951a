"""The rules behind ``BAD_VALUE``."""

from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import VALUE_RULES, check_values
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from tests.support.checkouts import CART, DEFAULT, EMPTY_CART, SHIRTS, URLS

LOCAL = {"local_urls": "refused"}


def messages(fields: dict[str, Any], **assume: Any) -> list[str]:  # noqa: ANN401
    """Return the messages of the refusal; an empty list where the values are good."""
    try:
        check_values(fields, Operation.CREATE_CHECKOUT, Assumptions(**assume))
    except Refusal as refusal:
        violations: list[str] = refusal.facts["violations"]  # type: ignore[assignment]
        return violations
    return []


def cart(**line: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**CART, "order_lines": [{**SHIRTS, **line}]}


def with_push(url: str) -> dict[str, Any]:
    return {**CART, "merchant_urls": {**URLS, "push": url}}


SALES_TAX = {
    "type": "sales_tax",
    "name": "Sales tax",
    "quantity": 1,
    "unit_price": 1700,
    "tax_rate": 0,
    "total_amount": 1700,
    "total_tax_amount": 0,
}
UNTAXED = {**SHIRTS, "tax_rate": 0, "total_tax_amount": 0}
GOOD = {
    "a cart": CART,
    "an empty cart": EMPTY_CART,
    "a discount on a line": {
        **cart(total_discount_amount=5000, total_amount=15000, total_tax_amount=3000),
        "order_amount": 15000,
        "order_tax_amount": 3000,
    },
    "a sales tax line": {
        **CART,
        "order_amount": 21700,
        "order_tax_amount": 1700,
        "order_lines": [UNTAXED, SALES_TAX],
    },
    "a line's tax off by one": {**cart(total_tax_amount=4001), "order_tax_amount": 4001},
    "a gift card without tax": {
        **CART,
        "order_amount": 15000,
        "order_lines": [
            SHIRTS,
            {**UNTAXED, "type": "gift_card", "quantity": 1, "unit_price": -5000,
             "total_amount": -5000},
        ],
    },
    "no merchant_urls": {k: v for k, v in CART.items() if k != "merchant_urls"},
    "localhost": with_push("http://localhost:8080/push"),
    "an address": with_push("http://[::1]:8080/push"),
}  # fmt: skip
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a sum one too high": ({**CART, "order_amount": 20001}, ["order_amount"]),
    "a sum one too low": ({**CART, "order_amount": 19999}, ["order_amount"]),
    "a tax sum off by one": ({**CART, "order_tax_amount": 4001}, ["order_tax_amount"]),
    "a line off by one": (
        {**cart(total_amount=20001), "order_amount": 20001}, ["total_amount"],
    ),
    "a discount not taken off": (cart(total_discount_amount=100), ["total_amount"]),
    "a line's tax off by two": (
        {**cart(total_tax_amount=4002), "order_tax_amount": 4002}, ["total_tax_amount"],
    ),
    "no URL": (
        with_push("push.php"), ["merchant_urls.push (must be a valid http or https URI)"],
    ),
    "another scheme": (
        with_push("ftp://shop.example/"),
        ["merchant_urls.push (must be a valid http or https URI)"],
    ),
    "half an address": (
        with_push("http://[::1/push"),
        ["merchant_urls.push (must be a valid http or https URI)"],
    ),
    "an unknown placeholder": (
        with_push("http://shop.example/{checkout.order.uri}"),
        ["merchant_urls.push (the only placeholder is {checkout.order.id})"],
    ),
    "a placeholder of another API": (
        with_push("http://shop.example/{{order_id}}"),
        ["merchant_urls.push (the only placeholder is {checkout.order.id})"],
    ),
    "no port": (
        with_push("http://shop.example:99999/push"),
        ["merchant_urls.push (must be a valid http or https URI)"],
    ),
    "a blank in an address": (
        with_push("http://shop.example/my push"),
        ["merchant_urls.push (must be a valid http or https URI)"],
    ),
    "a line break in an address": (
        with_push("http://shop.example/push\n"),
        ["merchant_urls.push (must be a valid http or https URI)"],
    ),
    "the first of several": (
        {**CART, "order_amount": 1, "order_tax_amount": 1}, ["order_amount"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_values_pass(name: str) -> None:
    assert messages(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_value_is_named_as_the_provider_does(name: str) -> None:
    fields, names = BAD[name]
    assert messages(fields) == [f"Bad value: {name}" for name in names]


def test_all_bad_values_are_listed_where_assumed() -> None:
    fields = {**cart(total_amount=1), "order_tax_amount": 1}
    assert messages(fields, bad_value_lists="all") == [
        f"Bad value: {name}"
        for name in ("total_amount", "total_tax_amount", "order_amount", "order_tax_amount")
    ]


def test_line_is_named_by_its_index_where_assumed() -> None:
    fields = {**CART, "order_lines": [SHIRTS, {**SHIRTS, "total_amount": 1}]}
    (message,) = messages(fields, bad_value_path="indexed")
    assert message == "Bad value: order_lines[1].total_amount"


def test_local_urls_are_refused_where_assumed() -> None:
    (message,) = messages(with_push("http://localhost/push"), **LOCAL)
    assert message == "Bad value: merchant_urls.push (must not be a local URI)"
    assert messages(CART, **LOCAL) == []


def test_tax_of_a_line_is_exact_where_assumed() -> None:
    fields = {**cart(total_tax_amount=4001), "order_tax_amount": 4001}
    assert messages(fields, tax_tolerance=0) == ["Bad value: total_tax_amount"]


def test_refusal_names_the_place_and_the_numbers() -> None:
    with pytest.raises(Refusal) as refused:
        check_values({**CART, "order_amount": 1}, Operation.CREATE_CHECKOUT, DEFAULT)
    assert refused.value.reason is Reason.BAD_VALUE
    facts = refused.value.facts
    assert (facts["paths"], facts["expected"], facts["actual"]) == ("order_amount", 20000, 1)


def test_every_rule_has_field_formula_and_source() -> None:
    assert all(rule.field and rule.formula and rule.source.source for rule in VALUE_RULES)
