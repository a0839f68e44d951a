"""Reads of the control API create nothing and refuse filters that they do not know."""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from mockserver.http.control.routes import CONTROL_ROUTES, SANDBOX_PATH
from mockserver.sandbox.names import MAX_NAME_LENGTH
from tests.support.merchant import UNKNOWN_ID, Merchant
from tests.support.problems import assert_problem

GETS = [
    route.path
    for route in CONTROL_ROUTES
    if route.method == "GET" and route.path.startswith(SANDBOX_PATH)
]
GUARDED = [
    route.path
    for route in CONTROL_ROUTES
    if route.method == "GET" and not route.unauthenticated
]
READING_POSTS = {
    "verdict": {},
    "explain": {"order_id": "fresh", "refund": {"refunded_amount": 1}},
}
WRITES = {
    "POST clock": {"freeze": True},
    "POST faults": {"do": {"refuse": "conflict"}},
    "POST orders": {"lines": [{"unit_price": 1}]},
    "POST snapshots": {"name": "here"},
    "POST reset": None,
    "PUT names": {},
    "PUT scenario": {"use": "fresh-order"},
}


def url_of(path: str, sandbox: str) -> str:
    return path.format(
        sandbox=quote(sandbox, safe=""),
        order_id=UNKNOWN_ID,
        correlation_id=UNKNOWN_ID,
        checkout_id=UNKNOWN_ID,
        delivery_id="no",
        scenario="fresh-order",
    )


@pytest.mark.parametrize("path", GETS)
async def test_get_creates_no_sandbox(new_merchant: Callable[[], Merchant], path: str) -> None:
    merchant = new_merchant()
    response = await merchant.send("GET", url_of(path, merchant.user))
    assert_problem(response, 404, f"no sandbox '{merchant.user}' is in use")
    assert (await merchant.send("GET", f"/__admin/sandboxes/{merchant.user}")).status == 404


@pytest.mark.parametrize("path", READING_POSTS)
async def test_reading_post_creates_no_sandbox(
    new_merchant: Callable[[], Merchant], path: str
) -> None:
    merchant = new_merchant()
    response = await merchant.control("POST", path, READING_POSTS[path])
    assert_problem(response, 404, f"no sandbox '{merchant.user}' is in use")


@pytest.mark.parametrize("call", WRITES)
async def test_change_creates_the_sandbox(
    new_merchant: Callable[[], Merchant], call: str
) -> None:
    merchant = new_merchant()
    method, path = call.split()
    assert (await merchant.control(method, path, WRITES[call])).status < 300
    assert (await merchant.control("GET", "orders")).json["orders"]


@pytest.mark.unshared("similar names are those that the replica has cached")
async def test_unknown_sandbox_names_similar_ones(new_merchant: Callable[[], Merchant]) -> None:
    merchant = new_merchant()
    merchant.user = "shopping-cart-7"
    await merchant.control("POST", "reset")
    response = await merchant.send("GET", "/__admin/sandboxes/shoping-cart-7/verdict")
    assert_problem(response, 404, "no sandbox 'shoping-cart-7' is in use, did you mean 'shop")


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "\u2028", "x" * (MAX_NAME_LENGTH + 1)])
@pytest.mark.parametrize(("method", "path"), [("GET", "clock"), ("POST", "reset")])
async def test_invalid_sandbox_name_is_refused(
    merchant: Merchant, name: str, method: str, path: str
) -> None:
    response = await merchant.send(method, f"/__admin/sandboxes/{quote(name, safe='')}/{path}")
    assert_problem(response, 422, "expected 1 to 255 printable characters as the name")


@pytest.mark.parametrize("path", GUARDED)
async def test_unknown_filter_is_refused_everywhere(merchant: Merchant, path: str) -> None:
    response = await merchant.send("GET", f"{url_of(path, merchant.user)}?statsu=CAPTURED")
    assert_problem(response, 422, "unknown filter 'statsu', ")


@pytest.mark.parametrize("path", ["requests", "requests/count", "requests/await"])
async def test_repeated_filter_is_refused(merchant: Merchant, path: str) -> None:
    query = "operation=capture&operation=refund"
    response = await merchant.control("GET", f"{path}?{query}")
    assert_problem(response, 422, "filter 'operation' is repeated; send it once")


async def test_change_refuses_filters(merchant: Merchant) -> None:
    async with merchant.nothing_changes():
        response = await merchant.control("POST", "reset?dry_run=true")
    assert_problem(response, 422, "unknown filter 'dry_run', this call has no filters")
