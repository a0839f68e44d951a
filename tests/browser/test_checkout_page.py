"""Shoppers in a shop of another origin: the checkout page in its iframe."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.support.checkouts import PARCEL, PICKUP, SHIRTS, TOTALS, TOTALS_WITH_PARCEL
from tests.support.shop_site import ShopSite, running_shop

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs/images"
_users = count(1)
ADDRESS = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "street_address": "Storgatan 1",
    "city": "Lund",
}
SHIPPING = {
    "options": {"allow_separate_shipping_address": True},
    "shipping_countries": ["SE", "DE"],
}
HOSTILE = "<img src=x onerror=\"document.title='run'\"></script><b>\u202ebold"


@pytest.fixture
def shop(server_url: str) -> Iterator[ShopSite]:
    """A shop of its own on an origin of its own."""
    with running_shop(ShopSite(server_url, f"browser-shop-{next(_users)}")) as shop:
        yield shop


@pytest.fixture
def visit(page: Page, shop: ShopSite) -> Callable[..., FrameLocator]:
    """Open the shop's checkout page of a new checkout order; return the iframe."""

    def visit(**fields: Any) -> FrameLocator:  # noqa: ANN401
        return open_checkout(page, shop, shop.create(**fields)["order_id"])

    return visit


def open_checkout(page: Page, shop: ShopSite, order_id: str) -> FrameLocator:
    page.goto(f"{shop.url}/checkout?order={order_id}")
    return page.frame_locator("#klarna-checkout-iframe")


def enter_details(checkout: FrameLocator | Page, email: str = "ada@shop.example") -> None:
    checkout.locator("#billing-email").fill(email)
    checkout.locator("#billing-postal_code").fill("222 22")
    checkout.locator("#button-primary").click()
    for name, value in ADDRESS.items():
        checkout.locator(f"#billing-{name}").fill(value)
    checkout.locator("#button-primary").click()


def buy(checkout: FrameLocator | Page) -> None:
    checkout.locator('[data-cid="button.buy_button"]').click()


def events(page: Page, *names: str) -> list[list[Any]]:
    """Wait for events of these names, which come from another process; return them."""
    page.wait_for_function(
        "names => names.every(name => window.events.some(event => event[0] === name))",
        arg=names,
    )
    return [event for event in page.evaluate("window.events") if event[0] in names]


