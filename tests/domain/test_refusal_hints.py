import pytest

from mockserver.domain.errors import ERROR_CATALOGUE, Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import UNKNOWN_FACT, Refusal
from mockserver.domain.refusal_hints import HINT_BY_REASON, refusal_hint
from tests.support.order_history import OrderHistory, Step


def hints_for(steps: list[Step], then: Step, **order: object) -> tuple[str, ...]:
    history = OrderHistory(order).run(steps)
    with pytest.raises(Refusal) as refused:
        history.run([then])
    return refusal_hint(refused.value)


@pytest.mark.parametrize(
    ("steps", "then", "order", "text"),
    [
        pytest.param(
            [{"capture": 3000}],
            {"capture": 7001},
            {},
            "At most 7000 can be captured.",
            id="a capture of too much",
        ),
        pytest.param(
            [{"capture": 3000}, {"refund": 1000}],
            {"refund": 2001},
            {},
            "At most 2000 can be refunded. Refunded so far: 1000 by refund 1 (change-2).",
            id="a refund of too much after another",
        ),
        pytest.param(
            [{"capture": 3000}],
            {"refund": 3001},
            {},
            "At most 3000 can be refunded.",
            id="a refund of too much",
        ),
        pytest.param(
            [{"capture": 8000}],
            {"update": 7000},
            {},
            "The new total must be at least 8000.",
            id="a total below what was captured",
        ),
        pytest.param(
            [],
            {"update": 10_001},
            {"paid_by": "CARD"},
            "At most 10000: the authorization of CARD orders cannot be raised.",
            id="a raise for a card",
        ),
        pytest.param(
            [],
            {"capture": 1},
            {"fraud_status": "PENDING"},
            "The fraud review is PENDING; once ACCEPTED it can be captured.",
            id="a capture during the review",
        ),
        pytest.param(
            [],
            {"capture": 1},
            {"fraud_status": "STOPPED"},
            "The fraud review is STOPPED; only ACCEPTED orders can be captured.",
            id="a capture after the review failed",
        ),
        pytest.param(
            [],
            {"address": {"city": "", "country": ""}},
            {},
            "city, country can be changed, but not cleared.",
            id="an address without a city",
        ),
        pytest.param(
            ["cancel"],
            "acknowledge",
            {},
            "Allowed while the order is AUTHORIZED or PART_CAPTURED or CAPTURED or CLOSED.",
            id="a status that does not allow it",
        ),
        pytest.param(
            [{"capture": 10_000}],
            {"capture": 1},
            {},
            "At most 0 can be captured.",
            id="a capture that its status refused before its amount could",
        ),
        pytest.param([{"wait": 14}], {"refund": 1}, {}, "", id="nothing is known to help"),
    ],
)
def test_refusal_hint_names_the_allowed_values(
    steps: list[Step],
    then: Step,
    order: dict[str, object],
    text: str,
) -> None:
    assert " ".join(hints_for(steps, then, **order)) == text


@pytest.mark.parametrize("reason", Reason)
def test_injected_refusal_has_no_hint(reason: Reason) -> None:
    assert refusal_hint(Refusal(reason, Operation.CAPTURE)) == ()
    unknown = {"status": UNKNOWN_FACT, "remaining": UNKNOWN_FACT}
    assert refusal_hint(Refusal(reason, Operation.CAPTURE, **unknown)) == ()


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (Refusal(Reason.METHOD_NOT_ALLOWED, allowed="GET, POST"), "Use GET, POST."),
        (
            Refusal(Reason.UNSUPPORTED_MEDIA_TYPE, media_type="text/plain"),
            "Send application/json instead of 'text/plain'.",
        ),
        (
            Refusal(Reason.UNSUPPORTED_ENCODING, content_encoding="br"),
            "Send gzip, deflate or identity instead of 'br'.",
        ),
    ],
)
def test_unroutable_requests_have_a_hint(
    refusal: Refusal,
    text: str,
) -> None:
    assert refusal_hint(refusal) == (text,)


def test_unknown_operation_has_no_hint() -> None:
    assert refusal_hint(Refusal(Reason.ORDER_CANCELLED, status="CANCELLED")) == ()


def test_every_hint_is_for_a_reason_of_the_catalogue() -> None:
    assert set(HINT_BY_REASON) <= {row.reason for row in ERROR_CATALOGUE}
