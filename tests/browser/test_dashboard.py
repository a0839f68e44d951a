"""The dashboard, by stories of people who use it."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.browser import Watch
from tests.support.refunding_shop import RefundingShop

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs/images"
TWO_SHIPMENTS = {
    "name": "shipped",
    "lines": [
        {"reference": "A12345", "name": "T-shirt", "unit_price": 3000},
        {"reference": "A98765", "name": "Jeans", "unit_price": 7000},
        {"reference": "B24680", "name": "Sneakers", "unit_price": 10000},
    ],
    "captures": {"A": {"lines": ["A12345", "A98765"]}, "B": {"lines": ["B24680"]}},
}
HOSTILE = "\u202e<img src=x onerror=alert(1)>'\"&{{1}}"
VIEWS = (
    "orders", "journal", "faults", "clock", "scenario", "checkouts", "deliveries",
    "snapshots", "checks",
)  # fmt: skip

_users = count(1)


@pytest.fixture
def shop(server_url: str) -> RefundingShop:
    """Provide a shop with an order of two shipments, on a frozen clock."""
    shop = RefundingShop(server_url, f"shop-{next(_users)}")
    shop.control.load(
        {
            "version": 1,
            "seed": 7,
            "clock": {"start": "2026-01-15T09:00:00Z", "frozen": True},
            "orders": {"shipped": {k: v for k, v in TWO_SHIPMENTS.items() if k != "name"}},
        }
    )
    return shop


def order_id(shop: RefundingShop) -> str:
    return shop.control.orders()[0]["order_id"]


def open_view(page: Page, shop: RefundingShop, view: str = "orders") -> None:
    place = f"#/s/{shop.user}/{view}"
    page.goto(f"{shop.url}/__admin/ui/{place}")
    expect(page.locator("main")).to_have_attribute("data-place", place)
    expect(page.locator("h1")).to_be_visible()


def open_order(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, f"orders/{order_id(shop)}")
    expect(page.locator(".picture svg")).to_be_visible()
    expect(page.locator("header .state")).to_contain_text("live")


def test_wrong_refund_turns_red_and_a_right_one_blue_without_reloading(
    page: Page, shop: RefundingShop
) -> None:
    page.goto(f"{shop.url}/")
    page.get_by_role("link", name=shop.user, exact=True).click()
    page.get_by_role("link", name="shipped").click()
    expect(page.locator(".picture .shipment")).to_have_count(2)
    expect(page.locator("header .state")).to_contain_text("live")
    began = page.evaluate("() => performance.timeOrigin")
    shop.refund(order_id(shop), 10000, "B2468O")
    expect(page.locator(".picture .refund.failed")).to_have_count(1)
    expect(page.locator(".finding")).to_contain_text("'B2468O' is on no capture")
    expect(page.locator(".finding")).to_contain_text("Change reference 'B2468O' to 'B24680'")
    page.evaluate("() => document.fonts.ready")
    page.screenshot(path=IMAGES / "dashboard-order.png", animations="disabled")
    shop.control.reset()
    expect(page.locator(".picture .refund")).to_have_count(0)
    shop.refund(order_id(shop), 10000, "B24680")
    expect(page.locator(".picture .refund.allocated")).to_have_count(1)
    expect(page.locator(".finding")).to_have_count(0)
    assert page.evaluate("() => performance.timeOrigin") == began


def test_refund_is_drawn_before_it_is_sent(page: Page, shop: RefundingShop) -> None:
    open_order(page, shop)
    page.get_by_role("button", name="Refund…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Sneakers").first.check()
    expect(dialog.locator(".dry-run.allocated").first).to_be_visible()
    expect(dialog).to_contain_text("It would be allocated")
    dialog.get_by_label("Reference of Sneakers").fill("B2468O")
    expect(dialog.locator(".dry-run.failed").first).to_be_visible()
    assert shop.control.call("GET", "requests/count") == {"count": 0}
    dialog.get_by_label("Reference of Sneakers").fill("B24680")
    expect(dialog.locator(".dry-run.allocated").first).to_be_visible()
    dialog.get_by_text("The same with curl").click()
    expect(dialog.locator("pre").last).to_contain_text("- refund: {order:")
    dialog.get_by_role("button", name="Send it").click()
    expect(page.locator(".picture .refund.allocated")).to_have_count(1)


def test_slider_shows_the_order_as_it_was(page: Page, shop: RefundingShop) -> None:
    shop.refund(order_id(shop), 10000, "B24680")
    open_order(page, shop)
    expect(page.locator(".picture .refund")).to_have_count(1)
    slider = page.get_by_role("slider")
    slider.press("Home")
    expect(page.locator(".picture .shipment")).to_have_count(0)
    expect(page.get_by_text("Step 1 of")).to_be_visible()
    slider.press("End")
    expect(page.locator(".picture .refund")).to_have_count(1)


def test_reason_of_a_failure_is_reached_by_keyboard_alone(
    page: Page, shop: RefundingShop
) -> None:
    shop.refund(order_id(shop), 10000, "B2468O")
    open_order(page, shop)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(5):  # capture, refund, force, request, picture
        page.keyboard.press("Tab")
    expect(page.locator(".picture .shipment").first).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".picture .refund")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tabpanel")).to_contain_text("references_in_one_capture")
    page.locator("body").press("g")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Journal")).to_be_visible()
    expect(page.locator("main")).to_be_focused()


def test_journal_follows_filters_and_explains(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "journal")
    expect(page.locator("header .state")).to_contain_text("live")
    shop.refund(order_id(shop), 10000, "B24680")
    shop.refund(order_id(shop), 99999)
    shop.request("GET", order_id(shop))
    expect(page.locator(".item:visible")).to_have_count(3)
    page.get_by_label("Outcome").select_option("refused")
    expect(page.locator(".item:visible")).to_have_count(1)
    page.locator(".item:visible").click()
    detail = page.get_by_label("Request", exact=True).first
    expect(detail).to_contain_text("→ 403")
    expect(detail).to_contain_text("This rule is")
    expect(detail).to_contain_text('"refunded_amount": 99999')


def test_entries_arrive_after_a_broken_connection(
    page: Page, shop: RefundingShop, watch: Watch
) -> None:
    watch.expected += ["*ERR_INTERNET_DISCONNECTED*", "*ERR_NETWORK*", "*ERR_FAILED*"]
    open_view(page, shop, "journal")
    expect(page.locator("header .state")).to_contain_text("live")
    page.evaluate("() => { window.realFetch = fetch; fetch = () => Promise.reject(Error()); }")
    shop.control.drop()
    expect(page.locator("#offline")).to_be_visible()
    shop.control.load({"use": "split-shipment"})
    shop.request("GET", "unknown")
    page.evaluate("() => { window.fetch = window.realFetch; }")
    expect(page.locator("header .state")).to_contain_text("live")
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator(".item:visible")).to_have_count(1)


def test_checkout_is_completed_with_its_required_checkboxes_ticked(
    page: Page, shop: RefundingShop
) -> None:
    rules = {"text": "Our rules", "checked": False, "required": True}
    options = {"additional_checkbox": rules, "additional_checkboxes": [{"id": "age", **rules}]}
    cart = {"lines": [{"unit_price": 500}], "merchant_data": "cookie", "options": options}
    checkout_id = shop.control.create_checkout({"name": "cart", **cart})["order_id"]
    open_view(page, shop, f"checkouts/{checkout_id}")
    shown = page.get_by_label("Checkout as the merchant sees it")
    expect(shown).to_contain_text('"merchant_data": "masked"')
    page.get_by_text("The same with curl").click()
    step = f'complete: {{order: "{checkout_id}", outcome: approved, checkbox: true'
    expect(page.get_by_label("Scenario step")).to_contain_text(step)
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.locator("main .badge").first).to_have_text("checkout_complete")
    requested = shop.control.checkout(checkout_id)["checkout"]["merchant_requested"]
    assert requested["additional_checkbox"]
    assert requested["additional_checkboxes"] == [{"id": "age", "checked": True}]


def test_clock_shows_a_dry_run_before_it_moves(page: Page, shop: RefundingShop) -> None:
    shop.control.create_order({"name": "open", "lines": [{"unit_price": 500}]})
    open_view(page, shop, "clock")
    page.get_by_role("button", name="+28d").click()
    expect(page.get_by_role("table", name="").first).to_contain_text("order expired")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert shop.control.clock()["now"].startswith("2026-01-15T09")
    page.get_by_role("button", name="Advance", exact=True).click()
    expect(page.get_by_label("What it set off")).to_contain_text("order expired")
    assert shop.control.clock()["now"].startswith("2026-02-12T09")


def test_fault_is_added_from_a_template(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "faults")
    page.get_by_label("Template").select_option(label="The next refund is not allocated")
    page.get_by_role("button", name="Add fault").click()
    expect(page.get_by_role("row", name=re.compile("fail_allocation"))).to_be_visible()
    assert [rule["on"] for rule in shop.control.faults()] == [["refund"]]
    page.get_by_role("button", name=re.compile("Remove fault")).click()
    expect(page.get_by_text("No faults.")).to_be_visible()


def test_every_fault_template_is_valid(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "faults")
    options = page.get_by_label("Template").locator("option").count()
    for index in range(options):
        page.get_by_label("Template").select_option(index=index)
        page.get_by_role("button", name="Add fault").click()
        expect(page.get_by_label("Faults").locator("tbody tr")).to_have_count(index + 1)


def test_scenario_is_checked_while_typing_and_loaded(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "scenario")
    editor = page.get_by_label("Scenario in YAML")
    editor.fill("version: 1\norders: {one: {lines: [{unit_prize: 500}]}}\n")
    expect(page.locator(".findings")).to_contain_text("unit_prize")
    page.locator(".findings button").first.click()
    expect(editor).to_be_focused()
    editor.fill("version: 1\norders: {one: {lines: [{unit_price: 500}]}}\n")
    expect(page.get_by_text("Nothing is wrong with it.")).to_be_visible()
    page.get_by_role("button", name="Load…").click()
    page.get_by_role("dialog").get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("link", name="one")).to_be_visible()
    assert [order["name"] for order in shop.control.orders()] == ["one"]


def test_scenario_is_drawn_before_it_is_loaded(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "scenario")
    page.get_by_label("Shipped scenarios").select_option("misspelt-reference")
    panel = page.get_by_role("region", name="What it brings")
    expect(panel.get_by_label("Order of the scenario")).to_have_value("misspelt")
    expect(panel.locator(".refund.failed")).to_contain_text("'B2468O' is on no capture")
    editor = page.get_by_label("Scenario in YAML")
    editor.fill(editor.input_value().replace("B2468O", "B24680"))
    expect(panel.locator(".refund.allocated")).to_have_count(1)
    assert [order["name"] for order in shop.control.orders()] == ["shipped"]


def test_snapshot_is_taken_and_restored(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "snapshots")
    page.get_by_role("button", name="Take a snapshot").click()
    expect(page.get_by_role("row", name=re.compile("here"))).to_be_visible()
    shop.refund(order_id(shop), 500)
    page.get_by_role("row", name=re.compile("here")).get_by_role("button").click()
    with page.expect_response("**/restore"):
        page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert shop.control.orders()[0]["refunded_amount"] == 0


def test_order_is_made_from_a_form(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop)
    page.get_by_role("button", name="New order…").click()
    page.get_by_role("dialog").get_by_role("button", name="Create order").click()
    expect(page.locator(".picture")).to_contain_text("Nothing is captured yet.")
    page.get_by_role("button", name="Capture…").click()
    page.get_by_role("dialog").get_by_label("T-shirt").first.check()
    page.get_by_role("dialog").get_by_role("button", name="Send it").click()
    expect(page.locator(".picture .shipment")).to_have_count(1)


@pytest.fixture(scope="module")
def guarded_url() -> Iterator[str]:
    """Run a server with an admin token."""
    registry = SandboxRegistry(load_scenario(("split-shipment",), ScenarioDefaults()))
    registry.get_or_create("demo")
    with running_in_thread(Server(registry, admin_token="right")) as url:
        yield url


def test_admin_token_is_requested_once_and_not_stored(
    page: Page, watch: Watch, guarded_url: str
) -> None:
    watch.expected += ["*401*"]
    page.goto(f"{guarded_url}/__admin/ui/#/s/demo")
    page.get_by_label("Admin token").last.fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That token is wrong.")).to_be_visible()
    page.get_by_label("Admin token").last.fill("right")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="two-shipments").click()
    expect(page.locator(".picture svg")).to_be_visible()
    expect(page.locator("header .state")).to_contain_text("live")
    expect(page.get_by_role("dialog")).to_have_count(0)
    stored = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert (stored, page.context.cookies()) == ("[{},{}]", [])
    assert "right" not in page.url


def test_hostile_text_is_only_ever_text(page: Page, shop: RefundingShop) -> None:
    line = {"reference": HOSTILE[:60], "name": HOSTILE, "unit_price": 3000}
    control = shop.control
    order = control.create_order(
        {"lines": [line], "captures": {"A": {"lines": [HOSTILE[:60]], "description": HOSTILE}}}
    )
    shop.refund(order["order_id"], 3000, HOSTILE[:50])
    shop.request("GET", "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    page.on("dialog", lambda dialog: pytest.fail(f"script ran: {dialog.message}"))
    for view in (*VIEWS, f"orders/{order['order_id']}"):
        open_view(page, shop, view)
        expect(page.get_by_text("Loading…")).to_have_count(0)
        assert page.locator("main img, main script, main iframe").count() == 0, view
    expect(page.locator(".picture")).to_contain_text("⟨U+202E⟩")
    for tab in ("Timeline", "Ledger", "JSON"):
        page.get_by_role("tab", name=tab).click()
        assert page.locator("main img").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_its_window(
    open_page: Callable[..., Page], axe: str, shop: RefundingShop, theme: str
) -> None:
    shop.refund(order_id(shop), 10000, "B2468O")
    shop.refund(order_id(shop), 500)
    shop.control.add_fault({"on": "refund", "do": {"delay": "1ms"}})
    shop.control.take_snapshot("here")
    page = open_page(viewport={"width": 1280, "height": 800}, color_scheme=theme)
    for view in (*VIEWS, f"orders/{order_id(shop)}"):
        open_view(page, shop, view)
        expect(page.get_by_text("Loading…")).to_have_count(0)
        assert violations(page, axe) == [], view
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360, view
        page.set_viewport_size({"width": 1280, "height": 800})


def violations(page: Page, axe: str) -> list[tuple[str, str]]:
    """Return the rules of accessibility that the page breaks, each with an element."""
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_overview_and_dialogs_are_accessible(
    open_page: Callable[..., Page], axe: str, shop: RefundingShop, theme: str
) -> None:
    page = open_page(viewport={"width": 1280, "height": 800}, color_scheme=theme)
    page.goto(f"{shop.url}/__admin/ui/")
    expect(page.get_by_role("link", name=shop.user, exact=True)).to_be_visible()
    assert violations(page, axe) == []
    dialogs = {
        f"orders/{order_id(shop)}": ("Refund…", "Capture…", "Keyboard shortcuts"),
        "orders": ("New order…",),
        "snapshots": ("Reset",),
    }
    for view, buttons in dialogs.items():
        open_view(page, shop, view)
        for button in buttons:
            page.get_by_role("button", name=button).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            assert violations(page, axe) == [], button
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)


def test_list_of_orders_names_those_with_a_problem(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop)
    row = page.get_by_role("row", name="shipped")
    expect(row).to_be_visible()
    expect(row).not_to_contain_text("not allocated")
    shop.refund(order_id(shop), 10000, "B2468O")
    expect(row).to_contain_text("1 refund not allocated")


def test_orders_are_found_by_words_status_and_outcome(page: Page, shop: RefundingShop) -> None:
    shop.refund(order_id(shop), 10000, "B2468O")
    shop.control.create_order({"name": "open", "lines": [{"unit_price": 500}]})
    page.goto(f"{shop.url}/__admin/ui/")
    row = page.get_by_role("row", name=shop.user)
    row.get_by_role("link", name="1 refund").click()
    rows = page.get_by_label("Orders", exact=True).locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("1 refund not allocated")
    page.get_by_label("Refunds").select_option("")
    expect(rows).to_have_count(2)
    page.get_by_label("Status").select_option("AUTHORIZED")
    expect(rows).to_have_count(1)
    page.get_by_label("Search orders").fill("nothing")
    expect(page.get_by_text("No order matches.")).to_be_visible()
    assert page.url.endswith("/orders?text=nothing&status=AUTHORIZED")
    page.reload()
    expect(page.get_by_text("No order matches.")).to_be_visible()
    page.get_by_label("Search orders").fill("op")
    expect(rows).to_contain_text("open")


def test_unknown_sandbox_shows_an_alert(page: Page, shop: RefundingShop, watch: Watch) -> None:
    watch.expected += ["*404*"]
    page.goto(f"{shop.url}/__admin/ui/#/s/{shop.user}-none/orders")
    expect(page.get_by_role("alert")).to_contain_text("no sandbox")
    expect(page.locator("header .state")).to_contain_text("no such sandbox")
    expect(page.locator("#offline")).to_be_hidden()


def test_coverage_lists_tried_and_untried_operations(page: Page, shop: RefundingShop) -> None:
    open_view(page, shop, "checks")
    coverage = page.get_by_role("region", name="Coverage")
    expect(coverage).to_contain_text("No request yet.")
    shop.refund(order_id(shop), 10000, "B24680")
    tried = page.get_by_role("region", name="Operations by status")
    expect(tried.get_by_role("row", name="refund")).to_contain_text("✓ 1")
    expect(coverage).to_contain_text("refund is executed, but its response is lost")
    tried.get_by_role("link", name="✓ 1").click()
    expect(page.get_by_label("Request", exact=True).first).to_contain_text("→ 201")


def test_text_of_the_picture_has_contrast_in_both_themes(
    open_page: Callable[..., Page], shop: RefundingShop
) -> None:
    shop.refund(order_id(shop), 10000, "B2468O")
    for theme in ("light", "dark"):
        page = open_page(viewport={"width": 1280, "height": 800}, color_scheme=theme)
        open_order(page, shop)
        colours = page.evaluate(
            """() => [...document.querySelectorAll(".picture text")].map((text) =>
                [getComputedStyle(text).fill, getComputedStyle(document.body.parentElement)
                  .backgroundColor])"""
        )
        assert colours
        assert min(contrast(*pair) for pair in colours) >= 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as ``rgb(0, 0, 0)``, by WCAG 2.2."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
