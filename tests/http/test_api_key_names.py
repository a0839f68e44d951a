"""A sandbox whose name is an API key is shown by a digest everywhere, never by the key."""

import logging
from collections.abc import Callable

import pytest

from mockserver.sandbox.names import display_name
from tests.support.merchant import Merchant, basic

KEY = "kco_live_api_THEKEY123"
DIGEST = display_name(KEY)


@pytest.fixture
async def key_merchant(new_merchant: Callable[..., Merchant]) -> Merchant:
    """A merchant whose sandbox is an API key, with the default order."""
    merchant = new_merchant()
    merchant.user = KEY
    await merchant.control("POST", "reset")
    order_id = (await merchant.control("GET", "orders")).json["orders"][0]["order_id"]
    merchant.order = (await merchant.send("GET", f"/ordermanagement/v1/orders/{order_id}")).json
    return merchant


def test_digest_is_short_and_recognisable() -> None:
    assert "key-" + DIGEST[4:] == DIGEST
    assert len(DIGEST) == 16
    assert display_name("shop") == "shop"


@pytest.mark.parametrize(
    "path",
    ["", "orders", "orders/none", "scenario", "requests", "clock", "verdict", "explain/none"],
)
async def test_control_api_shows_the_digest(key_merchant: Merchant, path: str) -> None:
    response = await key_merchant.control("GET", path)
    assert KEY not in response.body.decode()


async def test_lists_show_the_digest(key_merchant: Merchant) -> None:
    for path in ("sandboxes", "activity"):
        body = (await key_merchant.send("GET", f"/__admin/{path}")).body.decode()
        assert KEY not in body
        assert DIGEST in body


async def test_digest_selects_the_sandbox_in_paths(key_merchant: Merchant) -> None:
    by_digest = await key_merchant.send("GET", f"/__admin/sandboxes/{DIGEST}")
    assert (by_digest.status, by_digest.json["name"]) == (200, DIGEST)
    unknown = await key_merchant.send("GET", "/__admin/sandboxes/key-000000000000")
    assert unknown.status == 404


async def test_other_users_see_the_digest(key_merchant: Merchant) -> None:
    path = f"/ordermanagement/v1/orders/{key_merchant.order_id}"
    response = await key_merchant.send(
        "GET", path, headers={"Authorization": basic("stranger")}
    )
    assert response.header("Mock-Reason").endswith(f"belongs_to=sandbox {DIGEST}")


async def test_logs_show_the_digest(
    key_merchant: Merchant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kustom_mock")
    await key_merchant.read()
    await key_merchant.control("GET", "clock")
    assert DIGEST in caplog.text
    assert KEY not in caplog.text
