"""The journal shows requests and responses: paged, bounded, masked, never credentials."""

from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from mockserver.sandbox.recordings import HIDDEN, MAX_BODY_BYTES
from tests.support.checkouts import CART
from tests.support.merchant import Merchant, line, with_key
from tests.support.problems import assert_problem

Op = Operation


async def latest(merchant: Merchant, query: str = "") -> dict[str, Any]:
    listed = (await merchant.control("GET", f"requests{query}")).json["requests"]
    entry: dict[str, Any] = listed[-1]
    return entry


async def test_entry_has_headers_and_bodies_of_both_messages(merchant: Merchant) -> None:
    body = b'{"captured_amount": 30000, "reference": "r"}'
    response = await merchant.do(Op.CAPTURE, body, headers=with_key("k-1"))
    entry = await latest(merchant)
    assert entry["request"]["body"] == body.decode()
    assert (entry["request"]["bytes"], entry["request"]["cut"]) == (len(body), False)
    assert entry["request"]["headers"]["Content-Type"] == "application/json"
    assert entry["response"]["body"] == response.body.decode()
    assert entry["response"]["headers"]["Klarna-Correlation-Id"] == entry["correlation_id"]
    assert entry["idempotency_key"] == "k-1"
    assert entry["took_ms"] >= 0


async def test_entry_names_the_created_capture(merchant: Merchant) -> None:
    response = await merchant.capture(100)
    assert (await latest(merchant))["created_id"] == response.header("Capture-Id")


async def test_credentials_are_never_shown(merchant: Merchant) -> None:
    headers = {"Cookie": "session=1", "X-Api-Key": "s3cret", "X-Shop-Token": "s3cret"}
    await merchant.do(Op.GET_ORDER, headers=headers)
    entry = await latest(merchant)
    shown = entry["request"]["headers"]
    names = ("Authorization", *headers)
    assert [shown[name] for name in names] == [HIDDEN] * len(names)
    path = f"requests/{entry['correlation_id']}?unmasked=true"
    unmasked = (await merchant.control("GET", path)).body
    assert b"s3cret" not in unmasked
    assert b"Basic " not in unmasked


ADDRESS = (
    b'{"shipping_address": {"given_name": "Ada \\"L\\"", "city": "Uppsala", "email": "a@b.se"'
)


@pytest.mark.unshared("only the replica that sent a response knows all of its headers")
@pytest.mark.parametrize("end", [b"}}", b"}", b", "], ids=["valid", "cut", "malformed"])
async def test_personal_data_is_masked_unless_asked_for(merchant: Merchant, end: bytes) -> None:
    await merchant.do(Op.UPDATE_CUSTOMER_DETAILS, ADDRESS + end)
    entry = await latest(merchant)
    assert "Uppsala" in entry["request"]["body"]
    assert "Ada" not in entry["request"]["body"]
    assert "a@b.se" not in entry["request"]["body"]
    path = f"requests/{entry['correlation_id']}"
    assert (await merchant.control("GET", path)).json == entry
    unmasked = (await merchant.control("GET", f"{path}?unmasked=true")).json
    assert unmasked["request"]["body"] == (ADDRESS + end).decode()


async def test_customer_is_masked_but_for_its_type(merchant: Merchant) -> None:
    await merchant.make_order(
        {"lines": [{"unit_price": 1}], "customer": {"type": "person", "vat_id": 5, "x": "y"}}
    )
    await merchant.do(Op.GET_ORDER)
    body = (await latest(merchant))["response"]["body"]
    assert '"type":"person"' in body
    assert '"vat_id":"masked","x":"masked"' in body


async def test_long_body_is_cut(merchant: Merchant) -> None:
    description = "x" * MAX_BODY_BYTES
    await merchant.do(Op.CAPTURE, {"captured_amount": 1, "description": description})
    message = (await latest(merchant))["request"]
    assert (len(message["body"]), message["cut"]) == (MAX_BODY_BYTES, True)
    assert message["bytes"] > MAX_BODY_BYTES


async def test_head_response_is_recorded_without_a_body(merchant: Merchant) -> None:
    await merchant.send("HEAD", merchant.path(Op.GET_ORDER))
    entry = await latest(merchant)
    assert (entry["method"], entry["response"]["body"]) == ("HEAD", "")


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        (b'{"captured_amount": 1, "captured_amount": 2}', ["captured_amount"]),
        (
            b'{"captured_amount": 1, "order_lines": [{"a": 1, "a": 2, "b": 3, "b": 4}]}',
            ["a", "b"],
        ),
        (b'{"captured_amount": 1}', []),
        (b'{"captured_amount": 1', []),
    ],
)
async def test_duplicate_json_keys_are_noted(
    merchant: Merchant, body: bytes, notes: list[str]
) -> None:
    await merchant.do(Op.CAPTURE, body)
    expected = [f"duplicate key '{key}': its last value counts" for key in notes]
    assert (await latest(merchant))["notes"] == expected


