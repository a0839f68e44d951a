"""Commands and scenarios of the documentation work as shown, and pages are complete."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from mockserver import __version__
from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.cli.lint import lint_text
from mockserver.domain.forced_outcomes import FORCED_OUTCOMES
from mockserver.http.control.routes import CONTROL_ROUTES
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.diagnostics import LINT_CODES
from mockserver.scenario.fault_parser import ACTION_NAMES, WIREMOCK_FAULTS
from mockserver.scenario.loader import DEFAULT_SCENARIO, list_shipped, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.schemas import get_schema, shipped_schemas
from mockserver.settings import OPTIONS
from tests.support.doc_pages import (
    DOCS,
    SHOWN_URL,
    Block,
    blocks,
    commands,
    matches_shown,
    run_page,
)

PAGES = sorted(DOCS.rglob("*.md"))
SCENARIOS = [
    pytest.param(block, id=f"{page.relative_to(DOCS)}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page))
    if block.language == "yaml" and re.search(r"^version: 1$", block.text, re.MULTILINE)
    if "finding" not in block.info  # lint examples have their own tests
]
PARTS = shipped_schemas()["scenario.schema.json"]["$defs"]
EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name, rules in PARTS.items()
    for number, example in enumerate(rules.get("examples", ()))
]
NEEDED = ("bash", "curl", "grep")
MENTIONED = {
    "reference/faults/*": [*ACTION_NAMES, *WIREMOCK_FAULTS],
    "reference/lint/*": list(LINT_CODES),
    "reference/audit/index": list(AUDIT_RULES),
    "how-to/troubleshooting": [code for code in LINT_CODES if code.startswith("W")],
    "reference/settings": [row.flag for row in OPTIONS.values()],
    "reference/control-api/*": [
        *(f"{row.method} {row.path}" for row in CONTROL_ROUTES),
        *FORCED_OUTCOMES,
    ],
    "how-to/cookbook": list(list_shipped()),
}

every_scenario = pytest.mark.parametrize("block", SCENARIOS)


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


@every_scenario
def test_scenario_in_docs_lints_without_errors(block: Block) -> None:
    assert [finding for finding in lint_text(block.text.encode()) if finding.is_error] == []


@every_scenario
def test_scenario_marked_holds_meets_its_expectations(
    block: Block,
) -> None:
    scenario = parse_scenario("docs", parse_yaml(block.text))
    verdict = scenario.check_expectations(scenario.build("docs"))
    assert verdict.passed or "holds" not in block.info, verdict.failures


def test_cookbook_has_ten_scenarios_without_warnings() -> None:
    scenarios = [
        block for block in blocks(DOCS / "how-to/cookbook.md") if block.language == "yaml"
    ]
    assert len(scenarios) >= 10
    assert [finding for block in scenarios for finding in lint_text(block.text.encode())] == []


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_schema_example_is_valid(name: str, example: Any) -> None:  # noqa: ANN401
    assert get_schema(f"scenario.schema.json#/$defs/{name}").is_valid(example)


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)}")
@pytest.mark.parametrize(
    "file",
    [
        pytest.param(page, id=str(page.relative_to(DOCS)))
        for page in PAGES
        if list(commands(page))
    ],
)
def test_page_commands_print_the_documented_output(
    file: Path,
    tmp_path: Path,
) -> None:
    server = Server(SandboxRegistry(load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults())))
    with running_in_thread(server) as url:
        printed = run_page(file, tmp_path, url)
    shown = list(commands(file))
    assert len(printed) == len(shown)
    for command, actual in zip(shown, printed, strict=True):
        assert matches_shown(command.printed, actual), f"$ {command.line}\n{actual}"


@pytest.mark.parametrize("name", MENTIONED)
def test_pages_mention_every_name(name: str) -> None:
    text = "".join(path.read_text("utf-8") for path in DOCS.glob(f"{name}.md"))
    assert [entry for entry in MENTIONED[name] if f"`{entry}`" not in text] == []


def test_tutorial_shows_the_ready_line_of_serve() -> None:
    assert f"kustom-mock {__version__} listening on {SHOWN_URL}\n" in page("tutorial/index")


def test_tutorial_scenario_has_ten_lines() -> None:
    (block,) = (
        block for block in blocks(DOCS / "tutorial/index.md") if block.file == "lost.yaml"
    )
    assert len(block.text.splitlines()) <= 10
