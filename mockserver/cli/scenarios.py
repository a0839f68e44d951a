"""``kustom-mock scenarios``, ``explain`` and ``schema``."""

import sys
from importlib.resources.abc import Traversable
from pathlib import Path

from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.scenario.diagnostics import Finding, ScenarioError, pluralize
from mockserver.scenario.document import Document
from mockserver.scenario.export import dump_yaml
from mockserver.scenario.file_format import parse_file
from mockserver.scenario.json_reader import parse_json
from mockserver.scenario.loader import (
    ScenarioFileError,
    UnknownScenarioError,
    find_shipped,
    list_shipped,
    read_file,
    resolve_files,
)
from mockserver.scenario.provider_order import (
    findings_of_provider_order,
    import_scenario,
    is_provider_order,
)
from mockserver.scenario.scenario import parse_scenario, sort_by_position, wrap_value
from mockserver.schemas import bundle_schema

ORDER_DEPTH = 2
"""Steps of a path that lead to an order of a scenario: ``orders`` and its name."""


def list_scenarios() -> int:
    """Print the shipped scenarios with their titles."""
    width = max(map(len, list_shipped()))
    for name, file in list_shipped().items():
        print(f"{name:<{width}}  {parse_file(file.read_bytes(), file.name).value['title']}")
    return EXIT_OK


def show_scenario(name: str) -> int:
    """Print a shipped scenario."""
    file = _shipped(name)
    if file is None:
        return EXIT_USAGE
    print(file.read_text(encoding="utf-8"), end="")
    return EXIT_OK


def copy_scenario(name: str, destination: str) -> int:
    """Write a shipped scenario into a folder or file that does not exist yet."""
    file = _shipped(name)
    if file is None:
        return EXIT_USAGE
    target = Path(destination)
    target = target / file.name if target.is_dir() else target
    try:
        with target.open("xb") as copy:
            copy.write(file.read_bytes())
    except OSError as error:
        print(f"kustom-mock: cannot write '{target}': {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    print(target)
    return EXIT_OK


def import_order(file: str, output: str | None, *, mask: bool) -> int:
    """Write a scenario from the JSON of an order; ``-`` is standard input.

    Returns:
        0, 1 if the order cannot be taken, 2 if a file cannot be read or written.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = _import_text(parse_json(data), mask=mask)
        if output is None:
            print(text, end="")
        else:
            with Path(output).open("x", encoding="utf-8") as target:
                target.write(text)
    except ScenarioError as error:
        print(f"kustom-mock: {ScenarioFileError(file, error.findings)}", file=sys.stderr)
        return EXIT_FINDINGS
    except OSError as error:
        print(f"kustom-mock: '{error.filename}': {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    return EXIT_OK


def _import_text(document: Document, *, mask: bool) -> str:
    """Return the YAML of the scenario, after it was built once.

    Raises:
        ScenarioError: with each problem at its position in the order's JSON.
    """
    if not is_provider_order(document.value):
        message = "expected the JSON of an order, with the key order_lines"
        raise ScenarioError([Finding("E102", (), message)])
    try:
        scenario = import_scenario(document.value, mask=mask)
        with findings_of_provider_order(ORDER_DEPTH):
            parse_scenario("import", wrap_value(scenario)).build("import")
    except ScenarioError as error:
        raise ScenarioError(sort_by_position(error.findings, document)) from None
    return dump_yaml(scenario)


def explain_file(reference: str) -> int:
    """Print how every refund of a scenario is allocated, condition by condition."""
    try:
        files = [(str(file), read_file(file)) for file in resolve_files(reference)]
    except UnknownScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    try:
        for name, text in files:
            _explain(name, text)
    except ScenarioFileError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_FINDINGS
    return EXIT_OK


def print_schema() -> int:
    """Print the schema of scenario files, including all shared definitions."""
    print(to_json(bundle_schema("scenario.schema.json")))
    return EXIT_OK


def _explain(name: str, text: bytes) -> None:
    try:
        sandbox = parse_scenario(name, parse_file(text, name)).build("explain")
    except ScenarioError as error:
        raise ScenarioFileError(name, error.findings) from None
    for order_name, order_id in sandbox.order_names.items():
        order = sandbox.orders.get(order_id)
        if order is None:  # a checkout order
            continue
        print(f"{order_name}: {pluralize(len(order.refunds), 'refund')}")
        for refund in order.refunds:
            why = explain_allocation(order, refund).text
            print(f"\n{sandbox.movement_names[refund.refund_id]}: {why}")
        print()


def _shipped(name: str) -> Traversable | None:
    try:
        return find_shipped(name)
    except UnknownScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return None
