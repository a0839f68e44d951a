"""Case tables of the tests, and short ways to build scenarios."""

from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mockserver.domain.order import Order
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.scenario import Scenario, ScenarioDefaults, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.tables import load_table, parametrize_case

Case: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent / "cases"
FROZEN = "clock: {start: 2026-01-15T09:00:00Z, frozen: true}\n"


def rows(name: str) -> list[Case]:
    """Return the rows of a table."""
    table: list[Case] = load_table(FOLDER / f"{name}.yaml")
    return table


def tables(name: str) -> dict[str, list[Case]]:
    """Return the tables of a file by name."""
    tables_by_name: dict[str, list[Case]] = load_table(FOLDER / f"{name}.yaml")
    return tables_by_name


def every_case(name: str) -> pytest.MarkDecorator:
    """Run a test once for each row of a table."""
    return parametrize_case(rows(name))


def scenario_of(text: str | bytes, defaults: ScenarioDefaults | None = None) -> Scenario:
    """Parse a scenario."""
    return parse_scenario("test", parse_yaml(text), defaults)


def sandbox_of(text: str, name: str = "test") -> Sandbox:
    """Build the sandbox of a scenario."""
    return scenario_of(text).build(name)


def orders_of(sandbox: Sandbox) -> dict[str, Order]:
    """Return the orders of a sandbox by name."""
    by_id = {order.order_id: order for order in sandbox.orders.values()}
    return {name: by_id[order_id] for name, order_id in sandbox.order_names.items()}


def only_order(text: str) -> Order:
    """Build a scenario and return its only order."""
    (order,) = orders_of(sandbox_of(text)).values()
    return order


def refusal_of(text: str | bytes) -> str:
    """Return the findings of an invalid scenario as text."""
    with pytest.raises(ScenarioError) as error:
        scenario_of(text).build("test")
    return str(error.value)
