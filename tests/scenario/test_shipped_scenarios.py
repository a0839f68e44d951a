"""Every shipped scenario holds what it promises, after what its merchant is to do."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientError

from mockserver.cli.lint import lint_text
from mockserver.domain.operation import Operation
from mockserver.scenario.document import MAX_FILE_BYTES
from mockserver.scenario.loader import find_shipped, list_shipped
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.schemas import bundle_schema, get_schema
from tests.support.merchant import SNEAKERS_BACK, Merchant, with_key

Op = Operation

PROMISED = {
    "checkout-declined-once", "checkout-happy-path", "checkout-never-acknowledged",
    "checkout-pending-rejected", "checkout-push-first", "checkout-push-lost",
    "checkout-validation-redirect", "checkout-webhooks-shuffled",
    "amount-only-refund", "capture-refused-once", "expiring-authorization", "fresh-order",
    "gateway-trouble", "lost-refund-answer", "many-lines", "misspelt-reference",
    "norwegian-order", "off-by-one", "pending-fraud-review", "sticky-failed-allocation",
    "rate-limited", "return-fee", "rounding-from-unit-prices", "same-reference-twice",
    "split-shipment", "three-shipments", "wrong-shipment", "goodwill-amount", "fee-left-out",
    "deleted-product", "capture-without-lines",
}  # fmt: skip
TIMEOUT = "30s"  # until a call that never arrives fails its test

NO_RESPONSE = None
"""Status of a response that never comes: the connection ends instead."""
CLIENT_LEFT = 0
"""Status of a response that the client stopped waiting for."""


@dataclass(frozen=True, slots=True)
class MerchantCall:
    """A call of the merchant API and its expected status."""

    operation: Operation
    order: str
    status: int | None
    body: Any = None
    key: str | None = None

    async def send(self, merchant: Merchant, orders: Mapping[str, str]) -> None:
        """Send the call; assert its status."""
        merchant.order = {"order_id": orders[self.order], "captures": [], "refunds": []}
        call = merchant.do(self.operation, self.body, headers=with_key(self.key))
        if self.status is NO_RESPONSE:
            with pytest.raises(ClientError):
                await call
        elif self.status == CLIENT_LEFT:
            await self._leave(merchant, asyncio.ensure_future(call))
        else:
            assert (await call).status == self.status

    async def _leave(self, merchant: Merchant, call: asyncio.Future[Any]) -> None:
        """Leave as soon as the server has the call."""
        path = f"requests/await?operation={self.operation}&status=0&timeout={TIMEOUT}"
        assert (await merchant.control("GET", path)).json["satisfied"]
        assert not call.done()
        call.cancel()


@dataclass(frozen=True, slots=True)
class ControlCall:
    """A call of the control API that advances the clock or ends a review."""

    path: str
    body: Any

    async def send(self, merchant: Merchant, _orders: Mapping[str, str]) -> None:
        """Send the call for the sandbox of the merchant."""
        assert (await merchant.control("POST", self.path, self.body)).status == 200


def capture(order: str, amount: int, status: int = 201) -> MerchantCall:
    return MerchantCall(Op.CAPTURE, order, status, {"captured_amount": amount})


def refund(order: str, amount: int, status: int = 201) -> MerchantCall:
    return MerchantCall(Op.REFUND, order, status, {"refunded_amount": amount})


AFTERWARDS: Mapping[str, Sequence[MerchantCall | ControlCall]] = {
    "three-shipments": [MerchantCall(Op.RELEASE_REMAINING_AUTHORIZATION, "three-of-four", 204)],
    "lost-refund-answer": [
        MerchantCall(
            Op.REFUND, "two-shipments", NO_RESPONSE, SNEAKERS_BACK, key="sneakers-back"
        ),
        MerchantCall(Op.REFUND, "two-shipments", 201, SNEAKERS_BACK, key="sneakers-back"),
    ],
    "capture-refused-once": [capture("waiting", 13000, 403), capture("waiting", 13000)],
    "rate-limited": [
        capture("busy-day", 3000, 429),
        capture("busy-day", 3000, 429),
        capture("busy-day", 3000),
    ],
    "gateway-trouble": [
        ControlCall("clock", {"freeze": True}),  # the slow response is not awaited
        capture("unlucky", 3000, 503),
        capture("unlucky", 3000),
        MerchantCall(Op.GET_ORDER, "unlucky", 200),
        refund("unlucky", 3000, CLIENT_LEFT),
        refund("unlucky", 3000),
    ],
    "expiring-authorization": [
        MerchantCall(Op.EXTEND_AUTHORIZATION_TIME, "extended", 204),
        ControlCall("clock", {"advance": "2d"}),
        capture("extended", 3000),
        capture("forgotten", 3000, 403),
    ],
    "pending-fraud-review": [
        capture("under-review", 10000, 403),
        ControlCall("orders/under-review/force", {"outcome": "accept_fraud"}),
        capture("under-review", 10000),
    ],
    "rounding-from-unit-prices": [
        capture("two-too-much", 1002, 403),
        capture("two-too-much", 1000),
    ],
}
"""What the merchant does in the scenarios whose expectations are about that."""

CHECKOUTS = "checkout-"
"""Scenarios that begin at the checkout; their steps play the shopper."""

every_scenario = pytest.mark.parametrize("name", sorted(list_shipped()))
every_unfinished_scenario = pytest.mark.parametrize("name", sorted(AFTERWARDS))


@pytest.fixture
def load(new_merchant: Callable[..., Merchant]) -> Callable[[str], Any]:
    """Load a shipped scenario into a new sandbox."""

    async def loaded(name: str) -> tuple[Merchant, Mapping[str, str]]:
        merchant = new_merchant()
        response = await merchant.control("PUT", "scenario", {"use": name})
        assert response.status == 200, response
        return merchant, response.json["orders"]

    return loaded


async def failures(merchant: Merchant) -> list[str]:
    verdict = (await merchant.control("GET", "verdict")).json
    return [
        expectation["text"]
        for expectation in verdict["expectations"]
        if not expectation["passed"]
    ]


def test_documented_scenarios_are_shipped() -> None:
    assert set(list_shipped()) >= PROMISED


@every_scenario
def test_shipped_scenarios_are_valid_by_both_validators(name: str) -> None:
    value = parse_yaml(find_shipped(name).read_bytes()).value
    rules = bundle_schema("scenario.schema.json")
    jsonschema.Draft202012Validator(rules).validate(value)
    assert list(get_schema("scenario.schema.json").violations(value)) == []


@every_scenario
def test_shipped_scenarios_have_no_lint_findings(name: str) -> None:
    assert list(lint_text(find_shipped(name).read_bytes())) == []


@every_scenario
def test_shipped_scenarios_start_with_their_purpose(name: str) -> None:
    first, second, *_ = find_shipped(name).read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ")
    assert second == "version: 1"


@every_scenario
def test_allowed_warnings_of_shipped_scenarios_would_occur(name: str) -> None:
    value = parse_yaml(find_shipped(name).read_bytes()).value
    text = find_shipped(name).read_text(encoding="utf-8")
    for code in value.get("allow", []):
        strict = text.replace(code, "W306")  # which none of them allows
        assert code in {item.code for item in lint_text(strict.encode())}


@every_scenario
def test_shipped_scenarios_have_reproducible_ids(name: str) -> None:
    scenario = parse_scenario(name, parse_yaml(find_shipped(name).read_bytes()))
    first, second = scenario.build("merchant"), scenario.build("merchant")
    assert first.order_names == second.order_names
    assert first.movement_names == second.movement_names
    if first.clock.frozen:
        assert first.orders == second.orders


@pytest.mark.parametrize(
    "name", sorted(name for name in list_shipped() if not name.startswith(CHECKOUTS))
)
async def test_shipped_scenarios_meet_their_expectations(
    name: str,
    load: Callable[[str], Any],
) -> None:
    merchant, orders = await load(name)
    for step in AFTERWARDS.get(name, ()):
        await step.send(merchant, orders)
    assert await failures(merchant) == []
    assert (await merchant.control("GET", "invariants")).json["passed"]


@every_unfinished_scenario
async def test_scenario_fails_if_the_merchant_sends_nothing(
    name: str,
    load: Callable[[str], Any],
) -> None:
    merchant, _ = await load(name)
    assert await failures(merchant) != []


async def test_lost_response_without_key_ends_in_two_refunds(
    load: Callable[[str], Any],
) -> None:
    merchant, orders = await load("lost-refund-answer")
    for status in (NO_RESPONSE, 201):
        step = MerchantCall(Op.REFUND, "two-shipments", status, SNEAKERS_BACK)
        await step.send(merchant, orders)
    assert "orders.two-shipments.refunded_amount: expected 10000, got 20000" in (
        await failures(merchant)
    )


async def test_norwegian_order_has_norwegian_currency_locale_and_shopper(
    load: Callable[[str], Any],
) -> None:
    merchant, orders = await load("norwegian-order")
    merchant.order = {"order_id": orders["til-norge"], "captures": [], "refunds": []}
    order = await merchant.read()
    assert (order["purchase_country"], order["purchase_currency"]) == ("NO", "NOK")
    assert order["locale"] == "nb-NO"
    assert order["billing_address"]["country"] == "NO"
    assert order["billing_address"]["family_name"]


async def test_order_of_1000_lines_is_captured_in_two_captures(
    load: Callable[[str], Any],
) -> None:
    assert len(find_shipped("many-lines").read_bytes()) < MAX_FILE_BYTES / 10
    merchant, orders = await load("many-lines")
    merchant.order = {"order_id": orders["thousand"], "captures": [], "refunds": []}
    order = await merchant.read()
    assert len(order["order_lines"]) == 1000
    assert [len(capture["order_lines"]) for capture in order["captures"]] == [500, 500]
