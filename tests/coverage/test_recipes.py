"""Every gap that a report names comes with a scenario that closes it."""

from collections.abc import Iterator

import pytest

from mockserver.coverage.cells import Cell, coverage_cells
from mockserver.coverage.counting import count_cells
from mockserver.coverage.recipes import write_scenario
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.testing.in_process import IN_PROCESS_USER, InProcessServer
from mockserver.testing.step_runner import run_in_sandbox

CELLS = coverage_cells()
DIMENSIONS = list(dict.fromkeys(cell.dimension for cell in CELLS.values()))


@pytest.fixture(scope="module")
def server() -> Iterator[InProcessServer]:
    with InProcessServer() as server:
        yield server


def problems_of(server: InProcessServer, cell: Cell) -> list[str]:
    """Play the scenario of a cell, and return what went wrong."""
    text = write_scenario(cell)
    scenario = parse_scenario("gap", parse_yaml(text))
    results = list(run_in_sandbox(server.open_sandbox(text), scenario, server.send))
    problems = [f"{r.text}: {difference}" for r in results for difference in r.differences]
    sandbox = server.registry.get(IN_PROCESS_USER)
    assert sandbox is not None
    is_covered = count_cells(sandbox.build_tally()).counts[cell.cell_id] > 0
    return problems if is_covered else [*problems, "the cell is not covered"]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_scenario_of_each_gap_meets_it(server: InProcessServer, dimension: str) -> None:
    cells = [cell for cell in CELLS.values() if cell.dimension == dimension]
    problems = {cell.cell_id: problems_of(server, cell) for cell in cells}
    assert {cell_id: found for cell_id, found in problems.items() if found} == {}
