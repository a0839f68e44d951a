"""Fault rules over the control API: create, list with counts, remove."""

from typing import Any

import pytest

from mockserver.domain.operation import Operation
from mockserver.http.control import faults
from tests.support.merchant import Merchant
from tests.support.problems import assert_problem

Op = Operation
CONFLICT = {"do": {"refuse": "conflict"}}


async def ids(merchant: Merchant) -> list[str]:
    listed = (await merchant.control("GET", "faults")).json["faults"]
    return [item["id"] for item in listed]


async def test_fault_rule_is_created_and_listed(merchant: Merchant) -> None:
    spec = {"id": "own", "on": ["capture", "refund"], "order": merchant.order_id, **CONFLICT}
    created = await merchant.control("POST", "faults", spec)
    expected = {
        "id": "own",
        "on": ["capture", "refund"],
        "orders": [merchant.order_id],
        "do": ["refuse conflict"],
        "matched": 0,
        "fired": 0,
    }
    assert created.status == 201
    assert expected.items() <= created.json.items()
    (listed,) = (await merchant.control("GET", "faults")).json["faults"]
    assert listed == created.json


async def test_matches_and_firings_are_counted(merchant: Merchant) -> None:
    await merchant.control(
        "POST", "faults", {"on": "get_order", "calls": {"every": 2}, **CONFLICT}
    )
    statuses = [(await merchant.do(Op.GET_ORDER)).status for _ in range(5)]
    await merchant.do(Op.LIST_CAPTURES)
    assert statuses == [200, 409, 200, 409, 200]
    (listed,) = (await merchant.control("GET", "faults")).json["faults"]
    assert (listed["matched"], listed["fired"]) == (5, 2)


async def test_fault_rule_without_id_never_replaces_another(merchant: Merchant) -> None:
    for spec in ({"id": "fault-2"}, {}, {}, {"id": ""}, {"id": "fault-6"}, {}):
        assert (await merchant.control("POST", "faults", {**spec, **CONFLICT})).status == 201
    rule_ids = await ids(merchant)
    assert len(rule_ids) == len(set(rule_ids)) == 6


async def test_number_of_fault_rules_is_limited(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faults, "MAX_FAULT_RULES", 2)
    for name in ("a", "b", "a"):
        created = await merchant.control("POST", "faults", {"id": name, **CONFLICT})
        assert created.status == 201
    refused = await merchant.control("POST", "faults", {"id": "c", **CONFLICT})
    assert_problem(
        refused, 409, "the sandbox has the maximum of 2 fault rules; remove some first"
    )
    assert await ids(merchant) == ["b", "a"]


async def test_rule_of_the_same_id_is_replaced(merchant: Merchant) -> None:
    await merchant.control("POST", "faults", {"id": "a", **CONFLICT})
    await merchant.do(Op.GET_ORDER)
    await merchant.control("POST", "faults", {"id": "a", "do": {"rate_limit": True}})
    (listed,) = (await merchant.control("GET", "faults")).json["faults"]
    assert (listed["do"], listed["matched"]) == (["rate_limit 1s"], 0)
    assert (await merchant.do(Op.GET_ORDER)).status == 429


async def test_one_or_all_fault_rules_are_removed(merchant: Merchant) -> None:
    for name in ("a", "b", "c"):
        await merchant.control("POST", "faults", {"id": name, **CONFLICT})
    removed = await merchant.control("DELETE", "faults/b")
    assert (removed.status, removed.body) == (204, b"")
    assert await ids(merchant) == ["a", "c"]
    assert (await merchant.control("DELETE", "faults")).status == 204
    assert await ids(merchant) == []
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def test_fault_rule_accepts_order_name_or_id(merchant: Merchant) -> None:
    scenario = {"orders": {"mine": {"lines": [{"unit_price": 1}]}}}
    filled = await merchant.control("PUT", "scenario", scenario)
    for expected in ("mine", filled.json["orders"]["mine"], ["mine"]):
        created = await merchant.control("POST", "faults", {"order": expected, **CONFLICT})
        assert created.json["orders"] == [filled.json["orders"]["mine"]]


