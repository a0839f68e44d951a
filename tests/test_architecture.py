"""One direction of imports, held for every import, those inside functions included."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

PACKAGE = "mockserver"
ROOT = Path(__file__).parents[1] / PACKAGE


@dataclass(frozen=True)
class Layer:
    """What a part of the package may import, beside itself and the standard library.

    ``libraries`` is ``None`` where any are allowed.
    """

    parts: frozenset[str] = frozenset()
    libraries: frozenset[str] | None = frozenset()


ANY = "any"


def may_import(parts: str = "", libraries: str = "") -> Layer:
    allowed = None if libraries == ANY else frozenset(libraries.split())
    return Layer(frozenset(parts.split()), allowed)


BASE = f"{PACKAGE} json_type resources schemas settings"
CHECKS = "domain sandbox scenario audit coverage whatif"
CLIENTS = (
    "http_client merchant_types order_types report_types control_types scenario_types"
    " checkout_types delivery_types control_calls client"
)

ONLY_IN = {"aiohttp": "http"}
"""Libraries that one part alone may know."""

LAYERS: Mapping[str, Layer] = {
    # The base: the version, and where shipped files and settings come from.
    PACKAGE: may_import(
        "client control_calls control_types merchant_types order_types report_types"
        " checkout_types delivery_types scenario_types testing"
    ),
    "resources": may_import(),
    "json_type": may_import(),
    "schema_reporter": may_import("json_type", "jsonschema jsonschema_rs referencing"),
    "schemas": may_import("json_type resources schema_reporter", "jsonschema_rs orjson"),
    "settings": may_import("domain"),
    "http_client": may_import(),
    "merchant_types": may_import(),
    "scenario_types": may_import(),
    "order_types": may_import("merchant_types"),
    "report_types": may_import(),
    "delivery_types": may_import(),
    "checkout_types": may_import("delivery_types merchant_types"),
    "control_types": may_import("order_types report_types"),
    # domain <- sandbox <- scenario <- http
    "domain": may_import("", "msgspec"),
    "sandbox": may_import("domain", "msgspec"),
    "scenario": may_import("domain sandbox resources schemas", "faker msgspec orjson yaml"),
    "audit": may_import("domain sandbox", "msgspec"),
    "coverage": may_import(f"{PACKAGE} domain sandbox scenario", "msgspec orjson yaml"),
    "whatif": may_import("domain sandbox", "msgspec"),
    "picture": may_import("domain", "msgspec"),
    "homes": may_import("domain sandbox", "msgspec multidict valkey"),
    "http": may_import(f"{BASE} {CHECKS} homes picture", ANY),
    # The outside: whatever they need, but not what only http knows.
    **dict.fromkeys(
        ("__main__", "cli", "client", "control_calls", "drift", "pytest_plugin", "testing"),
        may_import(f"{BASE} {CLIENTS} {CHECKS} homes http cli testing drift", ANY),
    ),
}
"""By part of the package (a folder, or a module beside them): what it may import."""


@dataclass(frozen=True)
class Import:
    """A module names another; ``late`` if that happens inside a function, or for types."""

    module: str
    target: str
    late: bool

    @property
    def part(self) -> str:
        """The part of the package that imports."""
        return part_of(self.module)

    @property
    def library(self) -> str:
        """The package that is imported."""
        return self.target.partition(".")[0]


def part_of(module: str) -> str:
    """Name the part a module belongs to: the second word, if there is one."""
    return [*module.split("."), module][1]


def module_of(path: Path) -> str:
    steps = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(steps[:-1] if steps[-1] == "__init__" else steps)


MODULES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports_of(module: str, source: str) -> Iterator[Import]:
    tree = ast.parse(source)
    late = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef) or is_for_types(outer)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            targets = [resolved(node.module or "", name.name) for name in node.names]
        else:
            continue
        for target in targets:
            yield Import(module, target, id(node) in late)


def is_for_types(node: ast.AST) -> bool:
    """Whether a statement is ``if TYPE_CHECKING``, which never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def resolved(module: str, name: str) -> str:
    """Distinguish a module imported by its package from a name inside a module."""
    inner = f"{module}.{name}"
    return inner if inner in MODULES else module


def complaint(imported: Import) -> str | None:
    if imported.library == PACKAGE:
        target = part_of(imported.target)
        allowed = target == imported.part or target in LAYERS[imported.part].parts
    else:
        target = imported.library
        allowed = target in sys.stdlib_module_names or is_allowed_library(imported.part, target)
    return None if allowed else f"{imported.module} imports {target}"


