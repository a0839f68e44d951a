"""Playing a scenario: in a sandbox, or against another server."""

from collections.abc import Iterator, Mapping

from mockserver.domain.operation import Operation
from mockserver.scenario.scenario import Scenario
from mockserver.scenario.steps import Asked
from mockserver.testing.handle import KustomSandbox
from mockserver.testing.play import Played, Stage, named_parts, seeded_parts


def play_in_sandbox(sandbox: KustomSandbox, scenario: Scenario) -> Iterator[Played]:
    """Play the steps of a scenario in a sandbox that was filled from it."""
    names = sandbox.control.name_movements({})
    pages = {name: sandbox.order(name)["order"] for name in sandbox.orders}
    stage = Stage(
        sandbox.base_url,
        *sandbox.auth,
        orders=sandbox.orders,
        parts=named_parts(names, pages),
        control=sandbox.control,
    )
    yield from stage.play(scenario.steps)


def play_elsewhere(stage: Stage, scenario: Scenario) -> Iterator[Played]:
    """Play a scenario's steps and its final expectations against another server."""
    asked = {name: stage.ask(Asked(Operation.GET_ORDER, name)).page for name in stage.orders}
    pages = {name: page for name, page in asked.items() if isinstance(page, Mapping)}
    stage.parts.update(seeded_parts(scenario.spec, pages))
    yield from stage.play(scenario.steps)
    if "expect" in scenario.spec:
        yield stage.judge(scenario.spec["expect"])
