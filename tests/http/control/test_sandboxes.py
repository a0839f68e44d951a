"""Sandboxes over the control API: fill, list, reset, drop and check them."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest

from mockserver.domain.operation import ORDERS_PATH, Operation
from mockserver.sandbox.clock import wall_clock
from mockserver.scenario.loader import list_shipped
from mockserver.scenario.times import parse_time
from tests.support.merchant import SHIPPED, SNEAKERS_BACK, UNSHIPPED, Merchant, NewServer, Reply
from tests.support.problems import assert_problem

Op = Operation
SCENARIO = """
title: Own scenario
seed: 7
clock: {start: 2026-01-15T09:00:00Z, frozen: true}
orders:
  one:
    lines: [{reference: A, unit_price: 100}, {reference: B, unit_price: 50}]
    captures: {A: {lines: [A]}}
faults:
  busy: {on: cancel, do: {refuse: conflict}}
expect:
  orders: {one: {refunds: [{allocated_to: A}]}}
"""


async def put_scenario(
    merchant: Merchant, text: str, media_type: str = "application/yaml"
) -> Reply:
    path = f"/__admin/sandboxes/{merchant.user}/scenario"
    return await merchant.send("PUT", path, text.encode(), {"Content-Type": media_type})


async def fill_sandbox(merchant: Merchant, text: str = SCENARIO) -> None:
    """Fill the sandbox; its first order becomes the current one."""
    filled = await put_scenario(merchant, text)
    assert filled.status == 200, filled
    (order_id, *_) = filled.json["orders"].values()
    merchant.order = {"order_id": order_id, "captures": [], "refunds": []}


async def state(merchant: Merchant) -> list[Any]:
    """Return everything that the control API shows of a sandbox."""
    pages = ("orders", "faults", "clock", "requests", "verdict")
    documents = [(await merchant.control("GET", page)).json for page in pages]
    return [*documents, (await merchant.control("GET", f"orders/{merchant.order_id}")).json]


@asynccontextmanager
async def unchanged(merchant: Merchant) -> AsyncIterator[None]:
    before = await state(merchant)
    yield
    assert await state(merchant) == before


async def test_scenario_fills_a_sandbox(new_merchant: Callable[[], Merchant]) -> None:
    merchant = new_merchant()
    filled = await put_scenario(merchant, SCENARIO)
    assert filled.json["scenario"] == "Own scenario"
    assert list(filled.json["orders"]) == ["one"]
    order = await merchant.as_user(merchant.user).send(
        "GET",
        f"/ordermanagement/v1/orders/{filled.json['orders']['one']}",
    )
    assert (order.status, order.json["captured_amount"]) == (200, 100)
    assert order.json["created_at"] == "2026-01-15T09:00:00.000Z"


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "text/json"],
)
async def test_scenario_may_be_json(
    new_merchant: Callable[[], Merchant],
    media_type: str,
) -> None:
    merchant = new_merchant()
    scenario = {"title": "J", "orders": {"one": {"lines": [{"unit_price": 1}]}}}
    filled = await put_scenario(merchant, json.dumps(scenario), media_type)
    assert (filled.status, filled.json["scenario"]) == (200, "J")


@pytest.mark.parametrize(
    "media_type", ["application/x-yaml", "text/yaml", "text/plain", "TEXT/YAML"]
)
async def test_yaml_media_types_are_accepted(
    new_merchant: Callable[[], Merchant],
    media_type: str,
) -> None:
    assert (await put_scenario(new_merchant(), SCENARIO, media_type)).status == 200


@pytest.mark.parametrize("name", list_shipped())
async def test_shipped_scenario_is_used_by_its_name(
    new_merchant: Callable[[], Merchant],
    name: str,
) -> None:
    filled = await put_scenario(new_merchant(), json.dumps({"use": name}), "application/json")
    assert (filled.status, filled.json["scenario"]) == (200, name)
    assert filled.json["orders"]


# Invalid scenarios: body, media type, status, and part of the message.
REFUSED: dict[str, tuple[str, str, int, str]] = {
    "an unknown name": (
        "use: split-shipmnt",
        "application/yaml",
        422,
        "did you mean 'split-shipment'?",
    ),
    "a file of the package": (
        "use: ../__init__.py",
        "application/yaml",
        422,
        "file '../__init__.py' not found",
    ),
    "a file of the system": (
        "use: /etc/hosts",
        "application/yaml",
        422,
        "file '/etc/hosts' not found",
    ),
    "a name and more": (
        "{use: fresh-order, seed: 1}",
        "application/yaml",
        422,
        "'use' cannot be combined with other keys",
    ),
    "a list": ("[1]", "application/json", 422, "expected a scenario, or"),
    "nothing": ("", "application/yaml", 422, "expected a scenario, or"),
    "a word": ("word", "application/yaml", 422, "expected a scenario, or"),
    "malformed json": ("{", "application/json", 400, "malformed JSON"),
    "json without a bottom": ("[" * 100_000, "application/json", 400, "malformed JSON"),
    "deep json": (
        '{"a":' * 60 + "1" + "}" * 60,
        "application/json",
        400,
        "nested deeper than 50",
    ),
    "malformed yaml": ("a: [", "application/yaml", 422, "2:1 E001"),
    "another media type": ("title: x", "text/html", 415, "'text/html' is not supported"),
    "too much": ("#" * 1_100_000, "application/yaml", 413, "larger than 1 MiB"),
    "an impossible order": (
        "orders: {a: {lines: [{unit_price: 1}], captures: {A: {amount: 2}}}}",
        "application/yaml",
        422,
        "E203 orders.a.captures.A",
    ),
    "an order without a name in the calendar": (
        "clock: {start: 10000-01-01}",
        "application/yaml",
        422,
        "E106 clock.start: not a time",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_invalid_scenario_changes_nothing(
    new_merchant: Callable[[], Merchant],
    case: str,
) -> None:
    text, media_type, status, expected_text = REFUSED[case]
    merchant = new_merchant()
    await fill_sandbox(merchant)
    async with unchanged(merchant):
        assert_problem(await put_scenario(merchant, text, media_type), status, expected_text)


async def test_problem_lists_every_finding_with_line_and_column(
    new_merchant: Callable[[], Merchant],
) -> None:
    merchant = new_merchant()
    await fill_sandbox(merchant)
    text = "titel: x\norders:\n  one:\n    lines: [{unit_price: 010}]\n    amuont: 5\n"
    async with unchanged(merchant):
        response = await put_scenario(merchant, text)
    assert_problem(response, 422, "did you mean 'title'?")
    found = [(e["line"], e["column"], e["code"], e["path"]) for e in response.json["errors"]]
    assert sorted(found) == [
        (1, 1, "E101", "titel"),
        (4, 14, "E103", "orders.one.lines[0].unit_price"),
        (5, 5, "E101", "orders.one.amuont"),
    ]
    assert all(error["message"] for error in response.json["errors"])


async def test_invalid_scenario_creates_no_sandbox(
    new_merchant: Callable[[], Merchant],
) -> None:
    merchant = new_merchant()
    assert (await put_scenario(merchant, "odrers: 1")).status == 422
    assert (await merchant.send("GET", f"/__admin/sandboxes/{merchant.user}")).status == 404


async def test_reset_reproduces_the_first_build_to_the_byte(
    new_merchant: Callable[[], Merchant],
) -> None:
    merchant = new_merchant()
    await fill_sandbox(merchant)
    before, order = await state(merchant), (await merchant.do(Op.GET_ORDER)).body
    assert (await merchant.refund(100)).status == 201
    await merchant.control("DELETE", "faults/busy")
    await merchant.control("POST", "clock", {"advance": "40d", "freeze": False})
    await merchant.make_order()
    assert await state(merchant) != before
    reset = await merchant.control("POST", "reset")
    (order_id,) = reset.json["orders"].values()
    merchant.order = {"order_id": order_id, "captures": [], "refunds": []}
    assert await state(merchant) == before
    assert (await merchant.do(Op.GET_ORDER)).body == order


async def test_reset_deletes_idempotency_keys(
    new_merchant: Callable[[], Merchant],
) -> None:
    merchant = new_merchant()
    await fill_sandbox(merchant)
    first = await merchant.refund(100, key="k")
    await merchant.control("POST", "reset")
    again = await merchant.refund(100, key="k")
    assert first.status == again.status == 201
    assert "Mock-Replayed" not in again.header_names


async def test_unused_sandbox_is_not_found(merchant: Merchant) -> None:
    for method in ("GET", "DELETE"):
        response = await merchant.send(method, "/__admin/sandboxes/nobody-at-all")
        assert_problem(response, 404, "no sandbox 'nobody-at-all' is in use")


async def test_dropped_sandbox_starts_from_its_template(own_server: NewServer) -> None:
    merchant = await own_server()
    await fill_sandbox(merchant)
    page = f"/__admin/sandboxes/{merchant.user}"
    assert (await merchant.send("GET", page)).json["scenario"] == "Own scenario"
    dropped = await merchant.send("DELETE", page)
    assert (dropped.status, dropped.body) == (204, b"")
    assert (await merchant.send("GET", page)).status == 404
    assert (await merchant.do(Op.GET_ORDER)).status == 404
    assert (await merchant.send("GET", page)).json["scenario"].endswith("fresh-order")


async def test_sandboxes_are_listed_with_their_figures(own_server: NewServer) -> None:
    merchant = await own_server()
    assert (await merchant.send("GET", "/__admin/sandboxes")).json["sandboxes"] == []
    await fill_sandbox(merchant)
    await merchant.do(Op.CANCEL)
    (documents,) = (await merchant.send("GET", "/__admin/sandboxes")).json["sandboxes"]
    assert documents == {
        "name": "own",
        "scenario": "Own scenario",
        "orders": 1,
        "requests": 1,
        "faults": 1,
        "now": "2026-01-15T09:00:00.000Z",
        "frozen": True,
        "not_allocated": 0,
    }


@pytest.mark.unshared("each replica counts those that it has cached")
async def test_health_counts_the_sandboxes(own_server: NewServer) -> None:
    merchant = await own_server()
    await fill_sandbox(merchant)
    assert (await merchant.send("GET", "/__admin/health")).json["sandboxes"] == 1


@pytest.mark.unshared("no sandbox of a shared store is evicted")
async def test_evicted_sandboxes_are_listed(own_server: NewServer) -> None:
    merchant = await own_server(max_sandboxes=2)
    for user in ("a", "b", "a", "c"):
        await merchant.as_user(user).send("GET", f"{ORDERS_PATH}/x")
    page = (await merchant.send("GET", "/__admin/sandboxes")).json
    assert [sandbox["name"] for sandbox in page["sandboxes"]] == ["a", "c"]
    (eviction,) = page["evicted"]
    assert (eviction["name"], eviction["reason"]) == ("b", "more than 2 in use")
    assert parse_time(eviction["at"]) <= wall_clock()
    assert page["evicted_count"] == 1


async def test_sandbox_names_may_contain_any_letters(own_server: NewServer) -> None:
    merchant = await own_server("åß 試?#&=+")
    await merchant.send("GET", "/ordermanagement/v1/orders/x")
    path = f"/__admin/sandboxes/{quote(merchant.user)}"
    assert (await merchant.send("GET", path)).json["name"] == merchant.user


CREDENTIALS = "credentials: {PK1: s3cret, 4711: 0815}\n"


@pytest.mark.parametrize(
    ("user", "secret", "status"),
    [
        ("PK1", "s3cret", 404),
        ("4711", "0815", 404),
        ("PK1", "wrong", 401),
        ("PK1", "", 401),
        ("pk1", "s3cret", 401),
        ("nobody", "s3cret", 401),
    ],
)
async def test_only_listed_credentials_are_accepted(
    own_server: NewServer,
    user: str,
    secret: str,
    status: int,
) -> None:
    merchant = await own_server()
    for text in {"PK1", "4711", user}:
        assert (await put_scenario(merchant.as_user(text), CREDENTIALS)).status == 200
    given = b64encode(f"{user}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {given}"}
    response = await merchant.send("GET", "/ordermanagement/v1/orders/x-y", headers=headers)
    assert response.status == (400 if status == 404 else status)


async def test_credentials_apply_to_their_sandbox_only(own_server: NewServer) -> None:
    merchant = await own_server("PK1")
    await put_scenario(merchant, CREDENTIALS)
    other = await merchant.as_user("other").send("GET", "/ordermanagement/v1/orders/x")
    assert other.status == 400


async def test_require_known_accepts_only_existing_sandboxes(
    own_server: NewServer,
) -> None:
    merchant = await own_server(require_known=True)
    path = "/ordermanagement/v1/orders/x"
    assert (await merchant.send("GET", path)).status == 401
    assert (await merchant.send("GET", "/__admin/sandboxes")).json["sandboxes"] == []
    await fill_sandbox(merchant)
    assert (await merchant.send("GET", path)).status == 400
    assert (await merchant.as_user("other").send("GET", path)).status == 401


async def test_verdict_checks_the_current_state(
    new_merchant: Callable[[], Merchant],
) -> None:
    merchant = new_merchant()
    await fill_sandbox(merchant)
    before = (await merchant.control("GET", "verdict")).json
    assert before["passed"] is False
    (first, *_) = before["expectations"]
    assert (first["passed"], first["expected"], first["actual"]) == (False, 1, 0)
    assert first["text"] == "orders.one.refunds.count: expected 1, got 0"
    line = {
        "reference": "A",
        "name": "A",
        "quantity": 1,
        "unit_price": 100,
        "total_amount": 100,
    }
    assert (await merchant.refund(100, line)).status == 201
    after = (await merchant.control("GET", "verdict")).json
    assert after["passed"] is True
    assert [expectation["actual"] for expectation in after["expectations"]] == [1, "A"]


async def test_invariants_hold_for_every_order(merchant: Merchant) -> None:
    await merchant.make_order(SHIPPED)
    await merchant.do(Op.REFUND, SNEAKERS_BACK)
    page = (await merchant.control("GET", "invariants")).json
    assert page["passed"] is True
    assert len(page["orders"]) == 3
    assert all(order["violations"] == [] for order in page["orders"])


# An outcome, an order it is forced upon, and a field of the order with its new value.
OUTCOMES: dict[str, tuple[Any, str, str]] = {
    "expire": (UNSHIPPED, "status", "EXPIRED"),
    "accept_fraud": ({**UNSHIPPED, "fraud_status": "PENDING"}, "fraud_status", "ACCEPTED"),
    "reject_fraud": ({**UNSHIPPED, "fraud_status": "PENDING"}, "fraud_status", "REJECTED"),
    "stop_fraud": (UNSHIPPED, "fraud_status", "STOPPED"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_outcome_is_forced(merchant: Merchant, outcome: str) -> None:
    spec, key, value = OUTCOMES[outcome]
    await merchant.make_order(spec)
    path = f"orders/{merchant.order_id}/force"
    forced = await merchant.control("POST", path, {"outcome": outcome})
    assert forced.json["order"][key] == value
    assert (await merchant.read())[key] == value
    captured = await merchant.capture(100)
    assert captured.status == (201 if outcome == "accept_fraud" else 403)


async def test_fail_next_allocation_applies_once(
    shipping_merchant: Merchant,
) -> None:
    merchant = shipping_merchant
    path = f"orders/{merchant.order_id}/force"
    assert (
        await merchant.control("POST", path, {"outcome": "fail_next_allocation"})
    ).status == 200
    assert (await merchant.do(Op.REFUND, SNEAKERS_BACK)).status == 201
    view = (await merchant.control("GET", f"orders/{merchant.order_id}")).json
    assert [allocation["outcome"] for allocation in view["allocations"]] == ["failed"]
    assert (await merchant.refund(100)).header("Mock-Allocation").startswith("not_attempted")


async def test_unknown_outcome_or_order_changes_nothing(merchant: Merchant) -> None:
    async with merchant.nothing_changes():
        path = f"orders/{merchant.order_id}/force"
        response = await merchant.control("POST", path, {"outcome": "expires"})
        assert_problem(response, 422, "unknown outcome 'expires', did you mean 'expire'?")
        for body in ({}, {"outcome": None}, {"outcome": ["expire"]}):
            response = await merchant.control("POST", path, body)
            assert_problem(response, 422, "expected one of these for 'outcome': expire, ")
        response = await merchant.control("POST", "orders/nowhere/force", {"outcome": "expire"})
        assert_problem(response, 404, "no order 'nowhere'")


@pytest.mark.parametrize("name", ["", "two\nlines", "a\x00", 7, None])
async def test_movement_name_is_one_line_of_text(
    shipping_merchant: Merchant,
    name: object,
) -> None:
    capture_id = shipping_merchant.capture_id
    response = await shipping_merchant.control("PUT", "names", {capture_id: name})
    assert_problem(response, 422, f"expected one line of text as the name of {capture_id}")
    named = await shipping_merchant.control("PUT", "names", {capture_id: "first parcel"})
    assert named.json["names"][capture_id] == "first parcel"


async def test_names_of_movements_are_limited_in_length(shipping_merchant: Merchant) -> None:
    capture_id = shipping_merchant.order["captures"][0]["capture_id"]
    response = await shipping_merchant.control("PUT", "names", {capture_id: "n" * 101})
    assert response.status == 422
    assert "expected at most 100 characters" in response.json["detail"]


async def test_findings_in_json_with_escapes_have_line_and_column(
    new_merchant: Callable[[], Merchant],
) -> None:
    text = '{"title": "\\ud83d\\udc49",\n "orders": {"one": {"lines": [{"unit_price": "5"}]}}}'
    response = await put_scenario(new_merchant(), text, "application/json")
    (finding,) = response.json["errors"]
    assert (finding["line"], finding["column"], finding["code"]) == (2, 32, "E103")
