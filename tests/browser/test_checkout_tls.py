"""The checkout page under TLS, in a shop page under TLS."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import Page

from mockserver.http.server import Server, running_in_thread
from mockserver.http.tls import TlsConfig
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.shop_site import ShopSite, running_shop

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ShopSite]:
    """A shop and a server, both with certificates of one authority."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    registry = SandboxRegistry(load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults()))
    with running_in_thread(Server(registry, tls=TlsConfig(context))) as url:
        site = ShopSite(url, "tls-shop", str(tmp_path / "ca.pem"))
        with running_shop(site, context) as shop:
            yield shop


def test_shopper_buys_in_a_shop_under_tls(
    shop: ShopSite, open_page: Callable[..., Page]
) -> None:
    page = open_page(ignore_https_errors=True)  # it does not know the authority
    page.goto(f"{shop.url}/checkout?order={shop.create()['order_id']}")
    checkout = page.frame_locator("#klarna-checkout-iframe")
    checkout.get_by_text("TEST DRIVE").click()
    checkout.get_by_test_id("fill").click()
    checkout.get_by_test_id("continue").click()
    checkout.get_by_test_id("buy").click()
    page.wait_for_url("https://localhost:*/confirmation?*")
    assert len(shop.orders) == 1
