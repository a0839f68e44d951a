"""The control API: health, orders, explanations and dry runs."""

from collections.abc import Callable
from typing import Any

import pytest

from mockserver import __version__
from mockserver.domain import decision
from mockserver.domain.operation import Operation
from mockserver.http.control import orders
from mockserver.sandbox import sandbox
from mockserver.schemas import get_schema
from tests.support.merchant import SHIPPED, SNEAKERS_BACK, UNKNOWN_ID, Merchant, Reply, line

Op = Operation
EXPLANATION = {
    "outcome", "capture_id", "booked", "conditions", "nearest", "ambiguous", "candidates",
    "assumptions", "hints", "text",
}  # fmt: skip
CONDITIONS = [
    "no_earlier_failure",
    "lines_add_up",
    "references_in_one_capture",
    "fits_capture",
]
MISSPELT = {"refunded_amount": 10000, "order_lines": [line("B2468O", 10000)]}


def assert_problem_document(response: Reply, status: int) -> dict[str, Any]:
    """Assert that a response is a problem document; return it."""
    assert response.status == status
    assert response.header("Content-Type") == "application/problem+json"
    page: dict[str, Any] = response.json
    assert {"type", "title", "status", "detail"} <= page.keys()
    assert page["status"] == status
    assert page["detail"]
    return page


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/__admin/health"])
async def test_health_needs_no_credentials(merchant: Merchant, path: str) -> None:
    async with merchant.session.get(merchant.url + path) as response:
        page = await response.json()
        assert response.status == 200
    assert (page["status"], page["version"]) == ("ok", __version__)
    assert page["uptime"] >= 0
    assert page["sandboxes"] >= 1


