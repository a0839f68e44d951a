"""``kustom-mock coverage`` and ``run --coverage``: reports, limits, and what is refused."""

import io
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeAlias

import pytest

from mockserver.cli.main import main
from mockserver.coverage.run_coverage import RunCoverage
from mockserver.coverage.tiers import DIMENSION_ORDER
from mockserver.domain.operation import OPERATIONS
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml

SCENARIO = """
version: 1
clock: {start: 2026-01-15T09:00:00Z, frozen: true}
orders: {shop: {lines: [{reference: A, name: T-shirt, unit_price: 3000}]}}
steps: [{capture: {order: shop, lines: [A]}}]
"""
HOSTILE = "</script><img src=x onerror=alert(1)>"
EXTERNAL = ("src", "href", "action", "data")
LARGEST_PAGE = 500_000  # bytes

Report: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """The file of a run in which a capture was accepted."""
    coverage = RunCoverage(sandboxes=1)
    coverage.cells.update({"use/capture": 1, "status/capture/AUTHORIZED": 1})
    coverage.first = {"status/capture/AUTHORIZED": HOSTILE}
    file = tmp_path / "run.json"
    file.write_text(json.dumps(coverage.content()))
    return file


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["coverage", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def test_text_shows_tiers_states_and_the_first_gaps(report: Report, run_file: Path) -> None:
    code, out, _ = report(run_file, run_file)
    assert code == 0
    assert "kustom-mock coverage: 2 runs, 2 sandboxes" in out
    assert "  capture             +    .    .    .    .    a\n" in out
    assert "lost/capture" in out
    assert len(out.splitlines()) <= 40


def test_json_names_each_cell_with_its_count_and_scenario(
    report: Report, run_file: Path
) -> None:
    _, out, _ = report(run_file, "--format", "json")
    cells = {cell["id"]: cell for cell in json.loads(out)["cells"]}
    assert cells["status/capture/AUTHORIZED"]["count"] == 1
    assert cells["lost/capture"]["scenario"] == "lost-capture.kustom.yaml"


def test_merged_runs_are_again_the_file_of_a_run(
    report: Report, run_file: Path, tmp_path: Path
) -> None:
    merged = tmp_path / "merged.json"
    report(run_file, run_file, "--format", "merged", "--output", merged)
    _, out, _ = report(merged)
    assert "2 runs, 2 sandboxes" in out


class Page(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a tag."""
        self.tags.append(tag)
        self.addresses += [pair for pair in attrs if pair[0] in EXTERNAL]


def test_page_is_self_contained_and_escapes_names(report: Report, run_file: Path) -> None:
    _, text, _ = report(run_file, "--format", "html")
    page = Page(text)
    assert page.addresses == []
    assert "img" not in page.tags
    assert HOSTILE not in text


def test_page_of_a_run_that_met_nothing_is_small(report: Report, run_file: Path) -> None:
    operations = [f"--operation={info.operation}" for info in OPERATIONS]
    _, text, _ = report(run_file, "--format", "html", *operations)
    assert len(text.encode()) < LARGEST_PAGE


def test_every_gap_is_written_as_a_scenario(
    report: Report, run_file: Path, tmp_path: Path
) -> None:
    _, out, error = report(run_file, "--write-scenarios", tmp_path / "gaps")
    count = len([*(tmp_path / "gaps").iterdir()])
    assert error == f"kustom-mock: wrote {count} scenarios to {tmp_path / 'gaps'}\n"
    assert "--write-scenarios" not in out
    file = tmp_path / "gaps" / "lost-capture.kustom.yaml"
    assert parse_scenario("gap", parse_yaml(file.read_bytes())).steps


def test_closed_output_pipe_loses_no_scenario(
    run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ClosedPipe(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    errors = io.StringIO()
    monkeypatch.setattr("sys.stdout", ClosedPipe())
    monkeypatch.setattr("sys.stderr", errors)
    errors.close = lambda: None  # type: ignore[method-assign]
    gaps = tmp_path / "gaps"
    assert main(["coverage", str(run_file), "--write-scenarios", str(gaps)]) == 0
    assert "cannot write" not in errors.getvalue()
    assert (gaps / "lost-capture.kustom.yaml").exists()


def test_limit_fails_for_a_tier_without_counted_cells(report: Report, run_file: Path) -> None:
    skip = [f"--skip={dimension}/*" for dimension in DIMENSION_ORDER]
    code, out, error = report(run_file, *skip, "--fail-under", "1")
    assert code == 1
    assert "  must      0 of 0      -\n" in out
    assert "must: no cell counts, so that --fail-under 1 cannot hold" in error


@pytest.mark.parametrize(
    ("limit", "code"), [("0", 0), ("90", 1), ("should=0", 0), ("could=100", 1)]
)
def test_tier_below_its_limit_fails(
    report: Report, run_file: Path, limit: str, code: int
) -> None:
    actual_code, _, error = report(run_file, "--fail-under", limit)
    assert actual_code == code
    assert ("(--fail-under)" in error) == bool(code)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-under", "101"], "expected a whole percentage from 0 to 100"),
        (["--fail-under", "11.1"], "expected a whole percentage from 0 to 100"),
        (["--fail-under", "most=50"], "got 'most=50'"),
        (["--operation", "captur"], "unknown operation 'captur', did you mean 'capture'?"),
        (["--skip", "lost/captur"], "unknown cell 'lost/captur'"),
        (["--skip", "fualt/*"], "no cell begins with 'fualt/', did you mean 'fault/*'?"),
        (["--url", "http://127.0.0.1:9"], "--url: has no effect with files; leave one out"),
        (["missing.json"], "cannot read 'missing.json'"),
        (["--output", "missing/report.txt"], "cannot write 'missing/report.txt'"),
    ],
)
def test_bad_input_is_refused(
    report: Report, run_file: Path, arguments: list[str], message: str
) -> None:
    code, _, error = report(run_file, *arguments)
    assert code == 2
    assert message in error


def test_coverage_without_files_comes_from_the_server(report: Report, server_url: str) -> None:
    code, out, _ = report("--url", server_url)
    assert code == 0
    assert out.startswith("kustom-mock coverage: 1 run, ")


def test_server_that_does_not_answer_is_reported(report: Report) -> None:
    code, _, error = report("--url", "http://127.0.0.1:9")
    assert code == 2
    assert "no response from http://127.0.0.1:9" in error


def test_contract_run_writes_its_coverage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, file = tmp_path / "shop.yaml", tmp_path / "run.json"
    scenario.write_text(SCENARIO)
    assert main(["run", str(scenario), "--coverage", str(file)]) == 0
    assert "in use: capture" in capsys.readouterr().out
    content = json.loads(file.read_text())
    assert content["first"]["status/capture/AUTHORIZED"] == "shop"
