"""The verbs about scenario files."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from mockserver.scenario.loader import list_shipped
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.cli import RunVerb
from tests.support.processes import COMMAND

WARNED = "orders:\n  one:\n    amount: 99\n    lines: [{reference: A, unit_price: 100}]\n"
FINDING = "1:1 E101 odrers: unknown key 'odrers', did you mean 'orders'?"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a valid, a doubtful and an invalid file."""
    (tmp_path / "sound.yaml").write_text("title: sound\n", encoding="utf-8")
    (tmp_path / "warned.yaml").write_text(WARNED, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("odrers: å\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sound.yaml"], 0),
        (["sound.yaml", "--strict"], 0),
        (["warned.yaml"], 0),
        (["warned.yaml", "--strict"], 1),
        (["broken.yaml"], 1),
        (["."], 1),
        (["split-shipment", "sound.yaml"], 0),
        (["nothing.yaml"], 2),
        ([], 2),
        (["sound.yaml", "--format", "xml"], 2),
    ],
)
def test_lint_exit_code_depends_on_the_findings(
    files: Path, arguments: list[str], code: int, run_verb: RunVerb
) -> None:
    result = run_verb("lint", *arguments, cwd=files)
    assert result.returncode == code, result
    assert "Traceback" not in result.stderr


def test_lint_prints_findings_with_position(files: Path, run_verb: RunVerb) -> None:
    result = run_verb("lint", "broken.yaml", "warned.yaml", cwd=files)
    broken, warned, total = result.stdout.splitlines()
    assert broken == f"broken.yaml:{FINDING}"
    assert warned.startswith("warned.yaml:3:5 W303 orders.one.amount: ")
    assert total == "2 files: 1 error, 1 warning"
    assert result.stderr == ""


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_lint_prints_json_and_sarif(files: Path, form: str, run_verb: RunVerb) -> None:
    page = json.loads(run_verb("lint", "broken.yaml", "--format", form, cwd=files).stdout)
    code = (
        page["findings"][0]["code"]
        if form == "json"
        else page["runs"][0]["results"][0]["ruleId"]
    )
    assert code == "E101"


def test_lint_prints_github_annotations(files: Path, run_verb: RunVerb) -> None:
    result = run_verb("lint", "broken.yaml", "--format", "github", cwd=files)
    assert result.stdout.startswith("::error file=broken.yaml,line=1,col=1,title=E101::")


def test_closed_stdout_is_not_an_error(files: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "scenarios", "show", "many-lines"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=files,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 0
    assert errors == b""


def test_explain_prints_every_condition_of_every_refund(run_verb: RunVerb) -> None:
    result = run_verb("explain", "split-shipment")
    assert (result.returncode, result.stderr) == (0, "")
    (title, *_) = result.stdout.splitlines()
    assert title == "two-shipments: 1 refund"
    for name in ("no_earlier_failure", "lines_add_up", "references_in_one_capture"):
        assert name in result.stdout


@pytest.mark.parametrize(
    ("name", "code", "expected_text"),
    [
        ("broken.yaml", 1, f"kustom-mock: broken.yaml:{FINDING}"),
        (
            "split-shipmnt",
            2,
            "unknown scenario 'split-shipmnt', did you mean 'split-shipment'?",
        ),
        ("no-such.yaml", 2, "file 'no-such.yaml' not found"),
        ("no/such", 2, "file 'no/such' not found"),
        ("folder", 2, "no scenario files"),
        ("odd", 2, "kustom-mock: 'odd/x.yaml' cannot be read: Is a directory"),
    ],
)
def test_explain_of_an_unreadable_file_shows_the_reason(
    files: Path, name: str, code: int, expected_text: str, run_verb: RunVerb
) -> None:
    (files / "folder").mkdir()
    (files / "odd" / "x.yaml").mkdir(parents=True)
    result = run_verb("explain", name, cwd=files)
    assert (result.returncode, result.stdout) == (code, "")
    assert expected_text in result.stderr
    assert "Traceback" not in result.stderr


def test_scenarios_list_prints_names_and_titles(run_verb: RunVerb) -> None:
    result = run_verb("scenarios", "list")
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names == list(list_shipped())
    assert all(len(line.split()) > 2 for line in result.stdout.splitlines())


@pytest.mark.parametrize("name", ["fresh-order", "norwegian-order"])
def test_scenarios_show_prints_the_file_unchanged(name: str, run_verb: RunVerb) -> None:
    result = run_verb("scenarios", "show", name)
    assert result.stdout.encode() == list_shipped()[name].read_bytes()


def test_scenarios_copy_never_overwrites(tmp_path: Path, run_verb: RunVerb) -> None:
    into_folder = run_verb("scenarios", "copy", "fresh-order", cwd=tmp_path)
    assert (into_folder.returncode, into_folder.stdout) == (0, "fresh-order.yaml\n")
    to_file = run_verb("scenarios", "copy", "fresh-order", "mine.yaml", cwd=tmp_path)
    assert to_file.stdout == "mine.yaml\n"
    text = list_shipped()["fresh-order"].read_bytes()
    for name in ("fresh-order.yaml", "mine.yaml"):
        assert (tmp_path / name).read_bytes() == text
        (tmp_path / name).write_text("changed", encoding="utf-8")
        again = run_verb("scenarios", "copy", "fresh-order", name, cwd=tmp_path)
        assert again.returncode == 2
        assert again.stderr == f"kustom-mock: cannot write '{name}': File exists\n"
        assert (tmp_path / name).read_text(encoding="utf-8") == "changed"


def test_scenarios_copy_to_a_missing_folder_is_refused(
    tmp_path: Path, run_verb: RunVerb
) -> None:
    result = run_verb("scenarios", "copy", "fresh-order", "no/such/place.yaml", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(
        "kustom-mock: cannot write 'no/such/place.yaml': No such file"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "fresh-ordr"],
        ["copy", "fresh-ordr"],
    ],
)
def test_unknown_shipped_name_suggests_the_closest(
    arguments: list[str], tmp_path: Path, run_verb: RunVerb
) -> None:
    result = run_verb("scenarios", *arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "did you mean 'fresh-order'?" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["show", "copy"])
def test_only_shipped_files_are_shown_and_copied(
    verb: str, tmp_path: Path, run_verb: RunVerb
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("version: 1\n")
    result = run_verb("scenarios", verb, f"../{tmp_path.name}/own.yaml", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")


@pytest.mark.parametrize("arguments", [[], ["remove"], ["show"], ["copy"]])
def test_scenarios_wrong_usage_exits_2(arguments: list[str], run_verb: RunVerb) -> None:
    result = run_verb("scenarios", *arguments)
    assert result.returncode == 2
    assert "usage: kustom-mock scenarios" in result.stderr


def test_schema_is_self_contained_and_accepts_shipped_scenarios(run_verb: RunVerb) -> None:
    result = run_verb("schema")
    rules = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(rules)
    validator = jsonschema.Draft202012Validator(rules)
    for item in list_shipped().values():
        validator.validate(parse_yaml(item.read_bytes()).value)
    assert not validator.is_valid({"odrers": {}})
    assert validator.is_valid({"orders": {"one": {"lines": [{"unit_price": 1}]}}})
