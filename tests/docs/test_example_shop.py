"""The shop in Node under docs/examples, with the command of its page."""

import shutil
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, blocks
from tests.support.processes import run

PAGE = DOCS / "how-to/example-shop.md"
SHOP = DOCS / "examples/shop"
COMMAND = ["run", "shop.yaml", "--audit", "--", "node", "story.mjs"]
TIMEOUT = 60  # seconds

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


def run_story(folder: Path) -> tuple[int, str]:
    process = run(*COMMAND, cwd=folder, timeout=TIMEOUT)
    return process.returncode, process.stdout + process.stderr


def test_shop_sells_ships_and_refunds_with_the_command_on_the_page() -> None:
    code, output = run_story(SHOP)
    assert code == 0, output
    assert f"$ kustom-mock {' '.join(COMMAND)}\n" in PAGE.read_text("utf-8")
    assert [line.partition("; ")[2] or line for line in output.splitlines()] == [
        "T-shirts in stock: 9",
        "captured 20000, refunded 10000: allocated",
        "ok    shop",
        "1 scenario: 1 passed, 0 failed",
    ]


def test_shop_that_takes_orders_twice_fails_as_the_page_says(tmp_path: Path) -> None:
    folder = shutil.copytree(SHOP, tmp_path / "shop")
    shop = folder / "shop.mjs"
    text = shop.read_text("utf-8").replace("await takeOnce(", "await takeOrder(")
    shop.write_text(text, encoding="utf-8")
    code, output = run_story(folder)
    assert (code, "T-shirts in stock: 8\n" in output) == (1, True), output
    assert "T-shirts in stock: 8\n" in PAGE.read_text("utf-8")


LOST_ANSWERS = """
version: 1
seed: lost-answers
faults:
  capture-lost: {on: capture, calls: 1, do: {lose_answer: reset}}
"""
KEY_LINE = 'if (key) headers["Klarna-Idempotency-Key"] = key;'


@pytest.mark.parametrize("has_keys", [False, True])
def test_shop_is_audited_under_lost_responses_and_mended_by_the_hint(
    *, has_keys: bool, tmp_path: Path
) -> None:
    folder = shutil.copytree(SHOP, tmp_path / "shop")
    shop = folder / "shop.mjs"
    text = shop.read_text("utf-8")
    assert KEY_LINE in text
    if not has_keys:
        shop.write_text(text.replace(KEY_LINE, ""), encoding="utf-8")
    (folder / "shop.yaml").write_text(LOST_ANSWERS, encoding="utf-8")
    code, output = run_story(folder)
    assert code == (0 if has_keys else 1), output
    assert ("A102 error" in output) is not has_keys
    assert ("Repeat with the idempotency key of the first try" in output) is not has_keys


def test_page_shows_the_files_as_they_are() -> None:
    shown = [block for block in blocks(PAGE) if block.file]
    assert [block.file for block in shown] == ["story.mjs", "shop.yaml", "shop.mjs"]
    for block in shown:
        assert block.text.strip() in (SHOP / str(block.file)).read_text("utf-8")
