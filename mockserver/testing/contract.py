"""Run the steps of a scenario in a sandbox or against another server."""

from collections.abc import Iterator, Mapping

from mockserver.domain.operation import Operation
from mockserver.scenario.scenario import Scenario
from mockserver.scenario.steps import CallOperation
from mockserver.testing.handle import KustomSandbox
from mockserver.testing.play import (
    StepResult,
    StepRunner,
    named_movement_ids,
    seeded_movement_ids,
)


def run_in_sandbox(sandbox: KustomSandbox, scenario: Scenario) -> Iterator[StepResult]:
    """Play the steps of a scenario in a sandbox that was filled from it."""
    names = sandbox.control.name_movements({})
    orders = {name: sandbox.order(name)["order"] for name in sandbox.orders}
    stage = StepRunner(
        sandbox.base_url,
        *sandbox.auth,
        orders=sandbox.orders,
        movement_ids=named_movement_ids(names, orders),
        control=sandbox.control,
    )
    yield from stage.run(scenario.steps)


def run_against_server(stage: StepRunner, scenario: Scenario) -> Iterator[StepResult]:
    """Play a scenario's steps and its final expectations against another server."""
    responses = {
        name: stage.send(CallOperation(Operation.GET_ORDER, name)).body for name in stage.orders
    }
    pages = {name: page for name, page in responses.items() if isinstance(page, Mapping)}
    stage.movement_ids.update(seeded_movement_ids(scenario.spec, pages))
    yield from stage.run(scenario.steps)
    if "expect" in scenario.spec:
        yield stage.check_expectations(scenario.spec["expect"])
