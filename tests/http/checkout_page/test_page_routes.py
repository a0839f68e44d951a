"""The checkout page over HTTP: reached by its key alone, framed by any shop."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from mockserver.http.checkout_page.page_address import PageAddresses, parse_public_url
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.checkouts import CART, PARCEL, PICKUP
from tests.support.merchant import UNKNOWN_ID, Merchant, Reply

SHOP_FRAME = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Authorization": ""}
PAGE = {"Sec-Fetch-Site": "same-origin", "Authorization": ""}
ADDRESS = {"email": "ada@shop.example", "postal_code": "22222", "city": "Lund"}


async def open_checkout(merchant: Merchant, **fields: Any) -> str:  # noqa: ANN401
    """Create a checkout order; return the path of its page."""
    reply = await merchant.send("POST", CHECKOUTS_PATH, {**CART, **fields})
    assert reply.status == 201, reply
    (*_, summary) = (await merchant.control("GET", "checkouts")).json["checkouts"]
    assert summary["page_url"] in reply.json["html_snippet"]
    return str(summary["page_url"]).removeprefix(merchant.url)


async def ask(merchant: Merchant, method: str, path: str, body: Any = None) -> Reply:  # noqa: ANN401
    headers = PAGE if method == "POST" else SHOP_FRAME
    return await merchant.send(method, path, body, headers=headers)


async def test_page_can_be_framed_but_runs_only_its_own_scripts(
    merchant: Merchant,
) -> None:
    reply = await ask(merchant, "GET", await open_checkout(merchant))
    headers = dict(reply.headers)
    assert (reply.status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors" not in policy
    assert "X-Frame-Options" not in headers
    assert b"<script>" not in reply.body


@pytest.mark.parametrize("name", ["page.css", "page.js", "labels.js"])
async def test_files_of_the_page_are_served(merchant: Merchant, name: str) -> None:
    reply = await ask(merchant, "GET", f"/checkout-page/files/{name}")
    assert reply.status == 200
    missing = await ask(merchant, "GET", "/checkout-page/files/..%2Fapp.py")
    assert missing.status == 404


async def test_wrong_key_opens_nothing(merchant: Merchant) -> None:
    path = await open_checkout(merchant)
    folder, _, key = path.rpartition("/")
    others = [f"{folder}/{key[:-1]}_", path.replace(merchant.user, "nobody")]
    others.append(path.replace(folder.rpartition("/")[2], UNKNOWN_ID))
    for other in others:
        assert (await ask(merchant, "GET", other)).status == 404
        for method, action in (("GET", "order"), ("POST", "shopper"), ("POST", "complete")):
            reply = await ask(merchant, method, f"{other}/{action}", {})
            assert (reply.status, reply.json["detail"]) == (
                404,
                "no checkout order has this address",
            )


async def test_page_state_omits_references_and_merchant_data(
    merchant: Merchant,
) -> None:
    path = await open_checkout(merchant, merchant_data="cookie", merchant_reference1="r-1")
    state = await ask(merchant, "GET", f"{path}/order")
    assert state.status == 200
    assert b"cookie" not in state.body
    assert b"r-1" not in state.body
    assert state.json["order_lines"] == [
        {"name": "T-shirt", "quantity": 2, "total_amount": 20000}
    ]


async def test_entered_address_and_option_are_stored_until_changed(
    merchant: Merchant,
) -> None:
    path = await open_checkout(merchant, shipping_options=[PICKUP, PARCEL])
    entered = {"billing_address": ADDRESS, "shipping_option": "parcel"}
    state = (await ask(merchant, "POST", f"{path}/shopper", entered)).json["order"]
    assert (state["order_amount"], state["is_identified"]) == (24900, True)
    order_id = state["order_id"]
    read = (await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")).json
    assert read["billing_address"] == {"country": "se", **ADDRESS}
    assert (read["order_amount"], read["selected_shipping_option"]["id"]) == (20000, "parcel")
    cleared = {"billing_address": {"city": ""}, "shipping_address": {"city": "Kiel"}}
    state = (await ask(merchant, "POST", f"{path}/shopper", cleared)).json["order"]
    assert "city" not in state["billing_address"]
    assert state["shipping_address"]["city"] == "Kiel"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"billing_address": {"country": "Sweden"}}, "two letters, such as SE"),
        ({"billing_address": {"city": "x" * 201}}, "at most 200"),
        ({"shipping_option": "pigeon"}, "no shipping option 'pigeon'"),
        ({"outcome": "paid"}, "approved"),
        ([], "expected a JSON object"),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(
    merchant: Merchant,
    body: Any,  # noqa: ANN401
    problem: str,
) -> None:
    path = await open_checkout(merchant, shipping_options=[PICKUP])
    for action in ("shopper", "complete"):
        reply = await ask(merchant, "POST", f"{path}/{action}", body)
        assert (reply.status, problem in reply.json["detail"]) == (422, True), reply
    state = (await ask(merchant, "GET", f"{path}/order")).json
    assert (state["is_identified"], state["status"]) == (False, "checkout_incomplete")


async def test_page_completes_once_as_the_control_call_does(merchant: Merchant) -> None:
    path = await open_checkout(merchant)
    completed = await ask(merchant, "POST", f"{path}/complete", {"payment_method": "CARD"})
    assert (completed.status, completed.json["outcome"]) == (200, "approved")
    state = completed.json["order"]
    assert state["confirmation_url"] == f"http://shop.example/thanks?order={state['order_id']}"
    order = (await merchant.do(Operation.GET_ORDER, order_id=state["order_id"])).json
    assert order["initial_payment_method"]["type"] == "CARD"
    assert len((await merchant.control("GET", "deliveries")).json["deliveries"]) == 1
    for action in ("complete", "shopper"):
        again = await ask(merchant, "POST", f"{path}/{action}", {})
        assert (again.status, "read-only" in again.json["detail"]) == (409, True), again


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
async def test_another_site_cannot_act_for_the_shopper(
    merchant: Merchant, headers: dict[str, str]
) -> None:
    path = await open_checkout(merchant)
    for action in ("complete", "shopper"):
        reply = await merchant.send("POST", f"{path}/{action}", {}, headers=headers)
        assert (reply.status, "pages of other sites" in reply.json["detail"]) == (403, True)
    state = (await ask(merchant, "GET", f"{path}/order")).json
    assert (state["is_identified"], state["status"]) == (False, "checkout_incomplete")


async def test_api_key_stays_out_of_the_address(
    session: ClientSession, server_url: str
) -> None:
    key = "kco_secret_page_key"
    merchant = Merchant(session, server_url, key)
    token = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {token}"}
    reply = await merchant.send("POST", CHECKOUTS_PATH, CART, headers)
    snippet = reply.json["html_snippet"]
    assert key not in snippet
    url = snippet.partition('"PAGE_URL":"')[2].partition('"')[0]
    opened = await ask(merchant, "GET", url.removeprefix(server_url) + "/order")
    assert opened.json["order_id"] == reply.json["order_id"]


async def test_wrong_methods_and_paths_are_named(merchant: Merchant) -> None:
    path = await open_checkout(merchant)
    assert (await ask(merchant, "DELETE", path)).status == 405
    assert (await ask(merchant, "GET", "/checkout-page")).status == 404
    assert (await ask(merchant, "HEAD", path)).status == 200


def test_secret_of_an_owner_is_in_the_key() -> None:
    urls = []
    for secret in ("one", "two"):
        template = load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults())
        registry = SandboxRegistry(template, owned=True)
        sandbox = registry.authenticate("anna", secret)
        assert sandbox is not None
        urls.append(PageAddresses(registry).build(sandbox, UNKNOWN_ID, ""))
    assert urls[0] != urls[1]


async def test_public_url_is_where_browsers_find_the_page(
    session: ClientSession, new_server: Callable[..., Server]
) -> None:
    server = new_server(settings={"public_url": "https://kustom.example/mock"})
    with running_in_thread(server) as url:
        shop = Merchant(session, url, "shop")
        reply = await shop.send("POST", CHECKOUTS_PATH, CART)
        (checkout,) = (await shop.control("GET", "checkouts")).json["checkouts"]
        path = checkout["page_url"].removeprefix("https://kustom.example/mock")
        origin = {"Origin": "https://kustom.example"}
        completed = await shop.send("POST", f"{path}/complete", {}, headers=origin)
    assert (
        "https://kustom.example/mock/checkout-page/orders/shop/" in reply.json["html_snippet"]
    )
    assert completed.status == 200


@pytest.mark.parametrize("text", ["http://localhost:8566", "https://a.example/mock/"])
def test_public_urls_have_no_slash_at_the_end(text: str) -> None:
    assert parse_public_url(text) == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    ["localhost:8566", "ftp://a.example", "https://", "https://a.example?x", "http://[x"],
)
def test_invalid_public_url_is_an_error_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a URL such as https://kustom\.example"):
        parse_public_url(text)
