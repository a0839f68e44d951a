"""One Chromium for all tests of the folder, and pages that must be quiet."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import TIMEOUT, Watch, find_chromium, quiet_page, running_chromium

AXE = Path(__file__).parents[2] / "tools/javascript/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Provide a running Chromium; skip where there is none."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")
    expect.set_options(timeout=TIMEOUT)
    with running_chromium(executable) as browser:
        yield browser


@pytest.fixture
def watch() -> Watch:
    """Provide the record of what goes wrong in the pages of this test."""
    return Watch()


@pytest.fixture
def open_page(chromium: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Provide a function that opens pages, each in a browser context of its own."""
    with ExitStack() as pages:
        yield lambda **options: pages.enter_context(quiet_page(chromium, watch, **options))


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Provide an empty page of 1280 by 800 pixels."""
    return open_page(viewport={"width": 1280, "height": 800})


@pytest.fixture(scope="session")
def axe() -> str:
    """Provide the source of axe-core; skip where it is not installed."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make javascript-tools")
    return AXE.read_text(encoding="utf-8")
