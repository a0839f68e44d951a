"""``kustom-mock scenarios``, ``explain`` and ``schema``: look at worlds without a server."""

import sys
from importlib.resources.abc import Traversable
from pathlib import Path

import orjson

from mockserver.cli.exit_codes import FINDINGS, OK, USAGE
from mockserver.domain.allocation import explained
from mockserver.scenario.catalogue import (
    UnknownScenarioError,
    find,
    find_shipped,
    shipped,
    text_of,
)
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.loading import FileError
from mockserver.scenario.scenario import read_scenario
from mockserver.scenario.source import parse
from mockserver.schemas import bundled


def list_scenarios() -> int:
    """Print the shipped scenarios with their titles."""
    width = max(map(len, shipped()))
    for name, file in shipped().items():
        print(f"{name:<{width}}  {parse(file.read_bytes()).value['title']}")
    return OK


def show_scenario(name: str) -> int:
    """Print a shipped scenario."""
    file = _shipped(name)
    if file is None:
        return USAGE
    print(file.read_text(encoding="utf-8"), end="")
    return OK


def copy_scenario(name: str, destination: str) -> int:
    """Write a shipped scenario into a folder or file that does not exist yet."""
    file = _shipped(name)
    if file is None:
        return USAGE
    target = Path(destination)
    target = target / file.name if target.is_dir() else target
    try:
        with target.open("xb") as copy:
            copy.write(file.read_bytes())
    except OSError as error:
        print(f"kustom-mock: cannot write '{target}': {error.strerror}", file=sys.stderr)
        return USAGE
    print(target)
    return OK


def explain_file(reference: str) -> int:
    """Print how every refund of a scenario is allocated, condition by condition."""
    try:
        files = [(str(file), text_of(file)) for file in find(reference)]
    except UnknownScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return USAGE
    try:
        for name, text in files:
            _explain(name, text)
    except FileError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return FINDINGS
    return OK


def print_schema() -> int:
    """Print the schema of scenario files, complete in itself."""
    page = orjson.dumps(bundled("scenario.schema.json"), option=orjson.OPT_INDENT_2)
    print(page.decode())
    return OK


def _explain(name: str, text: bytes) -> None:
    try:
        sandbox = read_scenario(name, parse(text)).build("explain")
    except ScenarioError as error:
        raise FileError(name, error.findings) from None
    for order_name, order_id in sandbox.order_names.items():
        order = sandbox.orders[order_id]
        print(f"{order_name}: {len(order.refunds)} refunds")
        for refund in order.refunds:
            why = explained(order, refund).text
            print(f"\n{sandbox.part_names[refund.refund_id]}: {why}")
        print()


def _shipped(name: str) -> Traversable | None:
    try:
        return find_shipped(name)
    except UnknownScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return None
