"""Take pictures of every screen of the dashboard and of the checkout page, to be looked at.

Usage::

    python -m tools.screens [FOLDER] [--only TEXT]

Each state is taken in every theme and width of the tables below; ``index.html`` in the folder
shows all pictures. Needs Chromium and the development dependencies.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.browser import TIMEOUT, find_chromium, running_chromium
from tests.support.checkouts import PARCEL, PICKUP, SHIRTS
from tests.support.refunding_shop import RefundingShop
from tests.support.shop_site import ShopSite, running_shop

THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active", "reduced_motion": "reduce"},
}
SIZES = ((1280, 800), (360, 740), (2560, 1300))
LONG = "Ein sehr langer Name, der in keine Spalte passt " * 3
BIDI = "\u202e<b>חולצה כחולה</b> 'x' \x07 &amp;"
DESK_LINES = [
    {"reference": "DESK", "name": "Desk", "unit_price": 249900},
    {"reference": "LAMP", "name": "Lamp", "unit_price": 39900},
    {"reference": "CHAIR", "name": "Chair", "unit_price": 89900},
]
SHIPPED_ORDER = {
    "version": 1,
    "seed": 7,
    "clock": {"start": "2026-01-15T09:00:00Z", "frozen": True},
    "orders": {
        "shipped": {
            "lines": DESK_LINES,
            "captures": {"A": {"lines": ["DESK"]}, "B": {"lines": ["CHAIR"]}},
        }
    },
    "expect": {"orders": {"shipped": {"refunded_amount": 39900}}},
}
REFUNDS = 200
REFUNDS_OF_LINES = 140
LONG_LINES = [{**SHIRTS, "name": BIDI + LONG}]
Open = Callable[[Page], None]


class Stage:
    """A server with sandboxes in every state, and the addresses of its pages.

    Attributes:
        shop: a sandbox in which much has happened.
        orders: the ids of its orders by name.
    """

    def __init__(self, url: str, site: ShopSite) -> None:
        self.url = url
        self.site = site
        self.shop = RefundingShop(url, "shop")
        self.orders: dict[str, str] = {}
        self._fill()

    def _fill(self) -> None:
        control = self.shop.control
        RefundingShop(self.url, "empty").control.load({"version": 1})
        RefundingShop(self.url, f"ci {LONG}\u05d7\u05d5\u05dc\u05e6\u05d4").control.load(
            {"use": "split-shipment"}
        )
        control.load(SHIPPED_ORDER)
        control.take_snapshot("before-refunds")
        shipped = control.orders()[0]["order_id"]
        names = {"reference": LONG[:60], "name": BIDI + LONG, "unit_price": 3000}
        many = [
            {"reference": f"R{n}", "name": f"Article {n}", "unit_price": 1000}
            for n in range(50)
        ]
        captures = {f"C{n}": {"lines": [f"R{n}"]} for n in range(50)}
        created: dict[str, dict[str, Any]] = {
            "fresh": {"lines": DESK_LINES},
            "long": {"lines": [names], "captures": {"A": {"lines": [LONG[:60]]}}},
            "large": {"lines": many, "captures": captures},
        }
        self.orders["shipped"] = shipped
        for name, spec in created.items():
            self.orders[name] = control.create_order({"name": name, **spec})["order_id"]
        self.shop.refund(shipped, 249900, "DESK")
        self.shop.refund(shipped, 39900, "LAMPE")
        self.shop.refund(shipped, 20000)
        self.shop.refund(shipped, 99999999)
        self.shop.refund(self.orders["long"], 1000, BIDI)
        for number in range(REFUNDS):
            reference = f"R{number % 40}" if number < REFUNDS_OF_LINES else "misspelt"
            self.shop.refund(self.orders["large"], 10, reference)
        control.add_fault({"id": "slow", "on": "any", "do": {"delay": "1ms"}})
        control.add_fault({"id": "never", "on": "abort_checkout", "do": {"drop": "close"}})
        self.shop.request("GET", "unknown")
        control.create_checkout({"name": "cart", "lines": [DESK_LINES[0]]})
        done = control.create_checkout({"name": "bought", "lines": [DESK_LINES[1]]})["order_id"]
        control.complete(done)
        control.set_webhooks(
            [{"url": "http://127.0.0.1:9/hooks", "secret": "whsec_" + "A" * 32}]
        )
        control.set_clock(advance="3m")

    def view(self, name: str, sandbox: str = "shop") -> str:
        """Return the address of a view."""
        return f"{self.url}/__admin/ui/#/s/{sandbox}/{name}"


def dashboard_states(stage: Stage) -> Iterator[tuple[str, str, Open]]:
    """Yield the name, the address and what is done there, of each state."""
    yield "overview", f"{stage.url}/__admin/ui/", nothing
    for view in (
        "orders", "journal", "faults", "clock", "scenario", "checkouts", "deliveries",
        "snapshots", "checks",
    ):  # fmt: skip
        yield view, stage.view(view), nothing
        yield f"{view}-empty", stage.view(view, "empty"), nothing
    for name, order_id in stage.orders.items():
        yield f"order-{name}", stage.view(f"orders/{order_id}"), nothing
    order = stage.view(f"orders/{stage.orders['shipped']}")
    for tab in ("Timeline", "Ledger", "JSON", "Export"):
        yield f"order-tab-{tab.lower()}", order, click_tab(tab)
    yield "order-past", order, lambda page: page.get_by_role("slider").press("Home")
    yield "order-refund", order, open_refund
    yield "order-capture", order, click("Capture…")
    yield "order-unknown", stage.view("orders/none"), nothing
    yield "orders-new", stage.view("orders"), click("New order…")
    yield "orders-no-match", stage.view("orders?text=nothing-like-this"), nothing
    yield "journal-entry", stage.view("journal?outcome=failed"), open_first_entry
    yield "journal-refused", stage.view("journal?outcome=refused"), open_first_entry
    yield "clock-dry-run", stage.view("clock"), click("+28d")
    yield "scenario-findings", stage.view("scenario"), write_faulty_scenario
    yield "snapshots-reset", stage.view("snapshots"), click("Reset")
    yield "delivery", stage.view("deliveries"), open_first_delivery
    yield "shortcuts", stage.view("orders"), click("Keyboard shortcuts")
    yield "sandbox-unknown", stage.view("orders", "none"), nothing
    yield "no-such-page", stage.view("nothing"), nothing
    yield "offline", stage.view("orders"), go_offline
    checkouts = {one["status"]: one["order_id"] for one in stage.shop.control.checkouts()}
    for status, order_id in checkouts.items():
        yield f"checkout-{status}", stage.view(f"checkouts/{order_id}"), nothing


def checkout_states(stage: Stage) -> Iterator[tuple[str, str, Open]]:
    """Yield the states of the checkout page; each has a checkout order of its own."""
    parcel = {**PARCEL, "description": "2 to 4 days"}

    def address(**fields: Any) -> str:  # noqa: ANN401
        order = stage.site.create(**{"shipping_options": [parcel, PICKUP], **fields})
        return stage.site.control.checkout(order["order_id"])["page_url"]

    yield "page-start", address(), nothing
    yield "page-details", address(), shop(fill)
    yield "page-payment", address(), shop(fill, proceed)
    yield "page-panel", address(locale="de-DE"), shop(fill, proceed, open_panel)
    yield "page-long", address(locale="sv-SE", order_lines=LONG_LINES), shop(fill, proceed)
    yield "page-declined", address(), shop(fill, proceed, decline)
    yield "page-complete", address(), shop(fill, proceed, complete(stage))
    yield "page-unknown", re.sub("[^/]+/?$", "unknown", address()), nothing


def nothing(_page: Page) -> None:
    """Leave the page as it opens."""


def click(button: str) -> Open:
    """Return what clicks a button."""
    return lambda page: page.get_by_role("button", name=button, exact=True).first.click()


def click_tab(tab: str) -> Open:
    """Return what opens a tab."""
    return lambda page: page.get_by_role("tab", name=tab).click()


def open_refund(page: Page) -> None:
    """Open the dialog of a refund."""
    click("Refund…")(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox").last.check()
    expect(dialog.locator("svg .dry-run").first).to_be_visible()


def open_first_entry(page: Page) -> None:
    """Open the first entry of the journal."""
    page.locator(".item:visible").first.click()
    page.get_by_text("Why", exact=True).first.wait_for()


def open_first_delivery(page: Page) -> None:
    """Open the first delivery."""
    page.locator("tbody button").first.click()
    page.get_by_role("button", name="Send now").wait_for()


def write_faulty_scenario(page: Page) -> None:
    """Enter a scenario with a misspelt key."""
    text = "version: 1\norders:\n  one:\n    lines:\n      - {unit_prize: 500}\n"
    page.get_by_label("Scenario in YAML").fill(text)
    page.locator(".findings button").first.wait_for()


def go_offline(page: Page) -> None:
    """Let every request fail."""
    page.evaluate("() => { window.fetch = () => Promise.reject(Error()); }")
    page.evaluate("() => { location.hash = location.hash.replace('/shop/', '/empty/'); }")
    page.locator("#offline").wait_for()


def shop(*steps: Open) -> Open:
    """Return what goes through the steps of a shopper."""

    def go(page: Page) -> None:
        page.locator("#overlay").wait_for(state="hidden")
        for step in steps:
            step(page)

    return go


def fill(page: Page) -> None:
    """Fill in the address."""
    open_panel(page)
    page.get_by_test_id("fill").click()
    open_panel(page)  # and closes it


def open_panel(page: Page) -> None:
    """Open the test drive panel."""
    page.locator("#test-drive summary").click()


def proceed(page: Page) -> None:
    """Continue to the payment."""
    page.get_by_test_id("continue").click()
    page.get_by_test_id("buy").wait_for()


def decline(page: Page) -> None:
    """Choose that the payment is declined."""
    open_panel(page)
    page.get_by_test_id("outcome").select_option("declined")
    page.get_by_test_id("buy").click()
    page.get_by_role("alert").wait_for()


def complete(stage: Stage) -> Open:
    """Return what completes the latest checkout order behind the page's back."""

    def go(page: Page) -> None:
        stage.site.control.complete(page.url.split("/")[-2])
        page.reload()
        page.locator("#receipt").wait_for()

    return go


