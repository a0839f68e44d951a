"""``kustom-mock lint``: scenario files, every problem at its line."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from urllib.parse import quote

from mockserver import __version__
from mockserver.cli.exit_codes import FINDINGS, OK, USAGE
from mockserver.scenario.catalogue import UnknownScenarioError, find
from mockserver.scenario.codes import CODES
from mockserver.scenario.findings import Finding, ScenarioError, counted
from mockserver.scenario.lint import lint
from mockserver.scenario.scenario import read_scenario
from mockserver.scenario.source import parse


@dataclass(frozen=True, slots=True)
class Located:
    """A finding and the file it is in."""

    file: str
    finding: Finding


def lint_files(references: Sequence[str], form: str, *, strict: bool) -> int:
    """Lint files, folders and shipped scenarios, and print what is found.

    Returns:
        0 without findings, 1 with errors (or, if strict, warnings), 2 where a
        reference leads nowhere.
    """
    try:
        files = [(str(file), file) for each in references for file in find(each)]
    except UnknownScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return USAGE
    found = [Located(name, finding) for name, file in files for finding in _findings_in(file)]
    print(FORMATS[form](found, len(files)))
    serious = [each for each in found if strict or each.finding.is_error]
    return FINDINGS if serious else OK


def _findings_in(file: Traversable) -> Sequence[Finding]:
    try:
        text = file.read_bytes()
    except OSError as error:
        return [Finding("E000", (), f"cannot be read: {error.strerror}")]
    return findings_of(text)


def findings_of(text: bytes) -> Sequence[Finding]:
    """List what is wrong or doubtful in the text of a scenario."""
    try:
        return lint(read_scenario("", parse(text)))
    except ScenarioError as error:
        return error.findings


def _text(found: Sequence[Located], files: int) -> str:
    lines = [f"{each.file}:{each.finding}" for each in found]
    errors = sum(each.finding.is_error for each in found)
    warnings = len(found) - errors
    summary = (
        f"{counted(files, 'file')}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"
    )
    return "\n".join([*lines, summary])


def _json(found: Sequence[Located], _files: int) -> str:
    rows = [
        {
            "file": each.file,
            "line": each.finding.line,
            "column": each.finding.column,
            "code": each.finding.code,
            "severity": _severity(each),
            "path": each.finding.place,
            "message": each.finding.message,
        }
        for each in found
    ]
    return json.dumps({"findings": rows}, indent=2, ensure_ascii=False)


def _github(found: Sequence[Located], _files: int) -> str:
    return "\n".join(
        f"::{_severity(each)} file={_property(each.file)},line={each.finding.line},"
        f"col={each.finding.column},title={each.finding.code}::"
        f"{_escaped(_sentence(each.finding))}"
        for each in found
    )


def _sentence(finding: Finding) -> str:
    return f"{finding.place}: {finding.message}".removeprefix(": ")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _sarif(found: Sequence[Located], _files: int) -> str:
    rules = [{"id": code, "shortDescription": {"text": text}} for code, text in CODES.items()]
    driver = {
        "name": "kustom-mock",
        "version": __version__,
        "rules": rules,
    }
    run = {"tool": {"driver": driver}, "results": [_sarif_result(each) for each in found]}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    log = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _sarif_result(located: Located) -> dict[str, object]:
    finding = located.finding
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": {"uri": quote(located.file)}, "region": region}
    return {
        "ruleId": finding.code,
        "level": _severity(located),
        "message": {"text": _sentence(finding)},
        "locations": [{"physicalLocation": place}],
    }


def _severity(located: Located) -> str:
    return "error" if located.finding.is_error else "warning"


FORMATS: Mapping[str, Callable[[Sequence[Located], int], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
