"""The example shop in Node, bought from with the test of the documentation."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from mockserver.client import ControlClient
from tests.support.doc_pages import DOCS, blocks

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("node"), reason="needs node"),
]
SHOWN_SHOP = "http://localhost:3000"
USER = "example-shop"


@pytest.fixture
def shop_url(server_url: str) -> Iterator[str]:
    """The address of the running example shop."""
    environment = {**os.environ, "KUSTOM_API_URL": server_url, "KUSTOM_USERNAME": USER}
    with subprocess.Popen(
        ["node", "shop.mjs"],  # noqa: S607  # from PATH
        cwd=DOCS / "examples/shop",
        env={**environment, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.removeprefix("shop at ").strip()
        process.terminate()


def test_test_on_the_page_buys_in_the_example_shop(
    page: Page, shop_url: str, server_url: str
) -> None:
    (block,) = (b for b in blocks(DOCS / "how-to/browser.md") if b.file == "test_shop.py")
    module: dict[str, object] = {}
    source = block.text.replace(SHOWN_SHOP, shop_url)
    exec(source, module)  # noqa: S102  # the example is ours
    module["test_a_shopper_buys"](page)  # type: ignore[operator]
    order_id = re.sub(".*order=", "", page.url)
    control = ControlClient(server_url, USER)
    assert control.order(order_id)["order"]["merchant_reference1"] == "shop-1"
    assert [call["status"] for call in control.requests(operation="acknowledge")] == [204]