def is_allowed_library(part: str, library: str) -> bool:
    libraries = LAYERS[part].libraries
    if ONLY_IN.get(library, part) != part:
        return False
    return libraries is None or library in libraries


@pytest.fixture(scope="module")
def every_import() -> list[Import]:
    return [
        imported
        for module, path in MODULES.items()
        for imported in imports_of(module, path.read_text(encoding="utf-8"))
    ]


def test_every_module_belongs_to_a_layer() -> None:
    assert {part_of(module) for module in MODULES} <= set(LAYERS)


def test_imports_go_in_one_direction(every_import: list[Import]) -> None:
    assert list(filter(None, map(complaint, every_import))) == []


def test_only_http_knows_aiohttp(every_import: list[Import]) -> None:
    knowing = {imported.part for imported in every_import if imported.library == "aiohttp"}
    assert knowing == {"http"}


@pytest.mark.parametrize(
    ("api", "users"),
    [("control", {"openapi", "server"}), ("dashboard", {"server"}), ("server", set())],
)
def test_api_inside_http_is_imported_only_by_its_servers(
    every_import: list[Import], api: str, users: set[str]
) -> None:
    inside = f"{PACKAGE}.http."
    importers = {
        imported.module.removeprefix(inside).partition(".")[0]
        for imported in every_import
        if imported.module.startswith(inside)
        and f"{imported.target}.".startswith(f"{inside}{api}.")
    }
    assert importers - {api} == users


def test_domain_imports_only_the_standard_library_and_msgspec(
    every_import: list[Import],
) -> None:
    libraries = {imported.library for imported in every_import if imported.part == "domain"}
    assert libraries - sys.stdlib_module_names == {PACKAGE, "msgspec"}


def test_there_are_no_import_cycles(every_import: list[Import]) -> None:
    """Imports inside functions come later and may close a circle."""
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for imported in every_import:
        if imported.target in MODULES and not imported.late:
            graph[imported.module].add(imported.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1][::-1]))


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("mockserver.domain.order", "import yaml", "mockserver.domain.order imports yaml"),
        (
            "mockserver.domain.order",
            "def late():\n    from mockserver.sandbox.clock import Clock",
            "mockserver.domain.order imports sandbox",
        ),
        (
            "mockserver.sandbox.clock",
            "from mockserver import schemas",
            "mockserver.sandbox.clock imports schemas",
        ),
        (
            "mockserver.scenario.sandbox_builder",
            "import mockserver.http.server",
            "mockserver.scenario.sandbox_builder imports http",
        ),
        (
            "mockserver.cli.serve",
            "from aiohttp import web",
            "mockserver.cli.serve imports aiohttp",
        ),
        (
            "mockserver.schemas",
            "import mockserver.settings",
            "mockserver.schemas imports settings",
        ),
        ("mockserver.domain.order", "from mockserver.domain import money", None),
        ("mockserver.http.server", "from mockserver import __version__", None),
        ("mockserver.sandbox.clock", "import collections.abc", None),
    ],
)
def test_forbidden_import_is_reported(
    module: str,
    source: str,
    expected: str | None,
) -> None:
    assert [complaint(imported) for imported in imports_of(module, source)] == [expected]


PACKAGES = sorted(path.parent for path in ROOT.rglob("*/__init__.py"))


@pytest.mark.parametrize(
    "folder", PACKAGES, ids=lambda folder: folder.relative_to(ROOT).as_posix()
)
def test_docstring_of_a_package_names_every_module(folder: Path) -> None:
    docstring = (folder / "__init__.py").read_text("utf-8")
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    packages = {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert [name for name in sorted(modules | packages) if f"``{name}``" not in docstring] == []


def test_architecture_page_shows_the_layers() -> None:
    page = (ROOT.parent / "docs/contributing/architecture.md").read_text("utf-8")
    arrows = [
        (target, source)
        for targets, sources in re.findall(r"^(\w[\w, ]*)  <-  (.+)$", page, re.MULTILINE)
        for target in targets.split(", ")
        for source in sources.split(", ")
    ]
    assert [arrow for arrow in arrows if arrow[0] not in LAYERS[arrow[1]].parts] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"control_calls"}
    assert {*chain(*arrows)} == {*packages, "pytest_plugin"}
