"""The README's first screen and its commands show what happens."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mockserver import __version__
from tests.support.doc_pages import blocks
from tests.support.processes import run, serving

README = Path(__file__).parents[2] / "README.md"


def test_readme_first_screen_is_the_output_of_demo() -> None:
    shown = next(block.text for block in blocks(README) if "make demo" in block.text)
    story = shown.partition("…\n")[2]
    demo = run("demo")
    assert (demo.returncode, story in demo.stdout) == (0, True)


def test_readme_ready_line_has_the_current_version() -> None:
    shown = next(block.text for block in blocks(README) if "make serve" in block.text)
    assert f"kustom-mock {__version__} listening on http://127.0.0.1:8566" in shown


@pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl"))),
    reason="the commands of the README need bash and curl",
)
def test_readme_commands_capture_refund_and_show_the_allocation() -> None:
    block = next(block for block in blocks(README) if block.language == "sh")
    with serving("--port", "0") as (_, url):
        script = block.text.replace("localhost:8566", url.removeprefix("http://"))
        process = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607  # found above
            capture_output=True,
            text=True,
            check=True,
        )
    assert process.stdout.count("201 Created") == 2
    assert '"outcome":"allocated"' in process.stdout
