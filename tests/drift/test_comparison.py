"""Compare a predicted response with a received one."""

import json

import pytest

from mockserver.drift.comparison import compare
from mockserver.drift.exchanges import RecordedExchange
from mockserver.http_client import HttpResponse


def response(body: dict[str, object]) -> RecordedExchange:
    return RecordedExchange("GET /", HttpResponse(200, {}, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("seen", "difference"),
    [
        ({"status": "captured", "order_amount": 1}, ("body.status", "form")),
        ({"status": "CANCELLED", "order_amount": 1}, ("body.status", "value")),
        ({"order_amount": 1, "status": "CAPTURED"}, ("body: order of keys", "form")),
        (
            {"status": "CAPTURED", "order_amount": 1, "billing": {}},
            ("body.billing", "unknown_field"),
        ),
    ],
)
def test_differences_of_form_and_of_value_have_different_kinds(
    seen: dict[str, object], difference: tuple[str, str]
) -> None:
    predicted = response({"status": "CAPTURED", "order_amount": 1})
    differences = [*compare(predicted, response(seen), {}, {})]
    assert [(d.place, d.kind) for d in differences] == [difference]


def test_lists_of_another_length_are_counted() -> None:
    differences = [*compare(response({"captures": []}), response({"captures": [1]}), {}, {})]
    assert [(d.predicted, d.seen) for d in differences] == [("0 items", "1 item")]
