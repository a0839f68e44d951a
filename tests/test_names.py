"""A name of the package and its tools has one meaning (decision 17)."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("mockserver", "tools")
NAMED_AFTER_SUBJECTS = ("mockserver/cli", "mockserver/http/control")
"""Folders whose modules are named after what they show or change, such as ``clock``."""


@cache
def modules() -> Mapping[Path, ast.Module]:
    paths = [path for source in SOURCES for path in (ROOT / source).rglob("*.py")]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def module_names() -> Iterator[tuple[str, str]]:
    for path in modules():
        folder = path.relative_to(ROOT).parent.as_posix()
        if path.stem != "__init__" and folder not in NAMED_AFTER_SUBJECTS:
            yield path.stem, folder


def class_names() -> Iterator[tuple[str, str]]:
    for path, module in modules().items():
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                yield node.name, str(path.relative_to(ROOT))


def constants() -> Iterator[tuple[str, str]]:
    """Yield public constants with their values: two modules may both need the same one."""
    for module in modules().values():
        for node in module.body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if name.isupper() and not name.startswith("_"):
                        yield name, ast.unparse(value)


def with_two_meanings(names: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    meanings: dict[str, list[str]] = defaultdict(list)
    for name, meaning in names:
        meanings[name].append(meaning)
    return {name: set(found) for name, found in meanings.items() if len(set(found)) > 1}


@pytest.mark.parametrize("names", [module_names, class_names, constants])
def test_no_name_has_two_meanings(names: Callable[[], Iterator[tuple[str, str]]]) -> None:
    assert with_two_meanings(names()) == {}
