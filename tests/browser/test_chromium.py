"""The browser of the tests: it reaches this host only, and reports what goes wrong."""

import pytest
from playwright.sync_api import Page

from tests.support.browser import Watch

pytestmark = pytest.mark.browser


def test_page_shows_the_response_of_the_server(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/livez")
    assert '"status"' in page.content()


def test_errors_and_requests_to_other_hosts_are_recorded(page: Page, watch: Watch) -> None:
    page.goto("about:blank")
    page.evaluate("console.error('went wrong')")
    page.evaluate("fetch('http://shop.example/').catch(() => {})")
    watch.expected += ["*: went wrong", "*host: http://shop.example/", "*ERR_FAILED*"]
    assert watch.problems[:2] == [
        "console error: went wrong",
        "request to another host: http://shop.example/",
    ]
    assert watch.unexpected() == []
