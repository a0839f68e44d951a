"""Files and names on the contributor pages and in the request diagram exist."""

import ast
import re
import tomllib
from functools import cache
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

MEMBER = re.compile(r"`([A-Z]\w*[a-z]\w*)\.([a-z_]+)`")
DEPENDENCIES = DOCS / "contributing/decisions/0010-runtime-dependencies.md"

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}"
)


@cache
def members() -> frozenset[tuple[str, str]]:
    """Return methods and attributes of the classes of the package, by name of the class."""
    return frozenset(
        (definition.name, str(name))
        for path in PACKAGE.rglob("*.py")
        for definition in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(definition, ast.ClassDef)
        for node in ast.walk(definition)
        for name in (
            getattr(node, "name", ""),
            getattr(node, "attr", ""),
            getattr(node, "id", ""),
        )
    )


@every_page
def test_members_of_classes_named_on_a_contributor_page_exist(page: Path) -> None:
    named = MEMBER.findall(page.read_text("utf-8"))
    assert [name for name in named if name not in members()] == []


def test_every_runtime_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    rows = re.findall(
        r"^\| (?:`\w+` \| )?([\w-]+) \|", DEPENDENCIES.read_text("utf-8"), re.MULTILINE
    )
    named = {row for row in rows if row not in {"dependency", "extra", "---"}}
    assert named == {re.split(r"[^\w-]", name)[0] for name in required}


@every_page
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