# Invalid rules and a part of the message.
REFUSED: dict[str, tuple[Any, int, str]] = {
    "nothing to do": ({}, 422, "E102 'do' is missing"),
    "an empty list to do": ({"do": []}, 422, "E105 do: expected at least 1 entry"),
    "an unknown action": (
        {"do": {"explode": True}},
        422,
        "E101 do.explode: unknown key 'explode'",
    ),
    "an unknown key": (
        {"onn": "refund", **CONFLICT},
        422,
        "unknown key 'onn', did you mean 'on'?",
    ),
    "an unknown operation": ({"on": "refnd", **CONFLICT}, 422, "did you mean 'refund'?"),
    "an unknown reason": ({"do": {"refuse": "conflct"}}, 422, "did you mean 'conflict'?"),
    "an unknown order": (
        {"order": "nowhere", **CONFLICT},
        422,
        "E204 order: unknown order 'nowhere'",
    ),
    "a time that is none": ({"from": "soon", **CONFLICT}, 422, "E106 from: not a time: 'soon'"),
    "a delay that is none": ({"do": {"delay": "2 s"}}, 422, "E106 do.delay: not a duration"),
    "a probability above one": (
        {"probability": 1.5, **CONFLICT},
        422,
        "E105 probability: expected at most 1",
    ),
    "the zeroth call": ({"calls": 0, **CONFLICT}, 422, "E105 calls: expected at least 1"),
    "a fraction of a call": (
        {"calls": 1.0, **CONFLICT},
        422,
        "E103 calls: expected an integer, got 1.0",
    ),
    "a fraction of a byte": (
        {"do": {"truncate": 16.0}},
        422,
        "E103 do.truncate: expected an integer",
    ),
    "a status of a fraction": (
        {"do": {"respond": {"status": 200.0}}},
        422,
        "E103 do.respond.status",
    ),
    "a status beyond all": (
        {"do": {"respond": {"status": 600}}},
        422,
        "E105 do.respond.status",
    ),
    "two lines in a header": (
        {"do": {"respond": {"status": 200, "headers": {"X": "a\r\nY: b"}}}},
        422,
        "E105 do.respond.headers.X",
    ),
    "an id that no path can hold": (
        {"id": "a/b", **CONFLICT},
        422,
        'E105 id: expected a name without /, line breaks and control characters, got "a/b"',
    ),
    "an id that is no text": ({"id": 5, **CONFLICT}, 422, "E103 id: expected a string, got 5"),
    "a list": ([], 422, "expected a JSON object"),
    "no json": (b"{", 400, "malformed JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_invalid_fault_rule_is_refused_and_others_stay(
    merchant: Merchant,
    case: str,
) -> None:
    spec, status, expected_text = REFUSED[case]
    await merchant.control("POST", "faults", {"id": "kept", **CONFLICT})
    assert_problem(await merchant.control("POST", "faults", spec), status, expected_text)
    assert await ids(merchant) == ["kept"]


async def test_removing_an_unknown_fault_rule_is_a_problem(merchant: Merchant) -> None:
    response = await merchant.control("DELETE", "faults/nothing")
    assert_problem(response, 404, "no fault 'nothing'")


async def test_added_rule_that_can_never_fire_is_warned_of(merchant: Merchant) -> None:
    rule = {"on": "capture", "where": {"captured_amont": 100}, "do": {"garbage": True}}
    (warning,) = (await merchant.control("POST", "faults", rule)).json["warnings"]
    assert warning.startswith("W306: this fault can never fire: ")
    assert "did you mean 'captured_amount'?" in warning
    rule["where"] = {"captured_amount": 100}
    assert "warnings" not in (await merchant.control("POST", "faults", rule)).json