@pytest.mark.parametrize(
    ("operation", "body", "note"),
    [
        (
            Op.REFUND,
            {"refunded_amount": 1, "lines": []},
            "'lines' is ignored, did you mean 'order_lines'?",
        ),
        (
            Op.REFUND,
            {"refundedAmount": 1},
            "'refundedAmount' is ignored, did you mean 'refunded_amount'?",
        ),
        (
            Op.UPDATE_CUSTOMER_DETAILS,
            {"billing_address": {}},
            "'billing_address' is ignored, did you mean 'shipping_address'?",
        ),
    ],
)
async def test_ignored_fields_are_noted_with_the_closest_field(
    merchant: Merchant, operation: Op, body: object, note: str
) -> None:
    await merchant.do(operation, body)
    assert (await latest(merchant))["notes"] == [f"unknown field {note}"]


async def test_ignored_fields_of_a_checkout_order_are_noted(merchant: Merchant) -> None:
    await merchant.send("POST", CHECKOUTS_PATH, {**CART, "order_line": []})
    note = "unknown field 'order_line' is ignored, did you mean 'order_lines'?"
    assert (await latest(merchant))["notes"] == [note]


@pytest.mark.parametrize("body", [[], {"anything": 1}])
async def test_operations_without_a_body_note_no_field(
    merchant: Merchant, body: object
) -> None:
    await merchant.do(Op.ACKNOWLEDGE, body)
    assert (await latest(merchant))["notes"] == []


@pytest.fixture
async def reader(merchant: Merchant) -> Merchant:
    """A merchant with five reads in its journal, with the ids 1 to 5."""
    for _ in range(5):
        await merchant.do(Op.GET_ORDER)
    return merchant


# A query and the ids of the entries that it lists, in order.
PAGES: dict[str, list[int]] = {
    "": [1, 2, 3, 4, 5],
    "limit=2": [4, 5],
    "after=2": [3, 4, 5],
    "after=2&limit=2": [3, 4],
    "before=3": [1, 2],
    "before=4&limit=1": [3],
    "after=1&before=5": [2, 3, 4],
    "after=5": [],
    "view=row": [5, 4, 3, 2, 1],
    "view=row&limit=2": [5, 4],
    "view=row&after=3": [5, 4],
    "view=full&limit=1": [5],
    "since=2000-01-01T00:00:00Z": [1, 2, 3, 4, 5],
    "since=2999-01-01": [],
}


@pytest.mark.parametrize("query", PAGES)
async def test_list_is_paged_by_entry_id(reader: Merchant, query: str) -> None:
    page = (await reader.control("GET", f"requests?{query}")).json
    assert [entry["id"] for entry in page["requests"]] == PAGES[query]
    assert (page["total"], page["first"], page["last"]) == (5, 1, 5)


async def test_empty_journal_has_no_first_and_last(merchant: Merchant) -> None:
    await merchant.control("DELETE", "requests")
    page = (await merchant.control("GET", "requests")).json
    assert page == {"requests": [], "total": 0, "first": None, "last": None}


async def test_row_is_short(merchant: Merchant) -> None:
    await merchant.capture(99999)
    response = await merchant.control("GET", "requests?view=row")
    (row,) = response.json["requests"]
    assert (row["status"], row["reason"], row["outcome"]) == (
        403,
        "capture_exceeds_remaining",
        None,
    )
    assert len(response.body) < 500


async def test_row_has_the_outcome_of_a_refund(merchant: Merchant) -> None:
    await merchant.capture(10000)
    await merchant.refund(500)
    (row, _) = (await merchant.control("GET", "requests?view=row")).json["requests"]
    assert (row["outcome"], row["reason"]) == ("not_attempted", None)


async def test_await_waits_for_entries_after_an_id(reader: Merchant) -> None:
    none = (await reader.control("GET", "requests/await?after=5&timeout=1ms")).json
    assert none == {"satisfied": False, "requests": []}
    some = (await reader.control("GET", "requests/await?after=4&timeout=1ms")).json
    assert [entry["id"] for entry in some["requests"]] == [5]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "expected 1 to 10000 for 'limit', got '0'"),
        ("limit=x", "expected 1 to 10000 for 'limit', got 'x'"),
        ("after=-1", "expected an entry id for 'after', got '-1'"),
        ("before=x", "expected an entry id for 'before', got 'x'"),
        ("since=soon", "since: not a time: 'soon'"),
        ("view=rows", "unknown view 'rows', did you mean 'row'?"),
    ],
)
async def test_invalid_paging_is_refused(merchant: Merchant, query: str, detail: str) -> None:
    assert_problem(await merchant.control("GET", f"requests?{query}"), 422, detail)


async def test_invalid_unmasked_is_refused(reader: Merchant) -> None:
    correlation_id = (await latest(reader))["correlation_id"]
    response = await reader.control("GET", f"requests/{correlation_id}?unmasked=yes")
    assert_problem(response, 422, "expected true or false for 'unmasked', got 'yes'")


async def test_hints_on_a_capture_are_in_header_journal_and_text(merchant: Merchant) -> None:
    response = await merchant.capture(5000)
    entry = await latest(merchant)
    assert response.header("Mock-Hint") == " ".join(entry["hints"])
    assert entry["hints"][0].endswith("Send order_lines with the capture.")
    assert entry["text"].endswith(f"Hint: {entry['hints'][-1]}")


async def test_consistent_capture_has_no_hint(merchant: Merchant) -> None:
    response = await merchant.capture(3000, line("A12345", 3000))
    assert "Mock-Hint" not in response.header_names
    assert (await latest(merchant))["hints"] == []
