"""The ``Mock-…`` headers of merchant responses."""

from collections.abc import Callable

import pytest

from mockserver.domain.operation import OPERATIONS, Operation, OperationInfo
from tests.support.merchant import SHIPPED, Merchant, line
from tests.support.request_examples import BODIES, order_for

Op = Operation
LONGEST = 1000


async def test_mock_reason_has_the_reason_and_its_facts(merchant: Merchant) -> None:
    response = await merchant.capture(20001)
    assert response.header("Mock-Reason") == (
        "capture_exceeds_remaining; requested=20001; remaining=20000; captured=0;"
        " order_amount=20000"
    )


async def test_mock_reason_lists_the_paths_of_invalid_fields(merchant: Merchant) -> None:
    body = {"captured_amount": 1, "order_lines": [line("A", 1), {**line("B", 1), "name": 1}]}
    response = await merchant.do(Op.CAPTURE, body)
    assert response.header("Mock-Reason") == "invalid_fields; paths=order_lines/1/name"


ALLOCATIONS = {
    "found": ((10000, [line("B24680", 10000)]), "allocated; capture_id={B}"),
    "no lines": (
        (5, []),
        "not_attempted; Send order_lines with the references of the returned articles.",
    ),
    "misspelt": (
        (10000, [line("B2468O", 10000)]),
        "failed; references_in_one_capture; Change reference 'B2468O' to 'B24680'.",
    ),
}


@pytest.mark.parametrize("case", ALLOCATIONS)
async def test_mock_allocation_describes_the_allocation(merchant: Merchant, case: str) -> None:
    await merchant.make_order(SHIPPED)
    (amount, lines), expected = ALLOCATIONS[case]
    response = await merchant.refund(amount, *lines)
    second = merchant.order["captures"][1]["capture_id"]
    assert response.header("Mock-Allocation") == expected.format(B=second)


NASTY = {
    "a line break": "a\r\nX-Injected: 1",
    "an emoji": "😀",
    "many emojis": "😀" * 255,
    "accents": "Åre é ß",
    "a zero": "a\x00b",
    "an escape": "\x1b[31mred",
    "a delete": "a\x7fb",
    "unicode's own line ends": "a\u2028b\u0085c",
    "a backslash": r"a\b",
    "right to left": "\u202eabc",
}


@pytest.mark.parametrize("case", NASTY)
async def test_any_reference_fits_into_one_line_of_printable_ascii(
    shipping_merchant: Merchant,
    case: str,
) -> None:
    response = await shipping_merchant.refund(5, line(NASTY[case], 5))
    assert response.status == 201
    value = response.header("Mock-Allocation")
    assert value.startswith("failed; references_in_one_capture; Reference ")
    assert value.isascii()
    assert value.isprintable()
    assert len(value) <= LONGEST
    assert "X-Injected" not in response.header_names
    refund = (await shipping_merchant.read())["refunds"][0]
    assert refund["order_lines"][0]["reference"] == NASTY[case]


@pytest.mark.parametrize("path", ["/%0D%0AX-Injected:%201", "/%00", "/%F0%9F%98%80", "/%1B"])
async def test_any_path_fits_into_one_line_of_printable_ascii(
    merchant: Merchant,
    path: str,
) -> None:
    response = await merchant.send("GET", path)
    assert response.status == 404
    assert response.header("Mock-Reason").startswith("unknown_path; path=/")
    assert response.header("Mock-Reason").isascii()
    assert response.header("Mock-Reason").isprintable()
    assert "X-Injected" not in response.header_names


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
async def test_mock_headers_can_be_switched_off(
    serve: Callable[..., str],
    new_merchant: Callable[..., Merchant],
    row: OperationInfo,
) -> None:
    merchant = new_merchant(serve(mock_headers=False))
    await merchant.make_order(order_for(row.operation))
    body = BODIES[row.operation] if row.schema else None
    headers = {"Klarna-Idempotency-Key": "k"} if row.method != "GET" else None
    responses = [
        await merchant.do(row.operation, body, headers=headers),
        await merchant.do(row.operation, body, headers=headers),
        await merchant.do(row.operation, body, order_id="unknown"),
    ]
    assert [response.status for response in responses[:2]] == [row.success] * 2
    assert responses[2].status >= 400
    names = set().union(*(answer.header_names for answer in responses))
    assert not [name for name in names if name.startswith("Mock-")]
