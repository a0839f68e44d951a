"""The shop in Node under docs/examples, with the command of its page."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, blocks
from tests.support.processes import run

PAGE = DOCS / "how-to/example-shop.md"
SHOP = DOCS / "examples/shop"
COMMAND = ["run", "shop.yaml", "--audit", "--", "node", "story.mjs"]
TIMEOUT = 60  # seconds

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


def run_story(folder: Path, command: Sequence[str] = COMMAND) -> tuple[int, str]:
    process = run(*command, cwd=folder, timeout=TIMEOUT)
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


def test_shop_that_takes_orders_twice_fails_as_documented(tmp_path: Path) -> None:
    folder = shutil.copytree(SHOP, tmp_path / "shop")
    shop = folder / "shop.mjs"
    text = shop.read_text("utf-8").replace("await takeOnce(", "await takeOrder(")
    shop.write_text(text, encoding="utf-8")
    code, output = run_story(folder)
    assert (code, "T-shirts in stock: 8\n" in output) == (1, True), output
    assert "T-shirts in stock: 8\n" in PAGE.read_text("utf-8")


AUDITED = ["run", "busy.yaml", "--audit", "--", "node", "story.mjs"]
MISTAKES = {
    '  if (key) headers["Klarna-Idempotency-Key"] = key;\n': "",
    "await sleep(wait ? wait * 1000 : 500 * 2 ** (attempt - 1));": "await sleep(0);",
    "captured_amount: sum(order_lines), order_lines }": "captured_amount: sum(order_lines) }",
}
"""What the hints of the audit ask for, and the shop without it."""

FINDINGS = {
    "A102 error": "Repeat with the idempotency key of the first try",
    "A111 warning": "Wait at least the seconds of Retry-After",
    "A112 warning": "Double the wait each time",
    "A201 warning": "Send the lines that were shipped with the capture.",
}


def test_audit_finds_each_of_three_mistakes_of_a_shop(tmp_path: Path) -> None:
    folder = shutil.copytree(SHOP, tmp_path / "shop")
    shop = folder / "shop.mjs"
    text = shop.read_text("utf-8")
    for right, wrong in MISTAKES.items():
        assert right in text
        text = text.replace(right, wrong)
    shop.write_text(text, encoding="utf-8")
    code, output = run_story(folder, AUDITED)
    page = PAGE.read_text("utf-8")
    assert code == 1, output
    for finding, hint in FINDINGS.items():
        assert finding in output
        assert hint in output
        assert finding in page


def test_shop_fixed_with_the_hints_has_no_findings() -> None:
    code, output = run_story(SHOP, AUDITED)
    assert code == 0, output
    assert [line for line in output.splitlines() if not line.startswith("sold: ")] == [
        "captured 20000, refunded 10000: allocated",
        "ok    busy",
        "1 scenario: 1 passed, 0 failed",
    ]


def test_page_shows_the_files_as_they_are() -> None:
    shown = [block for block in blocks(PAGE) if block.file]
    assert [block.file for block in shown] == [
        "story.mjs",
        "shop.yaml",
        "shop.mjs",
        "busy.yaml",
    ]
    for block in shown:
        assert block.text.strip() in (SHOP / str(block.file)).read_text("utf-8")
