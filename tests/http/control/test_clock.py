"""The clock of a sandbox: set, advance, freeze, and the orders that expire."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from mockserver.domain.operation import Operation
from tests.support.merchant import HALF_SHIPPED, SHIPPED, UNSHIPPED, Merchant
from tests.support.problems import assert_problem

Op = Operation
START = "2026-01-15T09:00:00.000Z"


@pytest.fixture
async def frozen(merchant: Merchant) -> Merchant:
    """A merchant whose clock is frozen."""
    scenario = {
        "clock": {"start": START, "frozen": True},
        "orders": {"one": UNSHIPPED, "part": HALF_SHIPPED, "all": SHIPPED},
    }
    filled = await merchant.control("PUT", "scenario", scenario)
    order_id = filled.json["orders"]["one"]
    merchant.order = {"order_id": order_id, "captures": [], "refunds": []}
    return merchant


async def move(merchant: Merchant, **change: Any) -> Any:  # noqa: ANN401  # JSON
    moved = await merchant.control("POST", "clock", change)
    assert moved.status == 200, moved
    return moved.json


# Wishes to a clock frozen at the start, and its time thereafter.
MOVES: dict[str, tuple[dict[str, Any], str]] = {
    "advance": ({"advance": "1d12h"}, "2026-01-16T21:00:00.000Z"),
    "advance by nothing": ({"advance": "0s"}, START),
    "advance by milliseconds": ({"advance": "250ms"}, "2026-01-15T09:00:00.250Z"),
    "set": ({"set": "2026-02-01T00:00:00Z"}, "2026-02-01T00:00:00.000Z"),
    "set to a day": ({"set": "2026-02-01"}, "2026-02-01T00:00:00.000Z"),
    "set to now": ({"set": START}, START),
    "set in another zone": ({"set": "2026-01-15T12:00:00+02:00"}, "2026-01-15T10:00:00.000Z"),
    "set and advance": ({"set": "2026-02-01", "advance": "1h"}, "2026-02-01T01:00:00.000Z"),
    "freeze again": ({"freeze": True}, START),
    "the latest there is": ({"set": "9000-01-01"}, "9000-01-01T00:00:00.000Z"),
}


@pytest.mark.parametrize("case", MOVES)
async def test_frozen_clock_moves_only_on_request(frozen: Merchant, case: str) -> None:
    change, now = MOVES[case]
    moved = await move(frozen, **change)
    assert (moved["now"], moved["frozen"]) == (now, True)
    assert (await frozen.control("GET", "clock")).json == {"now": now, "frozen": True}


async def test_advances_at_the_same_time_add_up(frozen: Merchant) -> None:
    await asyncio.gather(*(move(frozen, advance="100s") for _ in range(12)))
    assert (await frozen.control("GET", "clock")).json["now"] == "2026-01-15T09:20:00.000Z"


async def test_clock_unfreezes_at_its_time_and_freezes_again(frozen: Merchant) -> None:
    running = await move(frozen, freeze=False, advance="1d")
    assert (running["frozen"], running["now"] >= "2026-01-16T09:00:00.000Z") == (False, True)
    stopped = await move(frozen, freeze=True)
    assert stopped["now"] >= running["now"]
    assert (await frozen.control("GET", "clock")).json["now"] == stopped["now"]
    again = await move(frozen, freeze=True, set="2026-03-01")
    assert (again["now"], again["frozen"]) == ("2026-03-01T00:00:00.000Z", True)


async def test_running_clock_can_be_set_and_keeps_running(frozen: Merchant) -> None:
    await move(frozen, freeze=False)
    moved = await move(frozen, set="2026-06-01")
    parsed = datetime.fromisoformat(moved["now"])
    assert (
        timedelta()
        <= parsed - datetime.fromisoformat("2026-06-01T00:00:00Z")
        < timedelta(hours=1)
    )


async def test_advance_lists_the_expired_orders(frozen: Merchant) -> None:
    orders = (await frozen.control("GET", "orders")).json["orders"]
    ids = {order["name"]: order["order_id"] for order in orders}
    just_before = await move(frozen, set="2026-02-11T23:59:59Z")
    assert just_before["fired"] == []
    fired = (await move(frozen, advance="1s"))["fired"]
    assert fired == [
        {"at": "2026-02-12T00:00:00.000Z", "event": "order expired", "order_id": ids[text]}
        for text in ("one", "part")
    ]
    assert (await move(frozen, advance="30d"))["fired"] == []
    assert (await frozen.read())["status"] == "EXPIRED"
    assert (await frozen.capture(100)).status == 403


async def test_expired_orders_are_listed_oldest_first(frozen: Merchant) -> None:
    for days in ("5d", "3d", "4d"):
        await frozen.make_order({**UNSHIPPED, "expires": days})
    fired = (await move(frozen, advance="10d"))["fired"]
    assert [item["at"][:10] for item in fired] == ["2026-01-18", "2026-01-19", "2026-01-20"]


async def test_cancelled_order_does_not_expire(frozen: Merchant) -> None:
    assert (await frozen.do(Op.CANCEL)).status == 204
    fired = (await move(frozen, advance="40d"))["fired"]
    assert frozen.order_id not in [item["order_id"] for item in fired]


async def test_running_clock_at_the_latest_time_can_be_frozen(frozen: Merchant) -> None:
    await move(frozen, set="9000-01-01T00:00:00Z", freeze=False)
    assert (await move(frozen, freeze=True))["frozen"] is True


# Clock changes that are not valid, and part of the problem's detail.
REFUSED: dict[str, tuple[Any, str]] = {
    "backwards": (
        {"set": "2026-01-15T08:59:59Z"},
        "a clock cannot go back: 2026-01-15T08:59:59.000Z is before",
    ),
    "before all times": ({"set": "1969-01-01"}, "out of bounds: years 1970 to 9000"),
    "words": ({"advance": "28 days"}, "not a duration: '28 days'"),
    "below zero": ({"advance": "-1d"}, "not a duration: '-1d'"),
    "a number": ({"advance": 5}, "not a duration: '5'"),
    "nothing": ({"advance": None}, "not a duration"),
    "a list": ({"advance": ["1d"]}, "not a duration"),
    "exponent": ({"advance": "1e9d"}, "not a duration: '1e9d'"),
    "a century and more": ({"advance": "36501d"}, "duration too long"),
    "beyond the calendar": ({"advance": "1000000000000d"}, "duration too long"),
    "year 10000": ({"set": "10000-01-01"}, "not a time: '10000-01-01'"),
    "year 9999": ({"set": "9999-12-31"}, "out of bounds: years 1970 to 9000"),
    "past the latest": ({"set": "9000-01-01", "advance": "1s"}, "out of bounds"),
    "no such day": ({"set": "2026-02-30"}, "not a time: '2026-02-30'"),
    "null": ({"set": None}, "not a time: 'None'"),
    "not a boolean": ({"freeze": "yes"}, "expected a boolean for 'freeze'"),
    "backwards and frozen": ({"set": "2026-01-01", "freeze": False}, "a clock cannot go back"),
    "an unknown key": ({"advnce": "1d"}, "expected one or more of advance, set, freeze"),
    "a known and an unknown key": ({"advance": "1d", "x": 1}, "expected one or more of"),
    "no key": ({}, "expected one or more of advance, set, freeze, dry_run, got {}"),
    "a list of changes": ([], "expected a JSON object"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_invalid_clock_change_has_no_effect(
    frozen: Merchant,
    case: str,
) -> None:
    change, expected_text = REFUSED[case]
    assert_problem(await frozen.control("POST", "clock", change), 422, expected_text)
    clock = (await frozen.control("GET", "clock")).json
    assert clock == {"now": START, "frozen": True}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
async def test_invalid_json_is_a_problem(frozen: Merchant, body: bytes) -> None:
    assert_problem(await frozen.control("POST", "clock", body), 400, "malformed JSON")


async def test_order_can_be_created_at_the_latest_time(frozen: Merchant) -> None:
    await move(frozen, set="9000-01-01")
    await frozen.make_order()
    assert (await frozen.read())["status"] == "AUTHORIZED"
    assert (await frozen.do(Op.EXTEND_AUTHORIZATION_TIME)).status == 204


async def test_moving_the_clock_can_be_a_dry_run(merchant: Merchant) -> None:
    before = (await merchant.control("POST", "clock", {"freeze": True})).json["now"]
    dry_run = await merchant.control("POST", "clock", {"advance": "29d", "dry_run": True})
    assert {event["event"] for event in dry_run.json["fired"]} == {"order expired"}
    assert dry_run.json["now"] > before
    assert (await merchant.control("GET", "clock")).json == {"now": before, "frozen": True}
    assert (await merchant.read())["status"] == "AUTHORIZED"
    wrong = await merchant.control("POST", "clock", {"advance": "1d", "dry_run": 1})
    assert wrong.json["detail"] == "expected a boolean for 'dry_run'"