async def test_first_merchant_request_creates_the_default_sandbox(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    missing = await merchant.send("GET", f"/__admin/sandboxes/{merchant.user}")
    assert merchant.user in assert_problem_document(missing, 404)["detail"]
    await merchant.send("GET", "/ordermanagement/v1/orders/none")
    (order,) = (await merchant.control("GET", "orders")).json["orders"]
    assert (order["name"], order["status"], order["order_amount"]) == (
        "fresh",
        "AUTHORIZED",
        20000,
    )
    response = await merchant.send("GET", f"/__admin/sandboxes/{merchant.user}")
    assert (response.status, response.json["name"], response.json["orders"]) == (
        200,
        merchant.user,
        1,
    )


async def test_sandbox_requests_are_counted(merchant: Merchant) -> None:
    for _ in range(3):
        await merchant.do(Op.GET_ORDER)
    listed = (await merchant.send("GET", "/__admin/sandboxes")).json["sandboxes"]
    (own,) = [item for item in listed if item["name"] == merchant.user]
    assert own["requests"] == 3


async def test_create_order_returns_the_merchant_json(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    order_id = "7ce4ee13-973c-6f49-a30e-85a0bc675997"
    await merchant.make_order({**SHIPPED, "order_id": order_id, "name": "mine"})
    assert get_schema("responses/order.schema.json").is_valid(merchant.order)
    assert merchant.order_id == order_id
    assert await merchant.read() == merchant.order


async def test_order_is_found_by_id_and_by_name(merchant: Merchant) -> None:
    await merchant.make_order({**SHIPPED, "name": "mine"})
    by_name = await merchant.control("GET", "orders/mine")
    by_id = await merchant.control("GET", f"orders/{merchant.order_id}")
    assert by_name.body == by_id.body
    assert by_name.json["order"] == await merchant.read()


async def test_inner_view_explains_every_refund_in_order(
    shipping_merchant: Merchant,
) -> None:
    await shipping_merchant.make_order({**SHIPPED, "name": "shipped"})
    for body in (SNEAKERS_BACK, {"refunded_amount": 5}, MISSPELT | {"refunded_amount": 1}):
        await shipping_merchant.do(Op.REFUND, body)
    inner = (
        await shipping_merchant.control("GET", f"orders/{shipping_merchant.order_id}")
    ).json
    assert set(inner) == {
        "order", "allocations", "ledger", "lines", "timeline", "timeline_text",
    }  # fmt: skip
    verdicts = [allocation["outcome"] for allocation in inner["allocations"]]
    assert verdicts == ["allocated", "not_attempted", "failed"]
    keys = EXPLANATION | {
        "refund_id", "number", "reference", "amount", "at", "correlation_id",
    }  # fmt: skip
    assert all(set(allocation) == keys for allocation in inner["allocations"])
    assert [allocation["number"] for allocation in inner["allocations"]] == [1, 2, 3]
    refund_ids = [allocation["refund_id"] for allocation in inner["allocations"]]
    assert refund_ids == [refund["refund_id"] for refund in inner["order"]["refunds"]]
    sneakers = next(item for item in inner["lines"] if item["reference"] == "B24680")
    assert (sneakers["captured_amount"], sneakers["left_amount"]) == (10_000, 0)
    assert inner["ledger"]
    assert [event["at"] for event in inner["timeline"]] == sorted(
        event["at"] for event in inner["timeline"]
    )


async def test_allocations_name_refund_number_reference_and_request(
    shipping_merchant: Merchant,
) -> None:
    merchant = shipping_merchant
    await merchant.make_order({**SHIPPED, "refunds": {"seeded": {"amount": 1}}})
    body = {**SNEAKERS_BACK, "refunded_amount": 9999, "reference": "RMA-7"}
    response = await merchant.do(Op.REFUND, body)
    seeded, sent = (await merchant.control("GET", f"orders/{merchant.order_id}")).json[
        "allocations"
    ]
    assert (seeded["number"], seeded["correlation_id"]) == (1, None)
    assert {key: sent[key] for key in ("number", "refund_id", "reference", "amount")} == {
        "number": 2,
        "refund_id": response.header("Refund-Id"),
        "reference": "RMA-7",
        "amount": 9999,
    }
    assert sent["correlation_id"] == response.header("Klarna-Correlation-Id")


async def test_timeline_names_movement_request_and_fault_in_order(merchant: Merchant) -> None:
    await merchant.control("POST", "clock", {"freeze": True})
    await merchant.capture(30000)
    capture = await merchant.capture(10000)
    fault = {"id": "slow", "on": "refund", "do": {"respond_after": {"status": 503}}}
    await merchant.control("POST", "faults", fault)
    refund = await merchant.refund(500)
    await merchant.do(Op.ACKNOWLEDGE)
    inner = (await merchant.control("GET", f"orders/{merchant.order_id}")).json
    timeline = inner["timeline"]
    kinds = ["placed", "refused", "captured", "refunded", "faulted", "acknowledged"]
    assert [event["kind"] for event in timeline] == kinds
    assert [event["step"] for event in timeline] == [1, 2, 3, 4, 5, 6]
    assert timeline[2]["capture_id"] == capture.header("Capture-Id")
    assert (timeline[3]["amount"], timeline[3]["faults"]) == (500, ["slow: respond_after 503"])
    correlation_id = refund.header("Klarna-Correlation-Id")
    assert [event["correlation_id"] for event in timeline[3:5]] == [correlation_id] * 2
    assert timeline[3]["text"] == "refunded 500, allocation not attempted (refund 1)"


async def test_timeline_lists_expiry_before_the_refusal_it_caused(
    merchant: Merchant,
) -> None:
    await merchant.control("POST", "clock", {"freeze": True})
    await merchant.capture(10000)
    await merchant.control("POST", f"orders/{merchant.order_id}/force", {"outcome": "expire"})
    await merchant.capture(100)
    timeline = (await merchant.control("GET", f"orders/{merchant.order_id}")).json["timeline"]
    assert [event["kind"] for event in timeline] == [
        "placed", "acknowledged", "captured", "expired", "refused",
    ]  # fmt: skip


async def test_number_of_orders_is_limited(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = (await merchant.control("GET", "orders")).json["orders"]
    monkeypatch.setattr(orders, "MAX_ORDERS", len(before))
    page = assert_problem_document(await merchant.control("POST", "orders", SHIPPED), 409)
    assert (
        page["detail"] == f"the sandbox has the maximum of {len(before)} orders; reset it first"
    )
    assert (await merchant.control("GET", "orders")).json["orders"] == before


async def test_sandbox_bytes_are_limited(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await merchant.make_order(SHIPPED)
    before = (await merchant.control("GET", "orders")).json["orders"]
    monkeypatch.setattr(sandbox, "MAX_SANDBOX_BYTES", 20_000)
    for _ in range(100):
        response = await merchant.refund(0)
        if response.status != 201:
            break
    assert (response.status, response.json["error_code"]) == (403, "REFUND_NOT_ALLOWED")
    reason = response.header("Mock-Reason")
    assert reason.startswith("sandbox_is_full; limit=20000; held=orders ")
    page = assert_problem_document(await merchant.control("POST", "orders", SHIPPED), 409)
    assert page["detail"] == "the sandbox reached its limit of 20000 bytes; reset it first"
    assert page["reason"] == "sandbox_is_full"
    assert page["held"].startswith("orders ")
    after = (await merchant.control("GET", "orders")).json["orders"]
    assert [item["order_id"] for item in after] == [item["order_id"] for item in before]


async def test_unknown_order_is_a_problem(merchant: Merchant) -> None:
    page = assert_problem_document(await merchant.control("GET", f"orders/{UNKNOWN_ID}"), 404)
    assert UNKNOWN_ID in page["detail"]


BAD_ORDERS: dict[str, tuple[object, int, str]] = {
    "malformed JSON": (b"{", 400, "malformed JSON"),
    "no UTF-8": (b"\xff", 400, "malformed JSON"),
    "no object": (b"[]", 422, "expected"),
    "no lines": ({}, 422, "'lines' is missing"),
    "empty lines": ({"lines": []}, 422, "at least 1 entry, got"),
    "a key misspelt": (
        {"lines": [{"unit_price": 1}], "capture": {}},
        422,
        "unknown key 'capture', did you mean 'captures'?",
    ),
    "a price that is true": ({"lines": [{"unit_price": True}]}, 422, "expected an integer"),
    "an unknown reference": (
        {
            "lines": [{"unit_price": 1, "reference": "A12345"}],
            "captures": {"a": {"lines": ["A12354"]}},
        },
        422,
        "did you mean 'A12345'?",
    ),
    "an impossible history": (
        {"lines": [{"unit_price": 1}], "captures": {"a": {"amount": 2}}},
        422,
        "capture_exceeds_remaining",
    ),
    "a name that is taken": (
        {"lines": [{"unit_price": 1}], "name": "fresh"},
        422,
        "'fresh' already exists",
    ),
    "no time": ({"lines": [{"unit_price": 1}], "created": "yesterday"}, 422, "not a time"),
    "too large": (b'{"lines":"' + b"x" * 2**20 + b'"}', 413, "larger than"),
}


@pytest.mark.parametrize("case", BAD_ORDERS)
async def test_invalid_order_is_a_problem_and_changes_nothing(
    merchant: Merchant,
    case: str,
) -> None:
    body, status, expected_text = BAD_ORDERS[case]
    async with merchant.nothing_changes():
        response = await merchant.control("POST", "orders", body)
    assert expected_text in assert_problem_document(response, status)["detail"]


async def test_problem_lists_every_finding_of_an_order_with_its_path(
    merchant: Merchant,
) -> None:
    body = {"lines": [{"unit_price": "1"}], "country": "XX", "colour": "red"}
    page = assert_problem_document(await merchant.control("POST", "orders", body), 422)
    paths = sorted(error["path"] for error in page["errors"])
    assert paths == ["colour", "country", "lines[0].unit_price"]
    assert all(error["code"].startswith("E") for error in page["errors"])


async def explain(merchant: Merchant, response: Reply) -> dict[str, Any]:
    """Return the explanation of a response."""
    correlation_id = response.header("Klarna-Correlation-Id")
    explained = await merchant.control("GET", f"explain/{correlation_id}")
    assert explained.status == 200
    page: dict[str, Any] = explained.json
    assert page["correlation_id"] == correlation_id
    return page


async def test_refund_is_explained_condition_by_condition(
    shipping_merchant: Merchant,
) -> None:
    page = await explain(
        shipping_merchant,
        await shipping_merchant.do(Op.REFUND, SNEAKERS_BACK),
    )
    second = shipping_merchant.order["captures"][1]["capture_id"]
    allocation = page["allocation"]
    assert set(allocation) == EXPLANATION
    assert (allocation["outcome"], allocation["capture_id"]) == ("allocated", second)
    assert allocation["booked"] == [{"capture_id": second, "amount": 10000}]
    assert [condition["name"] for condition in allocation["conditions"]] == CONDITIONS
    assert all(condition["holds"] for condition in allocation["conditions"])
    assert (page["operation"], page["status"], page["refusal"]) == ("refund", 201, None)
    assert allocation["text"] in page["text"]


async def test_failed_allocation_names_the_nearest_capture_and_a_hint(
    shipping_merchant: Merchant,
) -> None:
    page = await explain(shipping_merchant, await shipping_merchant.do(Op.REFUND, MISSPELT))
    allocation = page["allocation"]
    failed = [
        condition["name"] for condition in allocation["conditions"] if not condition["holds"]
    ]
    assert (allocation["outcome"], failed) == ("failed", ["references_in_one_capture"])
    second = shipping_merchant.order["captures"][1]
    assert allocation["nearest"]["capture_id"] == second["capture_id"]
    assert allocation["hints"] == ["Change reference 'B2468O' to 'B24680'."]
    assert allocation["assumptions"] == ["unallocated_refund"]


async def test_lowest_possible_line_total_is_explained(
    shipping_merchant: Merchant,
) -> None:
    lowest = -9_007_199_254_740_991
    lines = [line("A12345", lowest)] * 1000
    page = await explain(shipping_merchant, await shipping_merchant.refund(5, *lines))
    adding_up = page["allocation"]["conditions"][1]
    assert (adding_up["holds"], adding_up["actual"]) == (False, 1000 * lowest)


async def test_refusal_is_explained_with_reason_facts_and_provenance(
    merchant: Merchant,
) -> None:
    page = await explain(merchant, await merchant.capture(20001))
    refused = page["refusal"]
    assert (refused["reason"], refused["error_code"]) == (
        "capture_exceeds_remaining",
        "CAPTURE_NOT_ALLOWED",
    )
    assert (refused["facts"]["requested"], refused["facts"]["remaining"]) == (20001, 20000)
    assert refused["provenance"]["mark"] == "recorded"
    assert refused["message"] in page["text"]
    assert page["allocation"] is None


async def test_replay_is_explained_as_one(shipping_merchant: Merchant) -> None:
    await shipping_merchant.refund(1, key="k")
    page = await explain(shipping_merchant, await shipping_merchant.refund(2, key="k"))
    assert (page["replayed"], page["body_changed"]) == (True, True)
    assert "\nReplayed: the idempotency key was used before" in page["text"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing/here", 404), ("/ordermanagement/v1/orders/x", 400)],
)
async def test_request_without_an_order_is_explained(
    merchant: Merchant,
    path: str,
    status: int,
) -> None:
    page = await explain(merchant, await merchant.send("GET", path))
    assert (page["status"], page["path"]) == (status, path)


async def test_unknown_correlation_id_is_a_problem(merchant: Merchant) -> None:
    page = assert_problem_document(await merchant.control("GET", f"explain/{UNKNOWN_ID}"), 404)
    assert UNKNOWN_ID in page["detail"]


@pytest.mark.parametrize("refund", [SNEAKERS_BACK, MISSPELT, {"refunded_amount": 5}])
async def test_dry_run_predicts_the_allocation_and_changes_nothing(
    shipping_merchant: Merchant,
    refund: dict[str, Any],
) -> None:
    dry_run = {"order_id": shipping_merchant.order_id, "refund": refund}
    async with shipping_merchant.nothing_changes():
        predicted = (await shipping_merchant.control("POST", "explain", dry_run)).json
    real = await explain(shipping_merchant, await shipping_merchant.do(Op.REFUND, refund))
    assert (predicted.pop("refusal"), predicted.pop("faults")) == (None, [])
    assert predicted == real["allocation"]


async def test_dry_run_predicts_an_injected_allocation_failure(
    shipping_merchant: Merchant,
) -> None:
    where = {"order_lines.reference": "B24680"}
    rule = {"id": "f", "where": where, "calls": 1, "do": {"fail_allocation": True}}
    await shipping_merchant.control("POST", "faults", rule)
    dry_run = {"order_id": shipping_merchant.order_id, "refund": SNEAKERS_BACK}
    first, second = [
        (await shipping_merchant.control("POST", "explain", dry_run)).json for _ in range(2)
    ]
    real = await explain(
        shipping_merchant, await shipping_merchant.do(Op.REFUND, SNEAKERS_BACK)
    )
    assert first == second
    assert first["text"].startswith("Faults that would fire: f: fail_allocation.\nRefund of")
    assert first["faults"] == real["faults"]
    assert {**real["allocation"], "text": ""} == {
        **{key: first[key] for key in real["allocation"]},
        "text": "",
    }


DRY_RUNS: dict[str, tuple[list[dict[str, object]], list[str], bool]] = {
    "response before the write": ([{"refuse": "conflict"}], ["refuse conflict"], False),
    "response after the write": (
        [{"lose_answer": "reset"}, {"delay": "0s"}], ["delay", "lose_answer reset"], True,
    ),
    "no action after a response": (
        [{"garbage": True}, {"rate_limit": True}, {"fail_allocation": True}],
        ["rate_limit 1s"], False,
    ),
    "another response after the write": (
        [{"respond_after": {"status": 504}}], ["respond_after 504"], True,
    ),
}  # fmt: skip
"""Actions of a fault, those that would fire, and whether the refund would be booked."""


@pytest.mark.parametrize("case", DRY_RUNS)
async def test_dry_run_lists_faults_that_would_fire(
    shipping_merchant: Merchant,
    case: str,
) -> None:
    actions, fired_actions, is_booked = DRY_RUNS[case]
    await shipping_merchant.control("POST", "faults", {"id": "f", "do": actions})
    dry_run = {"order_id": shipping_merchant.order_id, "refund": SNEAKERS_BACK}
    predicted = (await shipping_merchant.control("POST", "explain", dry_run)).json
    assert predicted["faults"] == [f"f: {item}" for item in fired_actions]
    assert bool(predicted["booked"]) is is_booked
    assert ("If it were accepted:" in predicted["text"]) is not is_booked
    (rule,) = (await shipping_merchant.control("GET", "faults")).json["faults"]
    assert (rule["matched"], rule["fired"]) == (0, 0)


async def test_dry_run_predicts_the_limit_of_refunds(
    shipping_merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decision, "MAX_MOVEMENTS", 0)
    dry_run = {"order_id": shipping_merchant.order_id, "refund": SNEAKERS_BACK}
    predicted = (await shipping_merchant.control("POST", "explain", dry_run)).json
    real = await shipping_merchant.do(Op.REFUND, SNEAKERS_BACK)
    assert predicted["refusal"]["reason"] == "order_is_full"
    assert [predicted["refusal"]["message"]] == real.json["error_messages"]


async def test_dry_run_predicts_a_refusal(merchant: Merchant) -> None:
    dry_run = {"order_id": merchant.order_id, "refund": SNEAKERS_BACK}
    predicted = (await merchant.control("POST", "explain", dry_run)).json
    assert predicted["refusal"]["reason"] == "order_has_no_captures"


BAD_DRY_RUNS: dict[str, tuple[object, int]] = {
    "nothing": ({}, 422),
    "no refund": ({"order_id": UNKNOWN_ID}, 422),
    "an order id that is no text": ({"order_id": 1, "refund": SNEAKERS_BACK}, 422),
    "an invalid refund": ({"order_id": UNKNOWN_ID, "refund": {}}, 422),
    "an unknown order": ({"order_id": UNKNOWN_ID, "refund": SNEAKERS_BACK}, 404),
    "malformed JSON": (b"{", 400),
}


@pytest.mark.parametrize("case", BAD_DRY_RUNS)
async def test_invalid_dry_run_is_a_problem(
    shipping_merchant: Merchant,
    case: str,
) -> None:
    body, status = BAD_DRY_RUNS[case]
    async with shipping_merchant.nothing_changes():
        assert_problem_document(
            await shipping_merchant.control("POST", "explain", body), status
        )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/__admin", 404),
        ("GET", "/__admin/nothing", 404),
        ("PATCH", "/__admin/sandboxes", 405),
        ("POST", "/healthz", 405),
    ],
)
async def test_unknown_path_or_method_is_a_problem(
    merchant: Merchant,
    method: str,
    path: str,
    status: int,
) -> None:
    assert_problem_document(await merchant.send(method, path), status)


STRANGERS = {
    "a web page": {"Origin": "https://evil.example"},
    "a web page on another port": {"Origin": "http://localhost:1"},
    "a sandboxed frame": {"Origin": "null"},
    "a name that was made to point here": {"Host": "evil.example"},
    "that name with a port": {"Host": "evil.example:8566"},
}


@pytest.mark.parametrize("case", STRANGERS)
@pytest.mark.parametrize(("method", "path"), [("GET", "sandboxes"), ("POST", "orders")])
async def test_control_api_refuses_foreign_hosts_and_origins(
    merchant: Merchant,
    case: str,
    method: str,
    path: str,
) -> None:
    place = f"/__admin/{path}"
    if path == "orders":
        place = f"/__admin/sandboxes/{merchant.user}/orders"
    async with merchant.nothing_changes():
        response = await merchant.send(method, place, SHIPPED, STRANGERS[case])
    assert_problem_document(response, 403)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8566",
        "127.0.0.1",
        "[::1]:8566",
        "kustom",
        "mock.localhost",
        "host.docker.internal",
    ],
)
async def test_control_api_accepts_local_host_names(merchant: Merchant, host: str) -> None:
    response = await merchant.send("GET", "/__admin/sandboxes", None, {"Host": host})
    assert response.status == 200


