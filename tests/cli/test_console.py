"""Output on consoles that cannot show every character."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import COMMAND, TIMEOUT, environment

SCENARIO = """\
orders:
  beställning-🎉:
    lines: [{reference: Ä, unit_price: 100}]
    captures: {A: {lines: [Ä]}}
    refunds: {återköp: {lines: [Ä], amount: 99}}
expect: {orders: {beställning-🎉: {refunded_amount: 100}}}
"""


def run(*arguments: str, folder: Path, encoding: str) -> subprocess.CompletedProcess[bytes]:
    (folder / "uni.yaml").write_text(SCENARIO, encoding="utf-8")
    return subprocess.run(
        [*COMMAND, *arguments],
        check=False,
        capture_output=True,
        cwd=folder,
        env=environment({"PYTHONIOENCODING": encoding}),
        timeout=TIMEOUT,
    )


VERBS = {
    "lint": (["lint", "uni.yaml"], 0, b"orders.best\\xe4llning-\\U0001f389.refunds"),
    "lint --strict": (["lint", "--strict", "uni.yaml"], 1, b"\\U0001f389"),
    "lint for GitHub": (["lint", "--format=github", "uni.yaml"], 0, b"::warning "),
    "explain": (["explain", "uni.yaml"], 0, b"best\\xe4llning-\\U0001f389: 1 refund"),
    "run": (["run", "uni.yaml"], 1, b"FAIL  uni"),
    "show": (["scenarios", "show", "fresh-order"], 0, b"version: 1"),
    "help": (["serve", "--help"], 0, b"--port"),
    "schema": (["schema"], 0, b'"$schema"'),
}


@pytest.mark.parametrize("case", VERBS)
def test_ascii_console_gets_escapes_and_the_same_exit_code(case: str, tmp_path: Path) -> None:
    arguments, code, output = VERBS[case]
    result = run(*arguments, folder=tmp_path, encoding="ascii")
    assert (result.returncode, result.stderr) == (code, b""), result.stderr
    assert output in result.stdout


@pytest.mark.parametrize("form", ["json", "sarif"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_json_and_sarif_are_valid_on_any_console(
    form: str, encoding: str, tmp_path: Path
) -> None:
    result = run("lint", f"--format={form}", "uni.yaml", folder=tmp_path, encoding=encoding)
    assert result.returncode == 0, result.stderr
    assert "beställning-🎉" in json.dumps(json.loads(result.stdout), ensure_ascii=False)


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are not UTF-8")
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_file_name_that_is_not_utf_8_is_printed(form: str, tmp_path: Path) -> None:
    name = b"odd-\xff.yaml"
    Path(tmp_path, name.decode(errors="surrogateescape")).write_bytes(b"odrers: 1\n")
    result = subprocess.run(
        [*COMMAND, "lint", b"--format=" + form.encode(), name],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        timeout=TIMEOUT,
    )
    assert (result.returncode, result.stderr) == (1, b"")
    assert (b"odd-%FF.yaml" if form == "sarif" else b"odd-") in result.stdout
