"""The errors pages of checkouts, tokens and sessions list what the server answers, no more."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from mockserver.sandbox import sandbox as sandbox_module
from tests.support.checkouts import CART
from tests.support.merchant import UNKNOWN_ID, Merchant, Reply

PAGES = Path(__file__).parents[3] / "docs/reference/errors"
ROW = re.compile(r"\| `(\w+)` \| (\d+) `(\w+)` \| (.*?) \|")
WRONG_SUM = {"order_amount": 1}
RENEWAL = {
    name: CART[name]
    for name in ("purchase_currency", "order_amount", "order_tax_amount", "order_lines")
}
SESSION = {"payment_session_url": "https://api.kustom.co/checkout/v3/orders/{order_id}"}
Op = Operation

PROVOKING: dict[tuple[Op, str], tuple[str, Any]] = {
    (Op.CREATE_CHECKOUT, "bad_value"): ("open", {**CART, **WRONG_SUM}),
    (Op.CREATE_CHECKOUT, "sandbox_is_full"): ("full", CART),
    (Op.READ_CHECKOUT, "checkout_not_found"): ("unknown", None),
    (Op.UPDATE_CHECKOUT, "checkout_not_found"): ("unknown", {}),
    (Op.UPDATE_CHECKOUT, "checkout_read_only"): ("complete", {}),
    (Op.UPDATE_CHECKOUT, "bad_value"): ("open", WRONG_SUM),
    (Op.UPDATE_CHECKOUT, "sandbox_is_full"): ("full", {"merchant_data": "x" * 100}),
    (Op.ABORT_CHECKOUT, "checkout_not_found"): ("unknown", None),
    (Op.ABORT_CHECKOUT, "checkout_read_only"): ("complete", None),
    (Op.READ_CUSTOMER_TOKEN, "token_not_found"): ("unknown", None),
    (Op.CREATE_TOKEN_ORDER, "token_not_found"): ("unknown", RENEWAL),
    (Op.CREATE_TOKEN_ORDER, "token_not_active"): ("cancelled", RENEWAL),
    (Op.CREATE_TOKEN_ORDER, "bad_value"): ("complete", {**RENEWAL, **WRONG_SUM}),
    (Op.CREATE_TOKEN_ORDER, "sandbox_is_full"): ("full", RENEWAL),
    (Op.UPDATE_CUSTOMER_TOKEN, "token_not_found"): ("unknown", {"status": "CANCELLED"}),
    (Op.UPDATE_CUSTOMER_TOKEN, "bad_value"): ("complete", {"status": "ACTIVE"}),
    (Op.CREATE_HOSTED_SESSION, "hosted_session_not_found"): ("unknown", SESSION),
    (Op.CREATE_HOSTED_SESSION, "bad_value"): ("open", {"payment_session_url": "somewhere"}),
    (Op.CREATE_HOSTED_SESSION, "sandbox_is_full"): ("full", SESSION),
    (Op.READ_HOSTED_SESSION, "hosted_session_not_found"): ("unknown", None),
}
"""State of what the request names, and its body, by operation and reason."""


def rows(page: str) -> Iterator[tuple[str, tuple[str, int, str, str]]]:
    """Yield the heading and the cells of each row of a page: reason, status, code, message."""
    for section in (PAGES / f"{page}.md").read_text("utf-8").split("\n## ")[1:]:
        for reason, status, code, message in ROW.findall(section):
            yield section.split("\n")[0].strip("`"), (reason, int(status), code, message)


DOCUMENTED = {(Op(name), row[0]): row for name, row in rows("checkouts")}
GENERAL = {row[0]: row for _, row in rows("index")}


async def prepare(merchant: Merchant, state: str) -> dict[str, Any]:
    """Bring a checkout order, with its token and session, into a state; return the ids."""
    assume = {"expired_checkout": "json_404"}
    await merchant.control("PUT", "scenario", {"version": 1, "assume": assume})
    if state == "unknown":
        return {"order_id": UNKNOWN_ID}
    created = await merchant.send("POST", CHECKOUTS_PATH, {**CART, "recurring": True})
    order_id = created.json["order_id"]
    if state == "open":
        return {"order_id": order_id}
    done = await merchant.control("POST", f"checkouts/{order_id}/complete", {"push": "hold"})
    token = done.json["checkout"]["recurring_token"]
    if state == "cancelled":
        body = {"status": "CANCELLED"}
        await merchant.do(Op.UPDATE_CUSTOMER_TOKEN, body, customer_token=token)
    open_order = await merchant.send("POST", CHECKOUTS_PATH, CART)
    is_full = state == "full"
    open_id = open_order.json["order_id"] if is_full else order_id
    return {"order_id": open_id, "customer_token": token}


def fill(body: Any, ids: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return a body with the ids that it names."""
    if body is not SESSION:
        return body
    return {key: url.format(**ids) for key, url in SESSION.items()}


def assert_documented(reply: Reply, row: tuple[str, int, str, str]) -> None:
    reason, status, code, message = row
    assert reply.header("Mock-Reason").partition(";")[0].split()[0] == reason
    assert (reply.status, reply.json["error_code"]) == (status, code)
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(message))
    assert all(re.fullmatch(pattern, text) for text in reply.json["error_messages"])


def test_every_documented_error_is_provoked() -> None:
    assert DOCUMENTED.keys() == PROVOKING.keys()


@pytest.mark.unshared("a test cannot make the sandbox of another process full")
@pytest.mark.parametrize(
    "case", PROVOKING, ids=[f"{operation} {reason}" for operation, reason in PROVOKING]
)
async def test_documented_error_is_answered_as_documented(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, case: tuple[Op, str]
) -> None:
    state, body = PROVOKING[case]
    ids = await prepare(merchant, state)
    if state == "full":
        monkeypatch.setattr(sandbox_module, "MAX_SANDBOX_BYTES", 1)
    reply = await merchant.do(case[0], fill(body, ids), **ids)
    assert_documented(reply, DOCUMENTED[case])


BAD_BODIES = [b"{", b"[]", b"null", b"{}", b'{"order_amount": "1", "status": 5}', b"\xff"]


@pytest.mark.parametrize("operation", dict.fromkeys(operation for operation, _ in DOCUMENTED))
@pytest.mark.parametrize("state", ["unknown", "open", "complete"])
async def test_every_error_is_documented_for_its_operation(
    merchant: Merchant, operation: Op, state: str
) -> None:
    ids = await prepare(merchant, state)
    for body in BAD_BODIES:
        reply = await merchant.do(operation, body, **ids)
        if reply.status < 400:
            continue
        reason = reply.header("Mock-Reason").partition(";")[0].split()[0]
        assert_documented(reply, DOCUMENTED.get((operation, reason)) or GENERAL[reason])
