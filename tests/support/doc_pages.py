"""Parse documentation pages: files, commands and their output.

The info string of a fence says how its block is used: ``yaml title="NAME"`` is written to a
file before the page is run, ``console run`` is run in one shell for the whole page. Lines
that begin with ``$`` are commands (a backslash continues them), the others their output.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.support.processes import environment

DOCS = Path(__file__).parents[2] / "docs"
SHOWN_URL = "http://127.0.0.1:8566"
ANY = "…"
"""In shown output, a line with only this matches any lines; within a line it matches any
text. In JSON it matches a value, or further keys or entries."""

FENCE = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
"""A fenced block, indented if it is in a tab."""
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MORE = re.compile(r"(?<=[\s,{\[])…(?=\s*([}\]]))")
WITHOUT_OTHER_PLUGINS = "-p no:asyncio -p no:aiohttp -p no:schemathesis"
"""Readers do not have them, and they change what pytest and Hypothesis print."""
MARK = "@@@ end of command"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the info string after it, and its text."""

    language: str
    info: str
    text: str

    @property
    def file(self) -> str | None:
        """Name of the file to which the block is written, if any."""
        title = re.search(r'title="([^"]+)"', self.info)
        return title and title[1]

    @property
    def runs(self) -> bool:
        """Whether its commands are run."""
        return "run" in self.info.split()


@dataclass(frozen=True, slots=True)
class Command:
    """A command and its output on the page."""

    line: str
    printed: str


def blocks(page: Path) -> list[Block]:
    return [
        Block(language, info, dedent(text))
        for _, language, info, text in FENCE.findall(page.read_text("utf-8"))
    ]


def commands(page: Path) -> Iterator[Command]:
    for block in blocks(page):
        if block.runs:
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                line, printed = _split(part)
                yield Command(line, printed)


def _split(part: str) -> tuple[str, str]:
    lines = part.splitlines()
    last = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])


def run_page(page: Path, folder: Path, url: str) -> list[str]:
    """Run a page in a folder against a server; return the output of each command."""
    for block in blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, "utf-8")
    script = "\n".join(f"{command.line}\necho '{MARK}'" for command in commands(page))
    process = subprocess.run(
        ["bash"],  # noqa: S607  # found on PATH, like the reader's
        input=script.replace(SHOWN_URL, url),
        cwd=folder,
        env={
            **environment(),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTEST_ADDOPTS": WITHOUT_OTHER_PLUGINS,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed = process.stdout.replace(url, SHOWN_URL).replace("\r\n", "\n")
    return [part.strip("\n") for part in printed.split(f"{MARK}\n")][:-1]


def matches_shown(shown: str, printed: str) -> bool:
    """Return whether the shown output matches the printed one, except for ids."""
    shown, printed = (ID.sub("<id>", text) for text in (shown, printed))
    try:
        actual = json.loads(printed)
        expected = json.loads(MORE.sub(_quote_any, shown))
    except ValueError:
        return _pattern(shown).fullmatch(printed) is not None
    return _values_match(expected, actual)


def _quote_any(more: re.Match[str]) -> str:
    return f'"{ANY}": "{ANY}"' if more[1] == "}" else f'"{ANY}"'


def _pattern(shown: str) -> re.Pattern[str]:
    lines = (
        r"(?s:.*)" if line.strip() == ANY else re.escape(line).replace(ANY, r"[^\n]*")
        for line in shown.splitlines()
    )
    return re.compile("\n".join(lines))


def _values_match(expected: Any, actual: Any) -> bool:  # noqa: ANN401
    if isinstance(expected, str) and isinstance(actual, str):
        return _pattern(expected).fullmatch(actual) is not None
    if expected == ANY:
        return True
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _mappings_match(expected, actual)
    if isinstance(expected, list) and isinstance(actual, list):
        more = expected[-1:] == [ANY]
        required = expected[:-1] if more else expected
        long_enough = len(actual) >= len(required) if more else len(actual) == len(required)
        return long_enough and all(map(_values_match, required, actual))
    return bool(expected == actual)


def _mappings_match(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    required = {key: value for key, value in expected.items() if key != ANY}
    complete = ANY in expected or required.keys() == actual.keys()
    return complete and all(
        key in actual and _values_match(value, actual[key]) for key, value in required.items()
    )
