"""Short ways to build scenarios."""

import pytest

from mockserver.domain.order import Order
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.scenario import Scenario, ScenarioDefaults, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml

FROZEN = "clock: {start: 2026-01-15T09:00:00Z, frozen: true}\n"


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