async def test_control_api_accepts_its_own_origin(merchant: Merchant) -> None:
    headers = {"Origin": "http://localhost:8566", "Host": "localhost:8566"}
    response = await merchant.send("GET", "/__admin/sandboxes", None, headers)
    assert response.status == 200


async def test_merchant_api_accepts_any_host(merchant: Merchant) -> None:
    headers = {"Host": "api.kustom.co"}
    assert (await merchant.do(Op.GET_ORDER, headers=headers)).status == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("text=SHIP", ["shipped"]),
        ("text=ship+none", []),
        ("text=shop-17", ["late"]),
        ("status=AUTHORIZED", ["open", "late"]),
        ("status=AUTHORIZED&limit=1", ["late"]),
        ("outcome=failed", ["shipped"]),
        ("outcome=not_attempted", []),
    ],
)
async def test_orders_are_filtered(merchant: Merchant, query: str, names: list[str]) -> None:
    misspelt = {"lines": [{"reference": "B2468O", "unit_price": 10000}]}
    open_order = {"lines": [{"unit_price": 1}]}
    orders = {
        "shipped": {**SHIPPED, "refunds": {"back": misspelt}},
        "open": open_order,
        "late": {**open_order, "merchant_reference2": "Shop-17"},
    }
    await merchant.control("PUT", "scenario", {"version": 1, "orders": orders})
    page = (await merchant.control("GET", f"orders?{query}")).json
    assert [order["name"] for order in page["orders"]] == names
    assert page["total"] == (2 if "limit" in query else len(names))


@pytest.mark.parametrize("query", ["status=OPEN", "outcome=lost", "limit=0", "limit=x"])
async def test_wrong_filters_of_orders_are_refused(merchant: Merchant, query: str) -> None:
    await merchant.control("PUT", "scenario", {"version": 1})
    name = query.partition("=")[0]
    answer = assert_problem_document(await merchant.control("GET", f"orders?{query}"), 422)
    assert f"for '{name}'" in answer["detail"]


async def test_sandboxes_count_refunds_that_were_not_allocated(
    shipping_merchant: Merchant,
) -> None:
    path = f"/__admin/sandboxes/{shipping_merchant.user}"
    assert (await shipping_merchant.send("GET", path)).json["not_allocated"] == 0
    await shipping_merchant.refund(10000, line("B2468O", 10000))
    assert (await shipping_merchant.send("GET", path)).json["not_allocated"] == 1
