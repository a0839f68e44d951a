"""Run the examples in other languages, where their runtime is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, blocks

PAGE = DOCS / "how-to/other-languages.md"
TIMEOUT = 180  # seconds
RUN = [sys.executable, "-m", "mockserver", "run", "returns.yaml"]
COMMANDS = {
    "node": ["node", "--test", "returns.test.mjs"],
    "php": ["php", "returns.php"],
    "java": ["java", "Returns.java"],
}
KEYS = {
    "node": '"Klarna-Idempotency-Key": key,',
    "php": '"Klarna-Idempotency-Key: $key",',
    "java": '.header("Klarna-Idempotency-Key", key)',
}
"""The line that makes a retry safe, in each language."""

installed_languages = pytest.mark.parametrize(
    "language",
    [
        pytest.param(
            command,
            marks=pytest.mark.skipif(not shutil.which(command), reason=f"needs {command}"),
        )
        for command in COMMANDS
    ],
)


def run_example(language: str, folder: Path, omitted: str = "") -> tuple[int, str]:
    for block in blocks(PAGE):
        if block.file:
            text = block.text.replace(omitted, "") if omitted else block.text
            (folder / block.file).write_text(text, encoding="utf-8")
    process = subprocess.run(
        [*RUN, "--timeout=120s", "--", *COMMANDS[language]],
        check=False,
        capture_output=True,
        cwd=folder,
        text=True,
        timeout=TIMEOUT,
    )
    return process.returncode, process.stdout + process.stderr


def command_shown(language: str) -> str:
    return f"$ kustom-mock run returns.yaml -- {' '.join(COMMANDS[language])}\n"


@installed_languages
def test_example_passes_with_the_command_on_the_page(
    language: str,
    tmp_path: Path,
) -> None:
    assert command_shown(language) in PAGE.read_text("utf-8")
    code, output = run_example(language, tmp_path)
    assert (code, "ok    returns\n" in output) == (0, True), output


@installed_languages
def test_client_without_key_fails_as_the_page_shows(
    language: str,
    tmp_path: Path,
) -> None:
    code, output = run_example(language, tmp_path, KEYS[language])
    shown = "expect: orders.two-parcels.refunded_amount: expected 10000, got 20000\n"
    assert (code, shown in output) == (1, True), output
    assert shown in PAGE.read_text("utf-8")
