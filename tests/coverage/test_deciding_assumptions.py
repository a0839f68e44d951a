"""An assumption is counted if, and only if, another value of it changes a response."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import yaml

from mockserver.coverage.assumption_recipes import ASSUMPTION_RECIPES
from mockserver.coverage.cells import coverage_cells
from mockserver.coverage.counting import count_cells
from mockserver.coverage.deciding_assumptions import ASSUMPTION_CHECKS
from mockserver.coverage.recipes import write_scenario
from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.drift.exchanges import Recorder
from mockserver.http_client import HttpResponse
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.testing.in_process import IN_PROCESS_USER, InProcessServer
from mockserver.testing.step_runner import run_in_sandbox

READ_ORDER = {"get_order": {"order": "shop"}}
"""Shows what the requests before it came to."""


@pytest.fixture(scope="module")
def server() -> Iterator[InProcessServer]:
    with InProcessServer() as server:
        yield server


def play(
    server: InProcessServer, scenario: Mapping[str, Any]
) -> tuple[Sequence[object], set[str]]:
    """Play a scenario, and return its responses and the assumptions that were counted."""
    sandbox, recorder = server.open_sandbox(scenario), Recorder(server.send)
    parsed = parse_scenario("gap", parse_yaml(json.dumps(scenario)))
    list(run_in_sandbox(sandbox, parsed, recorder.send))
    state = server.registry.get(IN_PROCESS_USER)
    assert state is not None
    covered = {
        cell_id.removeprefix("assumption/")
        for cell_id in count_cells(state.build_tally()).counts
    }
    responses = [
        (e.response.status, e.response.body, outcome_of(e.response)) for e in recorder.exchanges
    ]
    return responses, covered & {*ASSUMPTION_CHECKS}


def outcome_of(response: HttpResponse) -> str:
    """Return the outcome of the allocation, which the provider does not tell."""
    return response.headers.get("Mock-Allocation", "").partition(";")[0]


def test_every_counted_assumption_has_a_recipe() -> None:
    assert {*ASSUMPTION_RECIPES} == {*ASSUMPTION_CHECKS} <= {*ASSUMPTIONS}


@pytest.mark.parametrize("assumption", ASSUMPTION_CHECKS)
def test_assumptions_counted_are_those_that_change_a_response(
    server: InProcessServer, assumption: str
) -> None:
    text = write_scenario(coverage_cells()[f"assumption/{assumption}"])
    scenario: dict[str, Any] = yaml.safe_load(text)
    if "orders" in scenario:
        scenario["steps"] = [*scenario["steps"], READ_ORDER]
    responses, counted = play(server, scenario)
    deciding = {
        name
        for name in ASSUMPTION_CHECKS
        for value in ASSUMPTIONS[name].meanings
        if play(server, {**scenario, "assume": {name: value}})[0] != responses
    }
    assert assumption in counted
    assert counted == deciding
