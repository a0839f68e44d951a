"""Flags of ``audit``, ``coverage``, ``whatif`` and ``drift``, and what they run."""

import argparse
import os

from mockserver.cli.flags import (
    add_server_flags,
    parse_names,
    server_access,
)
from mockserver.settings import URL_VARIABLE, SettingError


def audit_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``audit``."""
    add_server_flags(verb)
    verb.add_argument("sandbox", nargs="*", help="sandbox to audit (default: all in use)")
    verb.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif", "junit"),
        default="text",
        help="output format (default text)",
    )
    verb.add_argument(
        "--allow",
        action="extend",
        type=parse_names,
        default=[],
        metavar="CODE",
        help="leave the findings of a rule out; repeatable, or separated by commas",
    )
    verb.add_argument(
        "--fail-on",
        choices=("error", "warning", "note"),
        default="error",
        help="exit with 1 on findings of this severity or worse (default error)",
    )
    verb.add_argument("--not-tried", action="store_true", help="list the rules not tried, too")


def run_audit(parsed: argparse.Namespace) -> int:
    """Audit the clients of a running server."""
    from mockserver.cli.audit import AuditOptions, audit

    options = AuditOptions(
        server=server_access(parsed),
        sandboxes=parsed.sandbox,
        allow=parsed.allow,
        output_format=parsed.format,
        fail_on=parsed.fail_on,
        not_tried=parsed.not_tried,
    )
    return audit(options)


def coverage_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``coverage``."""
    verb.add_argument("file", nargs="*", help="coverage of a run (default: ask the server)")
    add_server_flags(verb)
    verb.add_argument(
        "--format",
        choices=("text", "json", "html", "merged"),
        default="text",
        help="output format (default text); merged is the file of a run",
    )
    verb.add_argument("--output", metavar="FILE", help="write the report to a file")
    verb.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="NAME",
        help="count an operation although no request named it; repeatable",
    )
    verb.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="CELL",
        help="leave a cell out, or a group such as 'fault/*'; repeatable",
    )
    verb.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="PERCENT",
        help="exit with 1 if less than PERCENT of tier 'must' is covered; TIER=PERCENT sets the"
        " limit of another tier; repeatable",
    )
    verb.add_argument("--gaps", action="store_true", help="list all cells that are not covered")
    verb.add_argument(
        "--write-scenarios", metavar="DIR", help="write a scenario for every missing cell"
    )


def run_coverage(parsed: argparse.Namespace) -> int:
    """Report which cases of the API contract the test runs covered."""
    from mockserver.cli.coverage import CoverageOptions, coverage

    if parsed.file and parsed.url != os.environ.get(URL_VARIABLE):
        raise SettingError("--url: has no effect with files; leave one out")
    options = CoverageOptions(
        files=parsed.file,
        server=server_access(parsed),
        output_format=parsed.format,
        output=parsed.output,
        operations=parsed.operation,
        skip=parsed.skip,
        fail_under=parsed.fail_under,
        gaps=parsed.gaps,
        scenario_folder=parsed.write_scenarios,
    )
    return coverage(options)


def whatif_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``whatif``."""
    verb.add_argument("sandbox", help="sandbox whose requests are played again")
    verb.add_argument(
        "start",
        nargs="?",
        help="correlation id or snapshot to begin at (default: the oldest request)",
    )
    add_server_flags(verb)
    verb.add_argument(
        "--assume",
        dest="changes",
        action="append",
        type=_parse_assume_option,
        metavar="NAME=VALUE",
        help="assumption to change; repeatable (default: each on its own)",
    )
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format"
    )


def _parse_assume_option(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got '{text}'")
    return name, value


def run_whatif(parsed: argparse.Namespace) -> int:
    """Play recorded requests under other assumptions."""
    from mockserver.cli.whatif import WhatifOptions, whatif

    options = WhatifOptions(
        server=server_access(parsed),
        sandbox=parsed.sandbox,
        start=parsed.start,
        assume=dict(parsed.changes) if parsed.changes else None,
        output_format=parsed.format,
    )
    return whatif(options)


def drift_flags(verb: argparse.ArgumentParser) -> None:
    """Add the arguments of ``drift``."""
    verb.add_argument("first", metavar="FILE", help="report that run --drift wrote")
    verb.add_argument("second", metavar="FILE", help="report to compare it with")


def run_drift(parsed: argparse.Namespace) -> int:
    """Compare two drift reports."""
    from mockserver.cli.drift import compare_drift

    return compare_drift(parsed.first, parsed.second)
