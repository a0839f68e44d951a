"""Lint: every code has a case, and every format shows the same findings."""

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver import __version__
from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.lint import lint_files, lint_text
from mockserver.domain.wording import did_you_mean
from mockserver.scenario.diagnostics import LINT_CODES, ScenarioError
from mockserver.scenario.loader import load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from mockserver.scenario.schema_errors import MAX_FINDINGS
from mockserver.schemas import shipped_schemas
from tests.support.case_tables import Case, every_case, load_table

WARNED = "orders:\n  one:\n    amount: 99\n    lines: [{reference: A, unit_price: 100}]\n"
OFF_BY_ONE = "the lines add up to 100, but the amount is 99 (difference -1)"
BROKEN = "title: 50%, a:b\nodrers: 1\n"


def written(case: Case, folder: Path) -> Path:
    """Write the file of a case."""
    path = folder / "scenario.yaml"
    if case.get("folder"):
        path.mkdir()
    else:
        allowed = f"\nallow: [{case['allows']}]\n" if "allows" in case else "\n"
        path.write_text(case["text"] + allowed, encoding="utf-8")
    return path


def findings_of(case: Case, path: Path) -> list[str]:
    """Return the findings of a file, or of it merged with another one."""
    if "also" not in case:
        findings: list[str] = [
            f"{row['line']}:{row['column']} {row['code']} "
            + (f"{row['path']}: " if row["path"] else "")
            + row["message"]
            for row in json_of(path.parent)["findings"]
        ]
        return findings
    other = path.with_name("xother.yaml")
    other.write_text(case["also"], encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load_scenario([str(path), str(other)], ScenarioDefaults())
    return [str(finding) for finding in refused.value.findings]


def json_of(path: Path) -> Any:  # noqa: ANN401  # JSON
    return json.loads(printed(path, "json")[1])


def printed(path: Path, form: str, *, strict: bool = False) -> tuple[int, str]:
    """Lint a path; return the exit code and the output."""
    capture = pytest.MonkeyPatch()
    lines: list[str] = []
    with capture.context() as patch:
        patch.setattr(
            "builtins.print",
            lambda *texts, **_to: lines.append(" ".join(texts)),
        )
        code = lint_files([str(path)], form, strict=strict)
    return code, "\n".join(lines)


@every_case("scenario", "lint")
def test_lint_findings_match_the_case_table(case: Case, tmp_path: Path) -> None:
    findings = findings_of(case, written(case, tmp_path))
    assert len(findings) == len(case["finds"]), findings
    for expected, finding in zip(sorted(case["finds"]), sorted(findings), strict=True):
        assert expected in finding


def test_every_lint_code_has_a_case() -> None:
    earned = {
        word
        for row in load_table("scenario", "lint")
        for find in row["finds"]
        for word in find.split()
    }
    assert set(LINT_CODES) <= earned


def test_every_warning_can_be_allowed() -> None:
    warnings = [code for code in LINT_CODES if code.startswith("W")]
    allow = shipped_schemas()["scenario.schema.json"]["properties"]["allow"]["items"]
    assert {*allow["enum"]} == {*warnings, *AUDIT_RULES}


ORDERED = {
    "warnings": (
        """\
orders:
  b: {amount: 1, lines: [{unit_price: 2}]}
  a: {amount: 1, lines: [{unit_price: 2, total_amount: 3}]}
""",
        ["W303", "W303", "W304"],
    ),
    "errors": (
        """\
orders:
  b:
    lines: [{reference: A, unit_price: 2}]
    captures: {A: {amount: 9}, B: {lines: [B]}}
""",
        ["E203", "E201"],
    ),
}


@pytest.mark.parametrize("case", ORDERED)
def test_findings_are_sorted_by_position(case: str) -> None:
    text, codes = ORDERED[case]
    findings = lint_text(text.encode())
    places = [(item.line, item.column) for item in findings]
    assert places == sorted(places)
    assert [item.code for item in findings] == codes


def test_at_most_100_findings_are_reported() -> None:
    lines = ", ".join(["{}"] * 1000)
    findings = lint_text(f"orders: {{one: {{lines: [{lines}]}}}}".encode())
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].message == f"more than {MAX_FINDINGS} findings; the rest is not shown"
    exactly = ", ".join(["{}"] * MAX_FINDINGS)
    findings = lint_text(f"orders: {{one: {{lines: [{exactly}]}}}}".encode())
    assert {item.code for item in findings} == {"E102"}
    assert len(findings) == MAX_FINDINGS


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("refnd", ["capture", "refund"], "did you mean 'refund'?"),
        ("SE", ["se", "no"], "did you mean 'se'?"),
        ("zebra", ["capture", "refund"], "known: capture, refund"),
    ],
)
def test_misspelt_name_suggests_the_closest(name: str, known: list[str], hint: str) -> None:
    assert did_you_mean(name, known) == hint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an invalid, a doubtful and a valid file, with unusual names."""
    place = tmp_path / "a,b 50%"
    place.mkdir()
    (place / "1 broken.yaml").write_text(BROKEN, encoding="utf-8")
    (place / "2:warned.yml").write_text(WARNED, encoding="utf-8")
    (place / "3-sound.yaml").write_text("title: sound\n", encoding="utf-8")
    (place / "4-none.txt").write_text("odrers: 1\n", encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("name", "strict", "code"),
    [
        ("1 broken.yaml", False, EXIT_FINDINGS),
        ("2:warned.yml", False, EXIT_OK),
        ("2:warned.yml", True, EXIT_FINDINGS),
        ("3-sound.yaml", True, EXIT_OK),
        ("", False, EXIT_FINDINGS),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_lint_fails_on_errors_and_if_strict_on_warnings(
    folder: Path,
    name: str,
    *,
    strict: bool,
    code: int,
    form: str,
) -> None:
    assert printed(folder / name, form, strict=strict)[0] == code


def test_unknown_path_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lint_files(["split-shipmnt"], "text", strict=False) == EXIT_USAGE
    output = capsys.readouterr()
    assert "unknown scenario 'split-shipmnt', did you mean 'split-shipment'?" in output.err
    assert not output.out


def test_text_format_has_one_line_per_finding_and_a_summary(folder: Path) -> None:
    lines = printed(folder, "text")[1].splitlines()
    assert lines == [
        f"{folder}/1 broken.yaml:2:1 E101 odrers: unknown key 'odrers', did you mean 'orders'?",
        f"{folder}/2:warned.yml:3:5 W303 orders.one.amount: {OFF_BY_ONE}",
        "3 files: 1 error, 1 warning",
    ]


def test_json_format_has_all_fields_of_each_finding(folder: Path) -> None:
    broken, warned = json_of(folder)["findings"]
    assert broken == {
        "file": f"{folder}/1 broken.yaml",
        "line": 2,
        "column": 1,
        "code": "E101",
        "severity": "error",
        "path": "odrers",
        "message": "unknown key 'odrers', did you mean 'orders'?",
    }
    assert (warned["severity"], warned["code"]) == ("warning", "W303")


def test_github_annotations_are_escaped(folder: Path) -> None:
    broken, warned = printed(folder, "github")[1].splitlines()
    place = str(folder).replace("%", "%25").replace(",", "%2C")
    assert broken == (
        f"::error file={place}/1 broken.yaml,line=2,col=1,title=E101::"
        "odrers: unknown key 'odrers', did you mean 'orders'?"
    )
    assert warned.startswith(f"::warning file={place}/2%3Awarned.yml,line=3,col=5,title=W303::")


def test_annotation_without_path_starts_with_the_message(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("a: *b\n", encoding="utf-8")
    assert printed(path, "github")[1].endswith("title=E001::unknown alias '*b'")


def test_sarif_log_has_one_run_with_all_rules(folder: Path) -> None:
    log = json.loads(printed(folder, "sarif")[1])
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("kustom-mock", __version__)
    rules = {rule["id"]: rule["shortDescription"]["text"] for rule in driver["rules"]}
    assert rules == dict(LINT_CODES)
    broken, warned = run["results"]
    assert (broken["ruleId"], broken["level"]) == ("E101", "error")
    assert (warned["ruleId"], warned["level"]) == ("W303", "warning")
    assert broken["message"] == {
        "text": "odrers: unknown key 'odrers', did you mean 'orders'?",
    }
    (location,) = warned["locations"]
    physical = location["physicalLocation"]
    assert physical["region"] == {"startLine": 3, "startColumn": 5}
    uri = physical["artifactLocation"]["uri"]
    assert uri.endswith("/a%2Cb%2050%25/2%3Awarned.yml")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_valid_file_has_no_findings_in_any_format(folder: Path, form: str) -> None:
    code, page = printed(folder / "3-sound.yaml", form)
    assert code == EXIT_OK
    if form == "json":
        assert json.loads(page) == {"findings": []}
    elif form == "sarif":
        assert json.loads(page)["runs"][0]["results"] == []
    else:
        assert page in ("", "1 file: 0 errors, 0 warnings")


BOUNDS = {
    "title": ("title: {}", 300),
    "capture": (
        "orders: {{one: {{lines: [{{unit_price: 1}}], captures: {{{}: {{amount: 1}}}}}}}}",
        100,
    ),
    "path in where": (
        "faults: {{f: {{do: {{garbage: true}}, where: {{{}: 1}}}}}}\nallow: [W306]",
        255,
    ),
}


@pytest.mark.parametrize("case", BOUNDS)
def test_length_of_texts_is_bounded(case: str) -> None:
    text, limit = BOUNDS[case]
    assert lint_text(text.format("a" * limit).encode()) == []
    (finding,) = lint_text(text.format("a" * (limit + 1)).encode())
    assert finding.code == "E105"
    assert f"expected at most {limit} characters" in finding.message