@contextmanager
def running_stage() -> Iterator[Stage]:
    """Run a server and a shop, both filled."""
    defaults = ScenarioDefaults(journal_size=1000)
    registry = SandboxRegistry(load_scenario((DEFAULT_SCENARIO,), defaults))
    with ExitStack() as running:
        url = running.enter_context(running_in_thread(Server(registry)))
        site = running.enter_context(running_shop(ShopSite(url, "checkout-shop")))
        yield Stage(url, site)


def take(page: Page, state: tuple[str, str, Open], folder: Path, theme: str) -> None:
    """Take the pictures of a state in each width."""
    name, address, open_state = state
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("about:blank")  # so that a page is loaded again
    page.goto(address)
    settle(page)
    open_state(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        path = folder / f"{name}-{theme}-{width}.png"
        page.screenshot(path=path, animations="disabled", full_page=True)
        if page.evaluate("() => document.documentElement.scrollWidth") > width:
            print(f"{path.name}: wider than the window")


def take_all(browser: Browser, stage: Stage, folder: Path, only: str) -> None:
    """Take the pictures of all states whose name contains a text, in every theme."""
    for theme, options in THEMES.items():
        context = browser.new_context(**options)
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        for state in (*dashboard_states(stage), *checkout_states(stage)):
            if only in state[0]:
                take(page, state, folder, theme)
        context.close()


def settle(page: Page) -> None:
    """Wait until the page shows what it loads."""
    page.wait_for_function("() => document.querySelector('h1, .finding, .empty')")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_timeout(150)  # pictures are drawn again for another width


def write_index(folder: Path) -> None:
    """Write a page with all pictures of the folder."""
    pictures = sorted(path.name for path in folder.glob("*.png"))
    figures = "".join(
        f'<figure><figcaption>{escape(name)}</figcaption><img src="{escape(name)}">'
        for name in pictures
    )
    style = "body { display: flex; flex-wrap: wrap; gap: 1em } figure { margin: 0 }"
    style += " img { height: 420px }"
    text = f"<!doctype html><title>Screens</title><style>{style}</style>{figures}"
    (folder / "index.html").write_text(text, "utf-8")


def main() -> int:
    """Take all pictures, or those whose name contains a text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".screens"))
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        print("no Chromium is installed; on Debian: apt-get install chromium")
        return 2
    arguments.folder.mkdir(exist_ok=True)
    with running_stage() as stage, running_chromium(executable) as browser:
        take_all(browser, stage, arguments.folder, arguments.only)
    write_index(arguments.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
