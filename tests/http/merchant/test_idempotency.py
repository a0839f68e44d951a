import asyncio
from collections.abc import Callable

import pytest

from mockserver.domain.operation import OPERATIONS, Operation, OperationInfo
from tests.support.merchant import Merchant, Reply, line, with_key
from tests.support.request_examples import BODIES, order_for

Op = Operation
CHANGES = [row for row in OPERATIONS if row.method != "GET"]
KEY = with_key("6a1c0c9e")
OWN = {"Klarna-Correlation-Id", "Transaction-Id", "Mock-Replayed", "Mock-Hint", "Date"}


def comparable(response: Reply) -> tuple[int, list[tuple[str, str]]]:
    """Return status and headers, without the ids of this exchange."""
    return response.status, [header for header in response.headers if header[0] not in OWN]


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row.operation)
async def test_known_key_replays_the_response_without_effect(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    await merchant.make_order(order_for(row.operation))
    body = BODIES[row.operation] if row.schema else None
    first = await merchant.do(row.operation, body, headers=KEY)
    assert "Mock-Replayed" not in first.header_names
    async with merchant.nothing_changes():
        second = await merchant.do(row.operation, body, headers=KEY)
    assert comparable(second) == comparable(first)
    assert second.header("Mock-Replayed") == "true"


async def test_known_key_with_another_body_is_replayed_and_reported(
    shipping_merchant: Merchant,
) -> None:
    first = await shipping_merchant.refund(100, key="k")
    async with shipping_merchant.nothing_changes():
        second = await shipping_merchant.refund(200, key="k")
    assert second.header("Refund-Id") == first.header("Refund-Id")
    note = "true; the request differs from the first one"
    assert second.header("Mock-Replayed") == note


async def test_json_formatting_does_not_change_a_body(shipping_merchant: Merchant) -> None:
    one = b'{"refunded_amount":5,"description":"","order_lines":[],"reference":"7","x":1}'
    two = b'{ "reference": 7, "refunded_amount": 5.0 }'
    await shipping_merchant.do(Op.REFUND, one, headers=KEY)
    second = await shipping_merchant.do(Op.REFUND, two, headers=KEY)
    assert second.header("Mock-Replayed") == "true"


async def test_20_concurrent_refunds_with_one_key_are_one_refund(
    shipping_merchant: Merchant,
) -> None:
    requests = [shipping_merchant.refund(100, line("A12345", 100), key="k") for _ in range(20)]
    responses = await asyncio.gather(*requests)
    assert {response.status for response in responses} == {201}
    assert len({response.header("Refund-Id") for response in responses}) == 1
    assert sum("Mock-Replayed" in response.header_names for response in responses) == 19
    order = await shipping_merchant.read()
    assert (len(order["refunds"]), order["refunded_amount"]) == (1, 100)


async def test_20_concurrent_captures_never_exceed_the_order(merchant: Merchant) -> None:
    responses = await asyncio.gather(*(merchant.capture(3000) for _ in range(20)))
    assert sorted(response.status for response in responses) == [201] * 6 + [403] * 14
    order = await merchant.read()
    assert (order["captured_amount"], order["remaining_authorized_amount"]) == (18000, 2000)
    assert len({capture["klarna_reference"] for capture in order["captures"]}) == 6


@pytest.mark.parametrize("keys", [(None, None), ("one", "two")])
async def test_two_captures_without_one_key_are_two_captures(
    merchant: Merchant,
    keys: tuple[str | None, str | None],
) -> None:
    responses = [await merchant.capture(100, key=key) for key in keys]
    assert len({response.header("Capture-Id") for response in responses}) == 2
    assert len((await merchant.read())["captures"]) == 2


async def test_empty_key_is_no_key(merchant: Merchant) -> None:
    for _ in range(2):
        await merchant.do(
            Op.CAPTURE,
            {"captured_amount": 1},
            headers={"Klarna-Idempotency-Key": ""},
        )
    assert len((await merchant.read())["captures"]) == 2


async def test_key_counts_for_one_operation_on_one_order(merchant: Merchant) -> None:
    await merchant.make_order(order_for(Op.REFUND))
    await merchant.capture(100, key="k")
    refund = await merchant.refund(100, key="k")
    await merchant.make_order()
    other = await merchant.capture(100, key="k")
    assert (refund.status, other.status) == (201, 201)
    assert "Mock-Replayed" not in refund.header_names | other.header_names


async def test_keys_of_two_merchants_are_independent(
    merchant: Merchant,
    new_merchant: Callable[..., Merchant],
) -> None:
    other = new_merchant()
    await other.make_order()
    responses = [await item.capture(100, key="k") for item in (merchant, other)]
    assert len({response.header("Capture-Id") for response in responses}) == 2


async def test_refusal_is_replayed_for_its_key(merchant: Merchant) -> None:
    first = await merchant.refund(100, key="k")
    await merchant.capture(100)
    second = await merchant.refund(100, key="k")
    assert (first.status, second.status) == (403, 403)
    assert first.json["error_messages"] == second.json["error_messages"]
    assert second.json["correlation_id"] == second.header("Klarna-Correlation-Id")
    assert second.json["correlation_id"] != first.json["correlation_id"]
    assert second.header("Mock-Replayed") == "true"


async def test_refusal_replay_is_switchable(
    serve: Callable[..., str],
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant(serve(idempotent_errors="decided_again"))
    await merchant.make_order()
    first = await merchant.refund(100, key="k")
    await merchant.capture(100)
    second = await merchant.refund(100, key="k")
    assert (first.status, second.status) == (403, 201)


@pytest.mark.parametrize("body", [b"{", b'{"captured_amount":-1}'])
async def test_key_of_an_unparsable_request_stays_unused(
    merchant: Merchant,
    body: bytes,
) -> None:
    await merchant.do(Op.CAPTURE, body, headers=KEY)
    response = await merchant.do(Op.CAPTURE, {"captured_amount": 1}, headers=KEY)
    assert response.status == 201
    assert "Mock-Replayed" not in response.header_names


@pytest.mark.parametrize("body", [b"{bad", b"{}", b'{"refunded_amount": "x"}'])
async def test_known_key_is_replayed_even_for_an_invalid_body(
    shipping_merchant: Merchant,
    body: bytes,
) -> None:
    first = await shipping_merchant.refund(100, key="k")
    second = await shipping_merchant.do(Op.REFUND, body, headers=with_key("k"))
    assert second.header("Refund-Id") == first.header("Refund-Id")
    assert second.header("Mock-Replayed").startswith("true; the request differs")


async def test_invalid_body_leaves_its_key_unused(
    shipping_merchant: Merchant,
) -> None:
    refused = await shipping_merchant.do(Op.REFUND, b"{}", headers=KEY)
    assert refused.status == 422
    accepted = await shipping_merchant.do(Op.REFUND, b'{"refunded_amount": 1}', headers=KEY)
    assert accepted.status == 201
    assert "Mock-Replayed" not in accepted.header_names
