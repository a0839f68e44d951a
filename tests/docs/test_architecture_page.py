"""Files and names on the contributor pages and in the request diagram exist."""

import re
from pathlib import Path

import pytest

from tests.support.doc_pages import DOCS
from tools.docs_generator.request_path import PIPELINE

ROOT = DOCS.parent
PACKAGE = ROOT / "mockserver"
PAGES = [*sorted((DOCS / "contributing").rglob("*.md")), DOCS / "explanation/request.md"]
SOURCE_PATH = re.compile(
    r"`((?:mockserver|tests|tools|schemas|scenarios|docs|benchmarks)/[\w./-]*)`"
)
PLACE = re.compile(r"^\|[^|]+\| `(\w[\w/]*\.py)` \| `(\w+)` \|$", re.MULTILINE)
PLACES = PLACE.findall((DOCS / "contributing/architecture.md").read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_files_named_on_a_contributor_page_exist(page: Path) -> None:
    named = SOURCE_PATH.findall(page.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_architecture_page_has_the_table_of_places() -> None:
    assert len(PLACES) > 10


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_place_on_the_architecture_page_defines_its_name(path: str, name: str) -> None:
    definition = rf"^\s*(?:def|async def|class) {name}\b|^{name}(?::.*)? = "
    assert re.search(definition, (ROOT / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("module", sorted({step.module for step in PIPELINE}))
def test_module_in_the_request_diagram_exists(module: str) -> None:
    path = PACKAGE / module
    assert path.is_dir() or path.with_suffix(".py").is_file()


def test_table_of_packages_lists_every_package() -> None:
    text = (DOCS / "contributing/architecture.md").read_text("utf-8")
    packages = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    assert [name for name in packages if f"| `mockserver/{name}` |" not in text] == []
