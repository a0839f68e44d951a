"""The examples in other languages are run, where their runtime is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS, blocks

PAGE = DOCS / "how-to/other-languages.md"
PATIENCE = 180  # seconds, for a process that never ends
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
"""What makes a retry safe, and would be forgotten."""

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


def play(language: str, folder: Path, forgotten: str = "") -> tuple[int, str]:
    for block in blocks(PAGE):
        if block.file:
            text = block.text.replace(forgotten, "") if forgotten else block.text
            (folder / block.file).write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [*RUN, "--timeout=120s", "--", *COMMANDS[language]],
        check=False,
        capture_output=True,
        cwd=folder,
        text=True,
        timeout=PATIENCE,
    )
    return ended.returncode, ended.stdout + ended.stderr


def command_shown(language: str) -> str:
    return f"$ kustom-mock run returns.yaml -- {' '.join(COMMANDS[language])}\n"


@installed_languages
def test_a_page_keeps_its_contract_by_the_command_it_shows(
    language: str,
    tmp_path: Path,
) -> None:
    assert command_shown(language) in PAGE.read_text("utf-8")
    code, said = play(language, tmp_path)
    assert (code, "ok    returns\n" in said) == (0, True), said


@installed_languages
def test_the_same_client_without_a_key_breaks_it_as_the_page_says(
    language: str,
    tmp_path: Path,
) -> None:
    code, said = play(language, tmp_path, KEYS[language])
    shown = "expect: orders.two-parcels.refunded_amount: expected 10000, got 20000\n"
    assert (code, shown in said) == (1, True), said
    assert shown in PAGE.read_text("utf-8")
