"""The clock of a sandbox: moved, stopped, run on, and what its passing fires."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from mockserver.domain.operation import Operation
from tests.http.control.test_sandboxes import assert_problem
from tests.support.merchant import HALF_SHIPPED, SHIPPED, UNSHIPPED, Merchant

Op = Operation
START = "2026-01-15T09:00:00.000Z"


@pytest.fixture
async def frozen(merchant: Merchant) -> Merchant:
    """A merchant whose clock stands at the start."""
    world = {
        "clock": {"start": START, "frozen": True},
        "orders": {"one": UNSHIPPED, "part": HALF_SHIPPED, "all": SHIPPED},
    }
    filled = await merchant.control("PUT", "scenario", world)
    order_id = filled.json["orders"]["one"]
    merchant.order = {"order_id": order_id, "captures": [], "refunds": []}
    return merchant


async def move(merchant: Merchant, **wish: Any) -> Any:  # noqa: ANN401  # JSON
    moved = await merchant.control("POST", "clock", wish)
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
async def test_a_frozen_clock_moves_only_as_it_is_told(frozen: Merchant, case: str) -> None:
    wish, now = MOVES[case]
    moved = await move(frozen, **wish)
    assert (moved["now"], moved["frozen"]) == (now, True)
    assert (await frozen.control("GET", "clock")).json == {"now": now, "frozen": True}


async def test_a_clock_runs_on_from_where_it_stood_and_stops_again(frozen: Merchant) -> None:
    running = await move(frozen, freeze=False, advance="1d")
    assert (running["frozen"], running["now"] >= "2026-01-16T09:00:00.000Z") == (False, True)
    stopped = await move(frozen, freeze=True)
    assert stopped["now"] >= running["now"]
    assert (await frozen.control("GET", "clock")).json["now"] == stopped["now"]
    again = await move(frozen, freeze=True, set="2026-03-01")
    assert (again["now"], again["frozen"]) == ("2026-03-01T00:00:00.000Z", True)


async def test_a_running_clock_is_set_and_runs_on(frozen: Merchant) -> None:
    await move(frozen, freeze=False)
    moved = await move(frozen, set="2026-06-01")
    parsed = datetime.fromisoformat(moved["now"])
    assert (
        timedelta()
        <= parsed - datetime.fromisoformat("2026-06-01T00:00:00Z")
        < timedelta(hours=1)
    )


async def test_advancing_past_an_expiry_tells_whose(frozen: Merchant) -> None:
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


async def test_what_expires_is_told_in_its_order(frozen: Merchant) -> None:
    for days in ("5d", "3d", "4d"):
        await frozen.make_order({**UNSHIPPED, "expires": days})
    fired = (await move(frozen, advance="10d"))["fired"]
    assert [item["at"][:10] for item in fired] == ["2026-01-18", "2026-01-19", "2026-01-20"]


async def test_a_cancelled_order_does_not_expire(frozen: Merchant) -> None:
    assert (await frozen.do(Op.CANCEL)).status == 204
    fired = (await move(frozen, advance="40d"))["fired"]
    assert frozen.order_id not in [item["order_id"] for item in fired]


# Wishes that cannot be granted, and what is said of them.
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
    "a century and more": ({"advance": "36501d"}, "too long a duration"),
    "beyond the calendar": ({"advance": "1000000000000d"}, "too long a duration"),
    "year 10000": ({"set": "10000-01-01"}, "not a time: '10000-01-01'"),
    "year 9999": ({"set": "9999-12-31"}, "out of bounds: years 1970 to 9000"),
    "past the latest": ({"set": "9000-01-01", "advance": "1s"}, "out of bounds"),
    "no such day": ({"set": "2026-02-30"}, "not a time: '2026-02-30'"),
    "null": ({"set": None}, "not a time: 'None'"),
    "not a boolean": ({"freeze": "yes"}, "expected a boolean for 'freeze'"),
    "backwards and frozen": ({"set": "2026-01-01", "freeze": False}, "a clock cannot go back"),
    "an unknown wish": ({"advnce": "1d"}, "expected one or more of advance, set, freeze"),
    "a known and an unknown wish": ({"advance": "1d", "x": 1}, "expected one or more of"),
    "no wish": ({}, "expected one or more of advance, set, freeze, got {}"),
    "a list of wishes": ([], "expected a JSON object"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_wish_that_cannot_be_granted_changes_nothing(
    frozen: Merchant,
    case: str,
) -> None:
    wish, words = REFUSED[case]
    assert_problem(await frozen.control("POST", "clock", wish), 422, words)
    clock = (await frozen.control("GET", "clock")).json
    assert clock == {"now": START, "frozen": True}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
async def test_what_is_no_json_is_told_so(frozen: Merchant, body: bytes) -> None:
    assert_problem(await frozen.control("POST", "clock", body), 400, "malformed JSON")


async def test_an_order_can_be_made_at_the_end_of_time(frozen: Merchant) -> None:
    await move(frozen, set="9000-01-01")
    await frozen.make_order()
    assert (await frozen.read())["status"] == "AUTHORIZED"
    assert (await frozen.do(Op.EXTEND_AUTHORIZATION_TIME)).status == 204
