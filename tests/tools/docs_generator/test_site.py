"""The documentation site builds strictly and fetches nothing from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.processes import environment
from tools.docs_generator.markdown import DOCS
from tools.docs_generator.navigation import CONFIG, unlisted_pages

FETCHING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""Elements that make a browser fetch something, and the attribute with its address."""


class Fetched(HTMLParser):
    """Addresses that a browser fetches when it shows a page."""

    def __init__(self) -> None:
        """Start with no addresses."""
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the address of an element that is fetched."""
        address = dict(attrs).get(FETCHING.get(tag, ""))
        if address is not None:
            self.addresses.append(address)


def build(root: Path) -> subprocess.CompletedProcess[str]:
    zensical = Path(sys.executable).parent / "zensical"
    return subprocess.run(
        [zensical, "build", "--strict", "--clean"],
        capture_output=True,
        check=False,
        cwd=root,
        env=environment({"NO_COLOR": "1"}),
        text=True,
    )


def copy_sources(folder: Path) -> Path:
    copytree(DOCS, folder / "docs")
    (folder / CONFIG.name).write_text(CONFIG.read_text("utf-8"), "utf-8")
    (folder / "mockserver").symlink_to(DOCS.parent / "mockserver")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_sources(tmp_path_factory.mktemp("site"))
    built = build(root)
    assert built.returncode == 0, built.stdout + built.stderr
    return root / "site"


def test_navigation_lists_every_page() -> None:
    assert unlisted_pages() == []


def test_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    fetched = Fetched()
    for page in site.rglob("*.html"):
        fetched.feed(page.read_text("utf-8"))
    assert fetched.addresses
    assert [a for a in fetched.addresses if re.match(r"(https?:)?//", a)] == []


def test_styles_fetch_nothing_from_elsewhere(site: Path) -> None:
    styles = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert styles
    assert [s for s in styles if re.search(r"(url\(|@import )[\"']?(https?:)?//", s)] == []


def test_fences_are_rendered_as_code(site: Path) -> None:
    pages = [path for path in site.rglob("*.html") if "```" in path.read_text("utf-8")]
    assert pages == []


def test_dead_links_fail_the_build(tmp_path: Path) -> None:
    root = copy_sources(tmp_path)
    page = root / "docs/index.md"
    dead_links = "[page](gone.md) [anchor](concepts.md#gone)"
    page.write_text(f"{page.read_text('utf-8')}\n{dead_links}\n", "utf-8")
    built = build(root)
    assert built.returncode != 0
    assert "page does not exist" in built.stdout + built.stderr
    assert "anchor does not exist" in built.stdout + built.stderr
