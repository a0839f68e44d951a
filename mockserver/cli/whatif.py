"""``kustom-mock whatif``: play recorded requests again under other assumptions."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_OK, EXIT_USAGE
from mockserver.cli.server_access import ServerAccess
from mockserver.client import ControlError
from mockserver.report_types import WhatifBranch, WhatifReport
from mockserver.scenario.diagnostics import pluralize


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatifOptions:
    """Options of ``whatif``; without ``assume`` each assumption is changed on its own."""

    server: ServerAccess
    sandbox: str
    start: str | None = None
    assume: Mapping[str, str] | None = None
    output_format: str = "text"


def whatif(options: WhatifOptions) -> int:
    """Print what would have come out differently.

    Returns:
        0, or 2 if the sandbox, the point or an assumption is unknown, or the server does not
        answer.
    """
    try:
        report = options.server.call_sandbox(
            options.sandbox, lambda client: client.whatif(options.start, options.assume)
        )
    except ControlError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    print(to_json(report) if options.output_format == "json" else render_whatif(report))
    return EXIT_OK


def render_whatif(report: WhatifReport) -> str:
    """Render a report for people, without a final newline."""
    start = f"from {report['start']}" if report["start"] else "without requests"
    lines = [f"what-if of sandbox {report['sandbox']}: {start}, {_count(report)} played"]
    for branch in report["branches"]:
        lines += _render_branch(branch)
    if not any(branch["differs"] or branch["end"] for branch in report["branches"]):
        lines.append("  no difference")
    if report["not_played"]:
        lines.append(
            f"  {pluralize(report['not_played'], 'request')} not played: the body was refused,"
            " not kept, or the response depends on what is not recorded"
        )
    if report["dropped"]:
        lines.append(
            f"  the journal dropped {pluralize(report['dropped'], 'request')} before these;"
            " raise --journal-size"
        )
    return "\n".join(lines)


def _count(report: WhatifReport) -> str:
    return pluralize(report["played"], "change")


def _render_branch(branch: WhatifBranch) -> Iterator[str]:
    if not branch["differs"] and not branch["end"]:
        return
    assumed = ", ".join(f"{name}: {_text(value)}" for name, value in branch["assume"].items())
    yield f"  {assumed or 'other faults'}"
    for difference in branch["differs"]:
        marks = [f"because of {difference['because']}"] if difference["because"] else []
        marks += ["unsure: the client saw another response"] if difference["unsure"] else []
        yield f"    {difference['request']}  {difference['operation']}"
        yield f"      here   {difference['here']}"
        yield f"      there  {difference['there']}{''.join(f'  ({mark})' for mark in marks)}"
    for figure in branch["end"]:
        yield (
            f"    in the end, order {figure['order_id']}: {figure['field']} {figure['there']}"
            f" instead of {figure['here']}"
        )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
