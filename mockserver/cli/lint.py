"""``kustom-mock lint``: print the findings of scenario files."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from urllib.parse import quote

from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.github import annotation
from mockserver.cli.sarif import render_sarif, sarif_result
from mockserver.scenario.diagnostics import LINT_CODES, Finding, ScenarioError, pluralize
from mockserver.scenario.file_format import parse_file
from mockserver.scenario.lint import lint
from mockserver.scenario.loader import UnknownScenarioError, resolve_files
from mockserver.scenario.scenario import parse_scenario


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A finding with the name of its file."""

    file: str
    finding: Finding


def lint_files(references: Sequence[str], output_format: str, *, strict: bool) -> int:
    """Lint files, folders and shipped scenarios, and print the findings.

    Returns:
        0 without findings, 1 with errors (or, if strict, warnings), 2 if a file does not
        exist.
    """
    try:
        files = [
            (str(file), file) for reference in references for file in resolve_files(reference)
        ]
    except UnknownScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    findings = [
        FileFinding(name, finding) for name, file in files for finding in _findings_in(file)
    ]
    print(LINT_FORMATTERS[output_format](findings, len(files)))
    failing = [
        file_finding for file_finding in findings if strict or file_finding.finding.is_error
    ]
    return EXIT_FINDINGS if failing else EXIT_OK


def _findings_in(file: Traversable) -> Sequence[Finding]:
    try:
        text = file.read_bytes()
    except OSError as error:
        return [Finding("E000", (), f"cannot be read: {error.strerror}")]
    return lint_text(text, file.name)


def lint_text(text: bytes, file: str = "") -> Sequence[Finding]:
    """Return the findings of the text of a scenario file."""
    try:
        return lint(parse_scenario("", parse_file(text, file)))
    except ScenarioError as error:
        return error.findings


def _text(findings: Sequence[FileFinding], files: int) -> str:
    lines = [f"{file_finding.file}:{file_finding.finding}" for file_finding in findings]
    errors = sum(file_finding.finding.is_error for file_finding in findings)
    warnings = len(findings) - errors
    counts = f"{pluralize(errors, 'error')}, {pluralize(warnings, 'warning')}"
    summary = f"{pluralize(files, 'file')}: {counts}"
    return "\n".join([*lines, summary])


def _json(findings: Sequence[FileFinding], _files: int) -> str:
    rows = [
        {
            "file": file_finding.file,
            "line": file_finding.finding.line,
            "column": file_finding.finding.column,
            "code": file_finding.finding.code,
            "severity": _severity(file_finding),
            "path": file_finding.finding.location,
            "message": file_finding.finding.message,
        }
        for file_finding in findings
    ]
    return to_json({"findings": rows})


def _github(findings: Sequence[FileFinding], _files: int) -> str:
    return "\n".join(
        annotation(
            _severity(file_finding),
            _format_message(file_finding.finding),
            file=file_finding.file,
            line=file_finding.finding.line,
            col=file_finding.finding.column,
            title=file_finding.finding.code,
        )
        for file_finding in findings
    )


def _format_message(finding: Finding) -> str:
    return f"{finding.location}: {finding.message}".removeprefix(": ")


def _sarif(findings: Sequence[FileFinding], _files: int) -> str:
    rules = [
        {"id": code, "shortDescription": {"text": text}} for code, text in LINT_CODES.items()
    ]
    return render_sarif("kustom-mock", rules, [_sarif_result(finding) for finding in findings])


def _sarif_result(located: FileFinding) -> Mapping[str, object]:
    finding = located.finding
    return sarif_result(
        finding.code,
        _severity(located),
        _format_message(finding),
        uri=quote(os.fsencode(located.file)),
        region={"startLine": finding.line, "startColumn": finding.column},
    )


def _severity(located: FileFinding) -> str:
    return "error" if located.finding.is_error else "warning"


LINT_FORMATTERS: Mapping[str, Callable[[Sequence[FileFinding], int], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