def test_purchase_ends_on_the_confirmation_page(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit()
    enter_details(checkout)
    checkout.get_by_label("Card").check()
    checkout.get_by_role("button", name="Pay order").click()
    page.wait_for_url("**/confirmation?*")
    expect(checkout.locator("#closed-title")).to_have_text("Thank you for your order")
    assert [name for name, _ in events(page, "load_confirmation")] == ["load_confirmation"]
    order = shop.control.order(shop.orders[0])["order"]
    assert (order["status"], order["fraud_status"]) == ("AUTHORIZED", "ACCEPTED")
    assert order["initial_payment_method"]["type"] == "CARD"
    assert order["billing_address"]["email"] == "ada@shop.example"
    assert order["shipping_address"]["street_address"] == "Storgatan 1"


def test_shop_reads_the_address_once_the_shopper_has_entered_it(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit()
    enter_details(checkout)
    expect(checkout.get_by_test_id("address")).to_contain_text("Ada Lovelace")
    ((_, loaded),) = events(page, "load")
    assert loaded["shipping_address"]["country"] == "swe"
    names = ("change", "billing_address_change", "shipping_address_change")
    fired = events(page, *names)
    assert [name for name, _ in fired] == list(names)
    assert fired[0][1] == {
        "email": "ada@shop.example",
        "postal_code": "222 22",
        "country": "swe",
        "given_name": "Ada",
        "family_name": "Lovelace",
    }
    (summary,) = shop.control.checkouts()
    read = shop.send(f"/{summary['order_id']}")
    assert read["billing_address"]["street_address"] == "Storgatan 1"
    assert read["status"] == "checkout_incomplete"


@pytest.mark.parametrize("email", ["ada+denied@shop.example", "ada+red@shop.example"])
def test_declined_shopper_tries_again(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator], email: str
) -> None:
    checkout = visit()
    enter_details(checkout, email)
    buy(checkout)
    expect(checkout.get_by_role("alert")).to_contain_text("The payment was declined")
    assert shop.orders == []
    checkout.locator("#change").click()
    checkout.locator("#billing-email").fill("ada@shop.example")
    checkout.locator("#button-primary").click()
    buy(checkout)
    expect(page).to_have_title("Shop")
    page.wait_for_url("**/confirmation?*")


def test_outcome_and_push_are_chosen_in_the_panel(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit()
    checkout.get_by_text("TEST DRIVE").click()
    checkout.get_by_role("button", name="Fill in a test person").click()
    checkout.locator("#button-primary").click()
    checkout.get_by_label("When you pay").select_option("abandoned")
    buy(checkout)
    expect(checkout.get_by_role("alert")).to_contain_text("left without paying")
    checkout.get_by_label("When you pay").select_option("pending")
    checkout.get_by_label("Push to the shop").select_option("hold")
    buy(checkout)
    page.wait_for_url("**/confirmation?*")
    assert shop.control.order(shop.orders[0])["order"]["fraud_status"] == "PENDING"
    assert [delivery["state"] for delivery in shop.control.deliveries()] == ["held"]


def test_cart_that_changes_while_suspended_is_shown_after_resume(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit()
    checkout.locator("#billing-email").fill("ada@shop.example")
    page.evaluate("window.kco.suspend()")
    expect(checkout.locator('[data-cid="overlay-loading"]')).to_be_visible()
    expect(checkout.get_by_test_id("total")).to_have_text("SEK 200.00")
    line = {**SHIRTS, "quantity": 3, "total_amount": 30000, "total_tax_amount": 6000}
    (summary,) = shop.control.checkouts()
    cart = {"order_lines": [line], "order_amount": 30000, "order_tax_amount": 6000}
    shop.send(f"/{summary['order_id']}", cart)
    page.evaluate("window.kco.resume()")
    expect(checkout.get_by_test_id("total")).to_have_text("SEK 300.00")
    expect(checkout.locator('[data-cid="overlay-loading"]')).to_be_hidden()
    assert events(page, "order_total_change") == [
        ["order_total_change", {"order_total": 30000}]
    ]
    expect(checkout.locator("#billing-email")).to_have_value("ada@shop.example")


def test_page_shows_the_error_text_of_the_shop(
    page: Page, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit(options={"require_client_validation": True})
    refusal = "{should_proceed: false, message: 'Sold out:\\n<b>T-shirt</b>'}"
    page.evaluate(f"kco.on({{validation_callback: (_, answer) => answer({refusal})}})")
    enter_details(checkout)
    buy(checkout)
    expect(checkout.get_by_role("alert")).to_have_text("Sold out:\n<b>T-shirt</b>")
    proceed = "{should_proceed: true}"
    page.evaluate(f"kco.on({{validation_callback: (_, answer) => answer({proceed})}})")
    buy(checkout)
    page.wait_for_url("**/confirmation?*")


def test_answer_to_the_validation_callback_is_obeyed(page: Page, shop: ShopSite) -> None:
    checkout = open_checkout(page, shop, shop.create("validation")["order_id"])
    enter_details(checkout)
    refusal = {"error_type": "approval_failed", "error_text": "<b>Sold out</b>"}
    shop.answers["/validation"] = (400, {}, json.dumps(refusal).encode())
    buy(checkout)
    expect(checkout.get_by_role("alert")).to_have_text("<b>Sold out</b>")
    other = shop.create()["order_id"]
    elsewhere = {"Location": f"{shop.url}/checkout?order={other}"}
    shop.answers["/validation"] = (303, elsewhere, b"")
    buy(checkout)
    page.wait_for_url(f"**/checkout?order={other}")
    assert shop.orders == []


def test_confirmation_url_is_the_one_after_the_shops_validation(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit(options={"require_client_validation": True})
    enter_details(checkout)
    (summary,) = shop.control.checkouts()
    urls = shop.send(f"/{summary['order_id']}")["merchant_urls"]
    urls["confirmation"] += "&number=135"

    def save_order(should_proceed: bool) -> bool:  # noqa: FBT001  # called by the page
        shop.send(f"/{summary['order_id']}", {"merchant_urls": urls})
        return should_proceed

    page.expose_function("saveOrder", save_order)
    page.evaluate(
        "kco.on({validation_callback: async (_, answer) =>"
        " answer({should_proceed: await saveOrder(true)})})"
    )
    buy(checkout)
    page.wait_for_url("**/confirmation?*&number=135")


def test_chosen_shipping_option_is_added_to_the_total(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit(shipping_options=[PICKUP, PARCEL])
    enter_details(checkout)
    expect(checkout.get_by_test_id("total")).to_have_text("SEK 200.00")
    checkout.locator('[data-cid="SHIPMO-shipping-option-basic"]', has_text="Parcel").click()
    expect(checkout.get_by_test_id("total")).to_have_text("SEK 249.00")
    expect(checkout.locator("#lines li").last).to_contain_text("SEK 49.00")
    ((_, option),) = events(page, "shipping_option_change")
    assert option["id"] == "parcel"
    (summary,) = shop.control.checkouts()
    assert shop.send(f"/{summary['order_id']}")["selected_shipping_option"]["id"] == "parcel"
    buy(checkout)
    page.wait_for_url("**/confirmation?*")
    assert shop.control.order(shop.orders[0])["order"]["order_amount"] == 24900


def answer_options(shop: ShopSite, status: int, answer: Any) -> None:  # noqa: ANN401  # JSON
    shop.answers["/shipping_option_update"] = (status, {}, json.dumps(answer).encode())


def test_option_that_the_shop_refuses_is_not_chosen(page: Page, shop: ShopSite) -> None:
    created = shop.create("shipping_option_update", shipping_options=[PICKUP, PARCEL])
    checkout = open_checkout(page, shop, created["order_id"])
    answer_options(shop, 200, TOTALS)
    enter_details(checkout)
    expect(checkout.get_by_test_id("buy")).to_be_visible()
    refusal = {"error_type": "unsupported_shipping_address", "error_text": "No parcels today"}
    answer_options(shop, 400, refusal)
    checkout.locator('[data-cid="SHIPMO-shipping-option-basic"]', has_text="Parcel").click()
    expect(checkout.get_by_role("alert")).to_have_text("No parcels today")
    expect(checkout.locator("#shipping-option-pickup")).to_be_checked()
    assert len(events(page, "shipping_address_update_error")) == 1
    answer_options(shop, 200, TOTALS_WITH_PARCEL)
    checkout.locator('[data-cid="SHIPMO-shipping-option-basic"]', has_text="Parcel").click()
    expect(checkout.get_by_test_id("total")).to_have_text("SEK 249.00")


def test_another_shipping_address_is_entered_where_the_shop_allows_it(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit(**SHIPPING)
    checkout.locator("#billing-email").fill("ada@shop.example")
    checkout.locator("#billing-postal_code").fill("222 22")
    checkout.locator("#button-primary").click()
    for name, value in ADDRESS.items():
        checkout.locator(f"#billing-{name}").fill(value)
    checkout.get_by_label("Ship to another address").check()
    checkout.locator("#shipping-country").select_option("DE")
    for name, value in {**ADDRESS, "city": "Kiel", "postal_code": "24103"}.items():
        checkout.locator(f"#shipping-{name}").fill(value)
    checkout.locator("#button-primary").click()
    expect(checkout.get_by_test_id("buy")).to_be_visible()
    assert events(page, "shipping_address_change")[0][1]["country"] == "deu"
    buy(checkout)
    page.wait_for_url("**/confirmation?*")
    order = shop.control.order(shop.orders[0])["order"]
    addresses = [order[name] for name in ("billing_address", "shipping_address")]
    assert [(a["city"], a["country"]) for a in addresses] == [("Lund", "SE"), ("Kiel", "DE")]


def test_texts_of_the_cart_are_never_markup(
    page: Page, visit: Callable[..., FrameLocator]
) -> None:
    box = {"id": "news", "text": f"{HOSTILE} news", "checked": False, "required": False}
    option = {**PARCEL, "name": HOSTILE, "description": HOSTILE}
    checkout = visit(
        order_lines=[{**SHIRTS, "name": HOSTILE}],
        options={"additional_checkboxes": [box]},
        billing_address={"given_name": HOSTILE, "email": "a@shop.example", "postal_code": "1"},
        shipping_options=[option],
    )
    expect(checkout.locator("#lines .name").first).to_contain_text(HOSTILE)
    checkout.locator("#billing-given_name").fill(HOSTILE[:90])
    enter_details(checkout)
    checkout.get_by_label("bold news").check()
    assert events(page, "checkbox_change")[0][1] == {"key": "news", "checked": True}
    expect(checkout.locator("img, b, script:not([src])")).to_have_count(0)
    assert page.frames[1].title() == "Checkout"


def test_shopper_cannot_pay_until_required_checkboxes_are_ticked(
    page: Page, visit: Callable[..., FrameLocator]
) -> None:
    age = {"text": "Of age", "checked": False, "required": True}
    terms = {"id": "terms", "text": "Our rules", "checked": False, "required": True}
    checkout = visit(options={"additional_checkbox": age, "additional_checkboxes": [terms]})
    enter_details(checkout)
    events(page, "shipping_address_change")  # until then the page is busy, and takes no focus
    for label in ("Of age", "Our rules"):
        buy(checkout)
        expect(checkout.locator("input:focus:invalid")).to_have_count(1)
        checkout.get_by_label(label).check()
    changes = [event[1] for event in events(page, "checkbox_change")]
    assert changes[0] == {"key": "additional_checkbox", "checked": True}
    buy(checkout)
    page.wait_for_url("**/confirmation?*")


@pytest.mark.parametrize(
    ("locale", "button"),
    [
        ("sv-SE", "Betala köp"),
        ("de-DE", "Zahlungspflichtig bestellen"),
        ("en-US", "Pay order"),
        ("fi-FI", "Pay order"),
    ],
)
def test_labels_are_in_the_language_of_the_order(
    visit: Callable[..., FrameLocator], locale: str, button: str
) -> None:
    checkout = visit(locale=locale)
    enter_details(checkout)
    expect(checkout.get_by_test_id("buy")).to_have_text(button)
    expect(checkout.locator("html")).to_have_attribute("lang", locale[:2].replace("fi", "en"))


def test_expired_checkout_page_shows_that_it_has_expired(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit()
    expect(checkout.locator("#billing-email")).to_be_visible()
    shop.control.set_clock(advance="49h")
    page.evaluate("window.kco.resume()")
    expect(checkout.locator("#closed-title")).to_have_text("This checkout has expired")
    expect(checkout.locator("#billing-email")).to_be_hidden()
    assert events(page, "can_not_complete_order")


def test_resume_while_the_page_loads_reads_the_order_again(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    def complete_meanwhile(route: Route) -> None:
        response = route.fetch()
        (summary,) = shop.control.checkouts()
        shop.control.complete(summary["order_id"])
        page.evaluate("window.kco.resume()")
        route.fulfill(response=response)

    page.route("**/checkout-page/**/order", complete_meanwhile, times=1)
    checkout = visit()
    expect(checkout.locator("#closed-title")).to_have_text("Thank you for your order")


def test_order_completed_elsewhere_is_shown_as_complete(
    page: Page, shop: ShopSite, visit: Callable[..., FrameLocator]
) -> None:
    checkout = visit()
    (summary,) = shop.control.checkouts()
    shop.control.complete(summary["order_id"])
    page.evaluate("window.kco.resume()")
    expect(checkout.locator("#closed-title")).to_have_text("Thank you for your order")
    expect(checkout.locator("#receipt")).to_contain_text(summary["order_id"])


def test_page_works_without_a_shop_around_it(page: Page, shop: ShopSite) -> None:
    shop.create()
    (summary,) = shop.control.checkouts()
    page.goto(summary["page_url"])
    enter_details(page)
    page.get_by_test_id("buy").click()
    page.wait_for_url("**/confirmation?*")


def test_page_is_shown_in_the_documentation(
    open_page: Callable[..., Page], shop: ShopSite
) -> None:
    page = open_page(viewport={"width": 720, "height": 1200}, color_scheme="light")
    option = {**PARCEL, "description": "2 to 4 days"}
    order_id = shop.create(shipping_options=[option, PICKUP])["order_id"]
    page.goto(shop.control.checkout(order_id)["page_url"])
    enter_details(page)
    page.get_by_text("TEST DRIVE").click()
    expect(page.get_by_test_id("buy")).to_be_visible()
    page.locator("main").screenshot(path=IMAGES / "checkout-page.png", animations="disabled")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_of_the_page_is_accessible_and_fits(
    open_page: Callable[..., Page], axe: str, shop: ShopSite, theme: str
) -> None:
    page = open_page(color_scheme=theme)

    def check(state: str) -> None:
        page.evaluate(axe)
        violations = page.evaluate("async () => (await axe.run()).violations")
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == [], state
        for width in (2560, 768, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, state

    order_id = shop.create(**SHIPPING, shipping_options=[PICKUP, PARCEL])["order_id"]
    page.goto(shop.control.checkout(order_id)["page_url"])
    expect(page.locator("#billing-email")).to_be_visible()
    check("empty")
    enter_details(page, "ada+denied@shop.example")
    page.get_by_text("TEST DRIVE").click()
    buy(page)
    expect(page.get_by_role("alert")).to_be_visible()
    check("declined")
    page.locator("#change").click()
    page.get_by_label("Ship to another address").check()
    check("another shipping address")
    shop.control.complete(order_id, outcome="approved")
    page.reload()
    expect(page.locator("#receipt")).to_be_visible()
    check("complete")
