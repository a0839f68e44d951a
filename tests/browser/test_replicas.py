"""The dashboard before two servers that share their sandboxes in one store."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Watch
from tests.support.forwarder import forwarding
from tests.support.processes import serving
from tests.support.refunding_shop import RefundingShop

pytestmark = pytest.mark.browser


def test_page_follows_on_at_another_replica_and_loses_nothing(
    page: Page, watch: Watch, engine_url: str
) -> None:
    watch.expected += ["*ERR_*"]
    with ExitStack() as running:
        replicas = [
            running.enter_context(serving("--port", "0", "--store", engine_url))
            for _ in range(2)
        ]
        (first, url), (_, other_url) = replicas
        servers = [url, other_url]
        shop = RefundingShop(other_url, "replica-shop")
        order_id = shop.control.use("split-shipment")["two-shipments"]
        page.goto(
            f"{running.enter_context(forwarding(servers))}/__admin/ui/#/s/{shop.user}/journal"
        )
        expect(page.locator("header .state")).to_contain_text("live")
        shop.refund(order_id, 100, "B2468O")
        expect(page.locator(".item:visible")).to_have_count(1)
        first.kill()
        expect(page.locator("#offline")).to_be_visible()
        shop.request("GET", order_id)
        servers.remove(url)
        expect(page.locator("header .state")).to_contain_text("live")
        expect(page.locator(".item:visible")).to_have_count(2)
