"""Exporting a sandbox as a scenario reproduces it, except for personal data."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    Cancel,
    CaptureOrder,
    Command,
    ExtendAuthorizationTime,
    ExtendDueDate,
    RefundOrder,
    ReleaseRemainingAuthorization,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.forced_outcomes import FORCED_OUTCOMES
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, OrderLine
from mockserver.http.control.serializers import serialize_order_details
from mockserver.json_type import Json
from mockserver.sandbox.execution import execute
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.export import export_sandbox
from mockserver.scenario.export_values import MASKS, mask_address, mask_customer
from mockserver.scenario.scenario import parse_scenario, wrap_value
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.builders import make_line
from tests.support.effort import effort
from tests.support.merchant import SHIPPED, UNSHIPPED, Merchant, line
from tests.support.strategies import assumptions as all_assumptions

FROZEN = {"start": "2026-01-15T09:00:00.123456Z", "frozen": True}
SECRETS = ("Ada", "Lovelace", "ada@example.org", "12 Sankt James", "5550100", "1815-12-10")
ADA = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "email": "ada@example.org",
    "street_address": "12 Sankt James",
    "phone": "5550100",
    "postal_code": "12345",
    "city": "Uppsala",
}


def mask(order: Json) -> Json:
    """Mask in an order what an export masks."""
    parts = [order, *order["captures"]]
    for part in parts:
        for key in ("billing_address", "shipping_address"):
            part[key] = mask_address(part[key])
    order["customer"] = mask_customer(order["customer"])
    return order


async def read_export(merchant: Merchant) -> str:
    reply = await merchant.control("GET", "scenario")
    assert reply.status == 200
    assert reply.header("Content-Type") == "application/yaml"
    return reply.body.decode()


async def load_export(text: str, other: Merchant, order_id: str) -> None:
    """Load an export into another sandbox; its order becomes the current one."""
    path = f"/__admin/sandboxes/{other.user}/scenario"
    sent = {"Content-Type": "application/yaml"}
    reply = await other.send("PUT", path, text.encode(), sent)
    assert reply.status == 200, reply
    other.order = {"order_id": order_id, "captures": [], "refunds": []}
    other.order = await other.read()


async def test_export_reproduces_the_sandbox_elsewhere(
    new_merchant: Callable[..., Merchant],
) -> None:
    one, other = new_merchant(), new_merchant()
    await one.make_order({**SHIPPED, "name": "two", "billing_address": ADA})
    await one.refund(10000, line("B24680", 10000, name="", tax_rate=2500), key="k")
    await one.refund(5)
    await load_export(await read_export(one), other, one.order_id)
    assert other.order == mask(await one.read())
    here, there = [(await m.control("GET", "orders/two")).json for m in (one, other)]
    assert explanations(here) == explanations(there)
    assert here["ledger"] == there["ledger"]


async def test_export_keeps_refunds_behind_captures_of_the_future(
    new_merchant: Callable[..., Merchant],
) -> None:
    one, other = new_merchant(), new_merchant()
    captures = {"A": {"lines": ["A12345"], "at": "1h"}, "B": {"lines": ["B24680"], "at": "2h"}}
    spec = {"clock": FROZEN, "orders": {"two": {**SHIPPED, "captures": captures}}}
    loaded = (await one.control("PUT", "scenario", spec)).json
    one.order = {"order_id": loaded["orders"]["two"], "captures": [], "refunds": []}
    assert (await one.refund(1, line("A12345", 1))).status == 201
    await load_export(await read_export(one), other, one.order_id)
    assert [refund["refunded_amount"] for refund in other.order["refunds"]] == [1]


async def test_export_masks_personal_data_and_omits_credentials(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    spec = {
        "credentials": {merchant.user: "secret"},
        "orders": {
            "ada": {
                **SHIPPED,
                "billing_address": ADA,
                "customer": {"date_of_birth": "1815-12-10"},
            }
        },
    }
    assert (await merchant.control("PUT", "scenario", spec)).status == 200
    text = await read_export(merchant)
    assert [item for item in (*SECRETS, "credentials", "secret") if item in text] == []
    assert "Uppsala" in text


async def test_restored_sandbox_repeats_no_id(
    new_merchant: Callable[..., Merchant],
) -> None:
    one, other = new_merchant(), new_merchant()
    await one.make_order({**UNSHIPPED, "name": "first"})
    await one.do(Operation.ACKNOWLEDGE)
    for _ in range(3):
        await one.capture(10)
    await load_export(await read_export(one), other, one.order_id)
    for _ in range(5):
        assert (await other.capture(10)).status == 201
    ids = [capture["capture_id"] for capture in (await other.read())["captures"]]
    assert len(set(ids)) == len(ids) == 8
    await other.make_order(UNSHIPPED)
    assert other.order_id != one.order_id


FAULTS: Mapping[str, Json] = {
    "lost": {"on": "refund", "calls": {"first": 2}, "do": {"lose_answer": "reset"}},
    "slow": {"on": ["capture", "refund"], "order": "two", "do": [{"delay": "1ms"}]},
    "rare": {"probability": 0.000001, "do": {"respond": {"status": 503, "body": {"a": [1.5]}}}},
    "picky": {"where": {"order_lines.reference": "010", "x": True}, "do": {"garbage": True}},
}


async def test_fault_rules_are_exported_as_they_were_written(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    await merchant.make_order({**SHIPPED, "name": "two"})
    for name, rule in FAULTS.items():
        assert (await merchant.control("POST", "faults", {"id": name, **rule})).status == 201
    assert parse_yaml(await read_export(merchant)).value["faults"] == FAULTS


async def test_times_of_a_fault_rule_are_exported_in_full(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    spec = {"clock": FROZEN, "faults": {"late": {"from": "2d", "do": {"drop": "reset"}}}}
    assert (await merchant.control("PUT", "scenario", spec)).status == 200
    await merchant.control("POST", "clock", {"advance": "1d"})
    value = parse_yaml(await read_export(merchant)).value
    assert value["clock"] == {"start": "2026-01-16T09:00:00.123456Z", "frozen": True}
    assert value["faults"]["late"]["from"] == "2026-01-17T09:00:00.123456Z"


async def test_export_has_only_switched_assumptions(
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant()
    spec = {
        "seed": 7,
        "assume": {"unallocated_refund": "none", "validation_error": "BAD_REQUEST"},
    }
    await merchant.control("PUT", "scenario", spec)
    value = parse_yaml(await read_export(merchant)).value
    assert (value["assume"], value["seed"]) == (spec["assume"], "7")


def test_every_mask_hides_a_field_and_leaves_an_empty_one_empty() -> None:
    assert mask_address(dict.fromkeys(MASKS, "x")) == dict(MASKS)
    assert mask_address(dict.fromkeys(MASKS, "")) == dict.fromkeys(MASKS, "")
    assert mask_customer({"type": "person", "x": "1"}) == {"type": "person", "x": "masked"}


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("ada+denied@shop.example", "masked+denied@example.com"),
        ("ADA+Pend-Reject-05+x@shop.example", "masked+Pend-Reject-05@example.com"),
        ("ada+news@shop.example", "masked@example.com"),
    ],
)
def test_masked_email_asks_for_the_same_outcome(email: str, masked: str) -> None:
    assert mask_address({"email": email}) == {"email": masked}


IMPOSSIBLE: Mapping[str, tuple[Json, str]] = {
    "cancelled with captures": (
        {**SHIPPED, "state": {"cancelled": "1d"}},
        "state: impossible: an order with captures cannot be cancelled",
    ),
    "released without captures": (
        {**UNSHIPPED, "state": {"released": "1d"}},
        "state: impossible: an order without captures cannot be released",
    ),
    "more captured than authorized": (
        {**SHIPPED, "state": {"amount": 1}},
        "captured 20000 of 1",
    ),
    "before a capture that is not there": (
        {**SHIPPED, "refunds": {"r": {"amount": 1, "before": "C"}}},
        "there is no capture 'C'",
    ),
    "before a capture where none is": (
        {**UNSHIPPED, "refunds": {"r": {"amount": 1, "before": "C"}}},
        "there is no capture 'C'",
    ),
    "two parts of one id": (
        {**UNSHIPPED, "captures": {n: {"amount": 1, "capture_id": "c"} for n in "AB"}},
        "the id c is taken",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
async def test_impossible_order_state_is_refused(
    merchant: Merchant,
    case: str,
) -> None:
    spec, expected_text = IMPOSSIBLE[case]
    reply = await merchant.control("POST", "orders", spec)
    assert reply.status == 422
    assert expected_text in reply.json["detail"]


async def test_refund_can_be_written_before_a_capture_of_the_same_time(
    merchant: Merchant,
) -> None:
    refunds = {"late": {"amount": 1}, "early": {"lines": ["A12345"], "before": "B"}}
    await merchant.make_order({**SHIPPED, "refunds": refunds})
    page = (await merchant.control("GET", f"orders/{merchant.order_id}")).json
    events = [event["text"].split()[0] for event in page["timeline"]]
    assert events == ["order", "captured", "refunded", "captured", "refunded", "acknowledged"]


texts = st.text(st.characters(codec="utf-8"), max_size=12)
amounts = st.integers(0, 150)
lines = st.builds(
    make_line,
    st.none() | st.sampled_from(("A", "B", "a", "010", "")) | texts,
    st.integers(-20, 100),
    name=texts,
    type=st.sampled_from(("physical", "return_fee", "digital")),
    quantity=st.integers(0, 1000),
    quantity_unit=texts.map(lambda item: item[:10]),
    tax_rate=st.integers(0, 10_000),
    total_tax_amount=st.integers(-50, 50),
    extra=st.none() | st.just({"subscription": {"interval": "DAY"}, "image_url": "1"}),
)
several = st.lists(lines, max_size=3).map(tuple)
parcels = st.lists(
    st.fixed_dictionaries({"tracking_number": texts, "shipping_method": st.just("Home")}),
    max_size=2,
).map(tuple)


def sum_and_lines(order_lines: tuple[OrderLine, ...]) -> tuple[int, tuple[OrderLine, ...]]:
    return max(0, sum(item.total_amount for item in order_lines)), order_lines


CHANGES: SearchStrategy[Command] = st.one_of(
    st.builds(CaptureOrder, amounts, texts, several, st.none() | texts, parcels),
    several.map(lambda lines: CaptureOrder(sum_and_lines(lines)[0], order_lines=lines)),
    several.map(lambda lines: CaptureOrder(sum_and_lines(lines)[0], order_lines=lines)),
    st.builds(RefundOrder, amounts, texts, several, st.none() | texts),
    several.map(lambda found: RefundOrder(sum_and_lines(found)[0], order_lines=found)),
    several.map(lambda found: RefundOrder(sum_and_lines(found)[0], order_lines=found)),
    st.builds(UpdateAuthorization, st.integers(0, 400), several),
    st.builds(UpdateMerchantReferences, st.none() | texts, st.none() | texts),
    st.builds(
        UpdateCustomerDetails,
        st.fixed_dictionaries({"city": texts.map(lambda t: f"x{t}"), "email": texts}),
    ),
    st.builds(AddOrderShippingInfo, parcels),
    st.builds(AddCaptureShippingInfo, st.just("first"), parcels),
    st.builds(ExtendDueDate, st.just("first"), st.sampled_from((14, 30))),
    st.sampled_from(
        (
            Acknowledge(),
            Cancel(),
            ReleaseRemainingAuthorization(),
            ExtendAuthorizationTime(),
            TriggerSendOut("first"),
        ),
    ),
)
STEPS = st.lists(
    CHANGES
    | CHANGES
    | CHANGES
    | st.sampled_from((*FORCED_OUTCOMES,))
    | st.sampled_from((timedelta(hours=1), timedelta(days=30))),
    max_size=12,
)


def build(spec: Json, name: str) -> Sandbox:
    return parse_scenario(name, wrap_value(spec)).build(name)


def apply_steps(sandbox: Sandbox, order_id: str, steps: list[Any]) -> None:
    """Apply steps to an order; refused commands have no effect."""
    for step in steps:
        order = sandbox.orders.get(order_id)
        assert order is not None
        if isinstance(step, timedelta):
            sandbox.clock.advance(step)
        elif isinstance(step, str):
            sandbox.force_outcome(order_id, step)
        else:
            execute(sandbox, order_id, with_first_capture(step, order))


def with_first_capture(command: Command, order: Order) -> Command:
    """Return the command with the id of the first capture, if it names a capture."""
    if not hasattr(command, "capture_id") or not order.captures:
        return command
    values = {name: getattr(command, name) for name in command.__struct_fields__}
    return type(command)(**{**values, "capture_id": order.captures[0].capture_id})


def explanations(view: Json) -> list[Json]:
    """Return the allocations of an order without the requests that made them."""
    return [{**allocation, "correlation_id": None} for allocation in view["allocations"]]


def comparable_view(sandbox: Sandbox, order: Order) -> Json:
    view = serialize_order_details(sandbox, order)
    events = [(event["at"], event["text"]) for event in view.pop("timeline")]
    view["allocations"] = explanations(view)
    del view["timeline_text"]
    return {**view, "order": mask(view["order"]), "timeline": sorted(events)}


@effort(50)
@given(all_assumptions, st.lists(STEPS, min_size=1, max_size=2), st.booleans())
def test_export_reproduces_any_order_history(
    assumed: Any,  # noqa: ANN401
    histories: list[list[Any]],
    paid_later: bool,  # noqa: FBT001
) -> None:
    spec = {
        "seed": 7,
        "clock": FROZEN,
        "assume": {name: getattr(assumed, name) for name in ASSUMPTIONS},
        "orders": {
            f"order-{number}": {
                "lines": [{"reference": "A", "unit_price": 200}],
                "payment_method": "INVOICE" if paid_later else "CARD",
            }
            for number in range(len(histories))
        },
    }
    one = build(spec, "one")
    for order_id, steps in zip(one.order_names.values(), histories, strict=True):
        apply_steps(one, order_id, steps)
    text = export_sandbox(one)
    other = parse_scenario("other", parse_yaml(text)).build("other")
    before = [comparable_view(one, order) for order in one.orders.values()]
    assert [comparable_view(other, order) for order in other.orders.values()] == before
    assert other.clock.now() == one.clock.now()
    assert other.assumptions == one.assumptions
    assert parse_yaml(export_sandbox(other)).value == {
        **parse_yaml(text).value,
        "title": "Export of sandbox other",
    }
