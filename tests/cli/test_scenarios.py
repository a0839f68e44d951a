"""The verbs about scenario files, as real processes."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from mockserver.scenario.loader import list_shipped
from mockserver.scenario.yaml_reader import parse_yaml

PATIENCE = 60  # seconds, for a process that never ends
WARNED = "orders:\n  one:\n    amount: 99\n    lines: [{reference: A, unit_price: 100}]\n"
FOUND = "1:1 E101 odrers: unknown key 'odrers', did you mean 'orders'?"


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mockserver", *arguments],
        check=False,
        capture_output=True,
        cwd=cwd,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of scenario files: sound, doubtful, broken."""
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
def test_lint_says_by_its_exit_code_what_it_found(
    files: Path,
    arguments: list[str],
    code: int,
) -> None:
    ended = run("lint", *arguments, cwd=files)
    assert ended.returncode == code, ended
    assert "Traceback" not in ended.stderr


def test_lint_prints_every_problem_at_its_place(files: Path) -> None:
    ended = run("lint", "broken.yaml", "warned.yaml", cwd=files)
    broken, warned, total = ended.stdout.splitlines()
    assert broken == f"broken.yaml:{FOUND}"
    assert warned.startswith("warned.yaml:3:5 W303 orders.one.amount: ")
    assert total == "2 files: 1 error, 1 warning"
    assert ended.stderr == ""


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_lint_prints_forms_that_machines_read(files: Path, form: str) -> None:
    page = json.loads(run("lint", "broken.yaml", "--format", form, cwd=files).stdout)
    code = (
        page["findings"][0]["code"]
        if form == "json"
        else page["runs"][0]["results"][0]["ruleId"]
    )
    assert code == "E101"


def test_lint_prints_annotations(files: Path) -> None:
    ended = run("lint", "broken.yaml", "--format", "github", cwd=files)
    assert ended.stdout.startswith("::error file=broken.yaml,line=1,col=1,title=E101::")


def test_a_reader_who_stops_reading_is_no_error(files: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "mockserver", "scenarios", "show", "many-lines"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=files,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert process.returncode == 0
    assert told == b""


def test_explain_tells_every_refund_condition_by_condition() -> None:
    ended = run("explain", "split-shipment")
    assert (ended.returncode, ended.stderr) == (0, "")
    (title, *_) = ended.stdout.splitlines()
    assert title == "two-shipments: 1 refunds"
    for name in ("no_earlier_failure", "lines_add_up", "references_in_one_capture"):
        assert name in ended.stdout


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("broken.yaml", 1, f"kustom-mock: broken.yaml:{FOUND}"),
        (
            "split-shipmnt",
            2,
            "unknown scenario 'split-shipmnt', did you mean 'split-shipment'?",
        ),
        ("no-such.yaml", 2, "there is no file 'no-such.yaml'"),
        ("no/such", 2, "there is no file 'no/such'"),
        ("folder", 2, "no scenario files"),
        ("odd", 2, "kustom-mock: 'odd/x.yaml' cannot be read: Is a directory"),
    ],
)
def test_explain_of_what_cannot_be_read_says_why(
    files: Path,
    name: str,
    code: int,
    words: str,
) -> None:
    (files / "folder").mkdir()
    (files / "odd" / "x.yaml").mkdir(parents=True)
    ended = run("explain", name, cwd=files)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_all_shipped_scenarios_are_listed_with_their_titles() -> None:
    ended = run("scenarios", "list")
    names = [line.split()[0] for line in ended.stdout.splitlines()]
    assert names == list(list_shipped())
    assert all(len(line.split()) > 2 for line in ended.stdout.splitlines())


@pytest.mark.parametrize("name", ["fresh-order", "norwegian-order"])
def test_a_shipped_scenario_is_shown_as_it_is(name: str) -> None:
    ended = run("scenarios", "show", name)
    assert ended.stdout.encode() == list_shipped()[name].read_bytes()


def test_a_copy_goes_into_a_folder_or_file_and_never_over_another(tmp_path: Path) -> None:
    into_folder = run("scenarios", "copy", "fresh-order", cwd=tmp_path)
    assert (into_folder.returncode, into_folder.stdout) == (0, "fresh-order.yaml\n")
    to_file = run("scenarios", "copy", "fresh-order", "mine.yaml", cwd=tmp_path)
    assert to_file.stdout == "mine.yaml\n"
    text = list_shipped()["fresh-order"].read_bytes()
    for name in ("fresh-order.yaml", "mine.yaml"):
        assert (tmp_path / name).read_bytes() == text
        (tmp_path / name).write_text("changed", encoding="utf-8")
        again = run("scenarios", "copy", "fresh-order", name, cwd=tmp_path)
        assert again.returncode == 2
        assert again.stderr == f"kustom-mock: cannot write '{name}': File exists\n"
        assert (tmp_path / name).read_text(encoding="utf-8") == "changed"


def test_a_copy_into_nowhere_says_so(tmp_path: Path) -> None:
    ended = run("scenarios", "copy", "fresh-order", "no/such/place.yaml", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        "kustom-mock: cannot write 'no/such/place.yaml': No such file"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "fresh-ordr"],
        ["copy", "fresh-ordr"],
    ],
)
def test_an_unknown_name_brings_the_nearest(arguments: list[str], tmp_path: Path) -> None:
    ended = run("scenarios", *arguments, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "did you mean 'fresh-order'?" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["remove"], ["show"], ["copy"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    ended = run("scenarios", *arguments)
    assert ended.returncode == 2
    assert "usage: kustom-mock scenarios" in ended.stderr


def test_the_schema_is_complete_in_itself_and_holds_every_shipped_scenario() -> None:
    ended = run("schema")
    rules = json.loads(ended.stdout)
    jsonschema.Draft202012Validator.check_schema(rules)
    validator = jsonschema.Draft202012Validator(rules)
    for item in list_shipped().values():
        validator.validate(parse_yaml(item.read_bytes()).value)
    assert not validator.is_valid({"odrers": {}})
    assert validator.is_valid({"orders": {"one": {"lines": [{"unit_price": 1}]}}})
