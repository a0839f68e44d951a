"""Flags of ``run``, and what it runs."""

import argparse
import os

from mockserver.cli.flags import (
    TLS_SETTINGS,
    add_setting,
    parse_count,
    parse_names,
    parse_port,
)
from mockserver.settings import OPTIONS


def contract_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``run``."""
    verb.usage = "kustom-mock run [flags] FILE... [-- COMMAND...]"
    verb.add_argument("file", nargs="+", help="scenario file, folder or shipped name")
    _add_run_flags(verb)
    _add_report_flags(verb)
    _add_account_flags(verb)


def _add_run_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags about the built-in server and the command."""
    verb.add_argument(
        "--jobs",
        type=parse_count,
        default=1,
        help="number of scenarios to run in parallel (default 1)",
    )
    verb.add_argument(
        "--timeout",
        metavar="TIME",
        help="kill the command after this time, such as 60s (default: no limit)",
    )
    verb.add_argument(
        "--port", type=parse_port, default=0, help="port of the server; 0 picks a free one"
    )
    for name in TLS_SETTINGS:
        add_setting(verb, OPTIONS[name])
    verb.add_argument(
        "--allow",
        action="extend",
        type=parse_names,
        default=[],
        metavar="NAME",
        help="do not fail on crash, invariant, expect, fault, unknown_path or an audit code;"
        " repeatable, or separated by commas",
    )


def _add_report_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags about what is checked and written besides the verdict."""
    verb.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML")
    verb.add_argument("--audit", action="store_true", help="audit the command, fail on errors")
    verb.add_argument(
        "--coverage",
        metavar="FILE",
        help="write which cases of the API contract the run covered",
    )


def _add_account_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags about another server with the same API, such as an account."""
    verb.add_argument("--base-url", metavar="URL", help="run the steps against this server")
    verb.add_argument(
        "--drift",
        metavar="FILE",
        help="write where the --base-url account differs from the prediction, without"
        " personal data",
    )
    verb.add_argument(
        "--live", action="store_true", help="allow --drift with an account that moves money"
    )
    verb.add_argument(
        "--username",
        metavar="NAME",
        help="user name on the --base-url server (KUSTOM_USERNAME)",
    )
    verb.add_argument(
        "--password",
        metavar="SECRET",
        help="password on the --base-url server (KUSTOM_PASSWORD)",
    )
    verb.add_argument(
        "--order",
        action="append",
        type=_parse_order_option,
        default=[],
        metavar="NAME=ID",
        help="id on the --base-url server of an order of the file; repeatable",
    )


def _parse_order_option(text: str) -> tuple[str, str]:
    name, _, order_id = text.partition("=")
    if not name or not order_id:
        raise argparse.ArgumentTypeError(f"expected NAME=ID, got '{text}'")
    return name, order_id


def run_contract(parsed: argparse.Namespace) -> int:
    """Run scenarios as contract tests."""
    from mockserver.cli.run import run
    from mockserver.cli.run_options import RunOptions, run_settings

    options = RunOptions(
        files=parsed.file,
        command=parsed.command,
        junit=parsed.junit,
        jobs=parsed.jobs,
        timeout=parsed.timeout,
        port=parsed.port,
        allow=parsed.allow,
        audit=parsed.audit,
        coverage=parsed.coverage,
        drift=parsed.drift,
        live=parsed.live,
        base_url=parsed.base_url,
        settings=run_settings(vars(parsed), os.environ),
        username=parsed.username or os.environ.get("KUSTOM_USERNAME", ""),
        password=parsed.password or os.environ.get("KUSTOM_PASSWORD", ""),
        orders=dict(parsed.order),
    )
    return run(options)
