"""Run mutation tests on the domain and print the surviving mutants.

Takes the files to mutate; default: all of ``mockserver/domain``. Works in a copy of the tree,
so the checkout never changes.
"""

import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, ClassVar

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.plugins import OPERATOR_PROVIDERS
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome
from parso.python.tree import Name

ROOT = Path(__file__).parents[1]
PYTEST = (
    f"{sys.executable} -m pytest -x -q -p no:cacheprovider -c {os.devnull} --rootdir ."
    " --confcutdir tests/domain --disable-plugin-autoload -p _hypothesis_pytestplugin"
)
"""Without plugins and configuration that these tests do not need; both cost time."""
QUICK = f"{PYTEST} -p tests.support.quick_profile"
FULL = (
    f"{PYTEST} -p pytest_asyncio.plugin --asyncio-mode auto"
    " tests/http/merchant/test_command_parsing.py"
    " tests/sandbox/test_sandbox.py tests/domain"
)

ALLOCATION = "tests/domain/allocation/test_case_table.py"
FIRST = {
    "authorization": "tests/domain/test_decide.py",
    "allocate": ALLOCATION,
    "captures": "tests/domain/test_decide.py",
    "case": ALLOCATION,
    "commands": "tests/http/merchant/test_command_parsing.py",
    "conditions": ALLOCATION,
    "decision": "tests/domain/test_decide.py tests/domain/test_errors.py",
    "errors": "tests/domain/test_errors.py tests/domain/test_decide.py",
    "lifecycle": "tests/domain/test_lifecycle.py tests/domain/test_decide.py",
    "explanation": "tests/domain/allocation/test_explanation.py",
    "hints": "tests/domain/allocation/test_explanation.py",
    "limits": "tests/http/merchant/test_command_parsing.py",
    "order": "tests/domain/test_order.py tests/domain/test_decide.py",
    "refunds": "tests/domain/test_decide.py",
}
"""Tests that probably kill a module's mutants, where no test has the module's name."""

NUMBERS_AND_LOGIC = re.compile(
    r"NumberReplacer|AddNot|Replace(True|False|And|Or|Break|Continue)With|RemoveDecorator"
    r"|ZeroIterationForLoop|ReplaceUnaryOperator|ReplaceComparisonOperator"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_FloorDiv|FloorDiv_Mul)",
)
SAME_OR_EQUAL = re.compile(r"_(?!Is_IsNot|IsNot_Is)(Is|IsNot|\w+_Is|\w+_IsNot)(_|$)")
"""``is`` and ``==`` do not differ for values that exist once, such as members of an enum."""

FOR_READERS = {
    "assumed", "assumption_field", "BehaviourRule", "klarna_docs", "kustom_docs",
    "read_off_clients", "recorded",
}  # fmt: skip
"""Texts in these calls are for readers of the generated pages."""

Node = Any
Positions = Iterator[tuple[tuple[int, int], tuple[int, int]]]


class Operator:
    """A mutation operator with cosmic-ray's interface."""

    @staticmethod
    def arguments() -> tuple[()]:
        """Return the arguments of the operator: none."""
        return ()


class ChangeText(Operator):
    """Insert a character before a text, except in docstrings and texts for readers."""

    def mutation_positions(self, node: Node) -> Positions:
        """Yield texts and the parts of formatted texts."""
        if node.type in {"string", "fstring_string"} and not self._is_for_readers(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Node, _index: int) -> Node:
        """Change one text."""
        quote = r"(\w*(?:\"\"\"|'''|\"|'))" if node.type == "string" else "()"
        node.value = re.sub(rf"^{quote}", r"\1?", node.value, count=1)
        return node

    def _is_for_readers(self, node: Node) -> bool:
        if node.parent.type in {"simple_stmt", "file_input"}:
            return True
        return " " in node.value and any(_called(item) in FOR_READERS for item in _around(node))


class LeaveOutElement(Operator):
    """Remove an element of a collection, a named argument, or the last argument."""

    kinds: ClassVar = {"arglist", "testlist_comp", "dictorsetmaker"}

    def mutation_positions(self, node: Node) -> Positions:
        """Yield elements, but no comprehensions."""
        for _, part in self._left_out(node):
            yield part[0].start_pos, part[-1].end_pos

    def mutate(self, node: Node, index: int) -> Node:
        """Remove one element and the comma after it."""
        parts = self._parts(node)
        del parts[list(self._left_out(node))[index][0]]
        node.children = [item for part in parts for item in part]
        return node

    def _left_out(self, node: Node) -> Iterator[tuple[int, list[Node]]]:
        if node.type in self.kinds and "," in {_text(item) for item in node.children}:
            parts = self._parts(node)
            for number, part in enumerate(parts):
                optional = part[0].type == "argument" or number == len(parts) - 1
                rule = "BehaviourRule" in {_called(part[0]), _called(node.parent.parent)}
                if (node.type != "arglist" or optional) and not rule:
                    yield number, part

    def _parts(self, node: Node) -> list[list[Node]]:
        parts: list[list[Node]] = [[]]
        for item in node.children:
            parts[-1].append(item)
            if _text(item) == ",":
                parts.append([])
        return [part for part in parts if part]


class LeaveOutStatement(Operator):
    """Remove a statement of a function, or return ``None``."""

    kinds: ClassVar = {"raise_stmt", "expr_stmt", "yield_expr", "atom_expr", "return_stmt"}

    def mutation_positions(self, node: Node) -> Positions:
        """Yield statements with an effect."""
        if node.type == "simple_stmt" and node.children[0].type in self.kinds:
            inside = {item.type for item in _around(node)}
            if "funcdef" in inside:
                yield node.start_pos, node.end_pos

    def mutate(self, node: Node, _index: int) -> Node:
        """Replace one statement."""
        old = node.children[0]
        new = "return None" if old.type == "return_stmt" else "pass"
        node.children[0] = Name(new, old.start_pos, old.get_first_leaf().prefix)
        return node


def _text(node: Node) -> str:
    return getattr(node, "value", "")


def _around(node: Node) -> Iterator[Node]:
    while node := node.parent:
        yield node


def _called(node: Node) -> str:
    return _text(node.children[0]) if node.type == "atom_expr" else ""


def select_operators(core: Any) -> dict[str, Any]:  # noqa: ANN401  # untyped there
    """Return the operators to use, by name."""
    own = (ChangeText, LeaveOutElement, LeaveOutStatement)
    return {
        **{operator.__name__: operator for operator in own},
        **{
            name: core[name]
            for name in core
            if NUMBERS_AND_LOGIC.match(name) and not SAME_OR_EQUAL.search(name)
        },
    }


def stages(module: str) -> list[str]:
    """Return commands that run more and more tests."""
    own = FIRST.get(module, f"tests/domain/test_{module}.py")
    first = [f"{QUICK} {own}"] if Path(own.split()[0]).exists() else []
    return [*first, f"{QUICK} tests/domain", FULL]


def measure_limit(command: str) -> float:
    """Run tests without a mutation; return how many seconds they may take with one."""
    start = perf_counter()
    outcome, output = run_tests(command, None)
    if outcome is not TestOutcome.SURVIVED:
        sys.exit(f"The tests fail without a mutation.\n{command}\n{output}")
    return 5 * (perf_counter() - start) + 5


def main(*files: str) -> None:
    """Run all mutants of these files; print survivors and totals."""
    OPERATOR_PROVIDERS["core"] = select_operators(OPERATOR_PROVIDERS["core"])
    limit = cache(measure_limit)
    with TemporaryDirectory() as folder:
        tree = copytree(ROOT, Path(folder, "tree"), ignore=ignore_patterns(".*", "dist"))
        os.chdir(tree)
        paths = [Path(file) for file in files] or sorted(
            Path("mockserver/domain").rglob("*.py")
        )
        for path in paths:
            limits = {command: limit(command) for command in stages(path.stem)}
            with use_db(f"{folder}/{path.stem}.sqlite", WorkDB.Mode.create) as work:
                init([path], work, {})
                items = list(work.work_items)
            print(f"{path}: {len(items)} mutants", flush=True)
            survived = 0
            for item in items:
                results = (mutate_and_test(item.mutations, *limit) for limit in limits.items())
                if not any((result := outcome).is_killed for outcome in results):
                    survived += 1
                    print(result.diff, flush=True)
            print(f"{path}: {survived} of {len(items)} survived", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
