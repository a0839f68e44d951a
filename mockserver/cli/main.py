"""Argument parser and dispatch of the ``kustom-mock`` verbs.

Exit codes: 0 ok, 1 findings or a failed expectation, 2 wrong usage or configuration.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from mockserver import __version__
from mockserver.cli import checkout_verbs
from mockserver.cli.console import escape_unencodable
from mockserver.cli.exit_codes import EXIT_OK, EXIT_USAGE
from mockserver.settings import (
    OPTIONS,
    URL_VARIABLE,
    Option,
    SettingError,
    Settings,
    load_settings,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    if arguments is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while modules are loaded
    escape_unencodable()
    verb, command = _split_command(sys.argv[1:] if arguments is None else arguments)
    parsed, unknown = _parser(verb).parse_known_args(verb, argparse.Namespace(command=command))
    if unknown:
        parsed.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        code: int = parsed.run(parsed)
    except SettingError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_OK
    return code


def _split_command(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Split the arguments of ``run`` from the command after ``--``."""
    if arguments[:1] != ["run"] or "--" not in arguments:
        return arguments, ()
    separator = list(arguments).index("--")
    return arguments[:separator], arguments[separator + 1 :]


class _Parser(argparse.ArgumentParser):
    """Argument parser that stores itself in the namespace, for error messages of the verb."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.set_defaults(parser=self)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build a parser of all verbs, with the flags of those in the arguments."""
    parser = _Parser(
        prog="kustom-mock",
        description="A sandbox server for Kustom's Order Management API.",
        epilog="Every flag of serve has an environment variable, see serve --help.",
    )
    parser.add_argument("--version", action="version", version=f"kustom-mock {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, (meaning, add_flags, run) in VERBS.items():
        verb = verbs.add_parser(name, help=meaning, description=meaning)
        if name in arguments:
            add_flags(verb)
        verb.set_defaults(run=run)
    return parser


ADDRESS_SETTINGS = ("host", "port")
TLS_SETTINGS = ("tls", "tls_folder", "tls_cert", "tls_key")


def _serve_flags(verb: argparse.ArgumentParser) -> None:
    for option in OPTIONS.values():
        _add_setting(verb, option)


def _add_setting(verb: argparse.ArgumentParser, option: Option) -> None:
    if isinstance(option.default, bool):
        verb.add_argument(
            option.flag, nargs="?", const="true", metavar="YES", help=_help(option)
        )
        return
    verb.add_argument(
        option.flag,
        action="append" if option.repeatable else "store",
        metavar=option.name.rpartition("_")[2].upper(),
        help=_help(option),
    )


def _help(option: Option) -> str:
    notes = []
    if option.choices:
        notes.append(", ".join(option.choices))
    if option.repeatable:
        notes.append("repeatable; comma-separated in the environment")
    if option.default not in (None, ()):
        notes.append(f"default {str(option.default).lower()}")
    return f"{option.meaning} ({'; '.join([*notes, option.variable])})"


def _no_flags(_verb: argparse.ArgumentParser) -> None:
    """Add no flags."""


def _fidelity_flags(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--format",
        choices=("text", "markdown"),
        default="text",
        help="output format (default text)",
    )


def _lint_flags(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("path", nargs="+", help="scenario file, folder or shipped name")
    verb.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="output format (default text)",
    )
    verb.add_argument("--strict", action="store_true", help="exit with 1 on warnings as well")


def _explain_flags(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", help="scenario file, folder or shipped name")


def _run_flags(verb: argparse.ArgumentParser) -> None:
    verb.usage = "kustom-mock run [flags] FILE... [-- COMMAND...]"
    verb.add_argument("file", nargs="+", help="scenario file, folder or shipped name")
    verb.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML")
    verb.add_argument(
        "--jobs", type=int, default=1, help="number of scenarios to run in parallel (default 1)"
    )
    verb.add_argument(
        "--timeout",
        metavar="TIME",
        help="kill the command after this time, such as 60s (default: no limit)",
    )
    verb.add_argument(
        "--port", type=int, default=0, help="port of the server; 0 picks a free one"
    )
    for name in TLS_SETTINGS:
        _add_setting(verb, OPTIONS[name])
    verb.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NAME",
        help="do not fail on crash, invariant, expect, fault, unknown_path or an audit code;"
        " repeatable",
    )
    verb.add_argument(
        "--audit", action="store_true", help="judge how the command behaved, fail on errors"
    )
    verb.add_argument(
        "--coverage", metavar="FILE", help="write what of the contract the run has met"
    )
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


def _scenarios_flags(verb: argparse.ArgumentParser) -> None:
    actions = verb.add_subparsers(metavar="list|show|copy|import", required=True, dest="action")
    actions.add_parser("list", help="list the shipped scenarios")
    show = actions.add_parser("show", help="print a shipped scenario")
    show.add_argument("name")
    copy = actions.add_parser("copy", help="copy a shipped scenario to a file or folder")
    copy.add_argument("name")
    copy.add_argument("destination", nargs="?", default=".", help="default: current folder")
    what = "write a scenario from an order as the provider shows it"
    imports = actions.add_parser("import", help=what, description=what)
    imports.add_argument("file", help="JSON of the order; - reads standard input")
    imports.add_argument("--mask", action="store_true", help="leave personal data out")
    imports.add_argument("--output", metavar="FILE", help="new file to write (default: print)")


def _url_flag(verb: argparse.ArgumentParser) -> None:
    url = os.environ.get(URL_VARIABLE)
    verb.add_argument("--url", default=url, help=f"URL of the server ({URL_VARIABLE})")


def _tls_flags(verb: argparse.ArgumentParser) -> None:
    actions = verb.add_subparsers(metavar="ca", required=True, dest="action")
    what = "print the CA certificate that clients must trust"
    ca = actions.add_parser("ca", help=what, description=what)
    row = OPTIONS["tls_folder"]
    ca.add_argument(row.flag, metavar="FOLDER", help=_help(row))
    _url_flag(ca)


def _healthcheck_flags(verb: argparse.ArgumentParser) -> None:
    _url_flag(verb)
    for name in ADDRESS_SETTINGS:
        _add_setting(verb, OPTIONS[name])
    verb.add_argument(
        "--wait",
        type=float,
        default=0,
        metavar="SECONDS",
        help="keep trying for this long",
    )


def _audit_flags(verb: argparse.ArgumentParser) -> None:
    _url_flag(verb)
    verb.add_argument("sandbox", nargs="*", help="sandbox to judge (default: all in use)")
    row = OPTIONS["admin_token"]
    verb.add_argument(row.flag, default=os.environ.get(row.variable), help=_help(row))
    verb.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif", "junit"),
        default="text",
        help="output format (default text)",
    )
    verb.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="CODE",
        help="leave the findings of a rule out; repeatable",
    )
    verb.add_argument(
        "--fail-on",
        choices=("error", "warning", "note"),
        default="error",
        help="exit with 1 on findings of this severity or worse (default error)",
    )
    verb.add_argument(
        "--password",
        default=os.environ.get("KUSTOM_PASSWORD"),
        help="password of the sandboxes on a server with --owned (KUSTOM_PASSWORD)",
    )
    _ca_file_flag(verb)
    verb.add_argument("--not-tried", action="store_true", help="list the rules not tried, too")


def _whatif_flags(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("sandbox", help="sandbox whose requests are played again")
    verb.add_argument(
        "start",
        nargs="?",
        help="correlation id or snapshot to begin at (default: the oldest request)",
    )
    _url_flag(verb)
    row = OPTIONS["admin_token"]
    verb.add_argument(row.flag, default=os.environ.get(row.variable), help=_help(row))
    _ca_file_flag(verb)
    verb.add_argument(
        "--assume",
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


def _coverage_flags(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", nargs="*", help="coverage of a run (default: ask the server)")
    _url_flag(verb)
    row = OPTIONS["admin_token"]
    verb.add_argument(row.flag, default=os.environ.get(row.variable), help=_help(row))
    _ca_file_flag(verb)
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
        help="exit with 1 if less of must is met, or of a tier: should=50; repeatable",
    )
    verb.add_argument("--gaps", action="store_true", help="list all cells that were never met")
    verb.add_argument(
        "--write-scenarios", metavar="DIR", help="write a scenario for every missing cell"
    )


def _ca_file_flag(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--ca-file", metavar="FILE", help="certificate authority of an https server, as PEM"
    )


def _serve(parsed: argparse.Namespace) -> int:
    settings = _settings(parsed)

    from mockserver.cli.serve import serve

    return serve(settings)


def _settings(parsed: argparse.Namespace) -> Settings:
    from mockserver.settings import warn_unknown_variables

    warn_unknown_variables(os.environ)
    return load_settings(vars(parsed), os.environ)


def _refuse_flags(parsed: argparse.Namespace, names: Sequence[str], other: str) -> None:
    """Refuse flags that have no effect beside another one.

    Raises:
        SettingError: names the flag.
    """
    for name in names if other else ():
        if getattr(parsed, name) is not None:
            raise SettingError(
                f"{OPTIONS[name].flag}: has no effect with {other}; leave one out"
            )


def _demo(_parsed: argparse.Namespace) -> int:
    from mockserver.cli.demo import demo

    return demo()


def _fidelity(parsed: argparse.Namespace) -> int:
    from mockserver.cli.fidelity import fidelity

    return fidelity(parsed.format)


def _lint(parsed: argparse.Namespace) -> int:
    from mockserver.cli.lint import lint_files

    return lint_files(parsed.path, parsed.format, strict=parsed.strict)


def _explain(parsed: argparse.Namespace) -> int:
    from mockserver.cli.scenarios import explain_file

    return explain_file(parsed.file)


def _run(parsed: argparse.Namespace) -> int:
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


def _audit(parsed: argparse.Namespace) -> int:
    from mockserver.cli.audit import AuditOptions, audit
    from mockserver.cli.probe import local_urls

    options = AuditOptions(
        urls=[parsed.url] if parsed.url else local_urls(_settings(parsed)),
        token=parsed.admin_token,
        secret=parsed.password,
        sandboxes=parsed.sandbox,
        allow=parsed.allow,
        output_format=parsed.format,
        fail_on=parsed.fail_on,
        not_tried=parsed.not_tried,
        ca_file=parsed.ca_file,
    )
    return audit(options)


def _whatif(parsed: argparse.Namespace) -> int:
    from mockserver.cli.probe import local_urls
    from mockserver.cli.whatif import WhatifOptions, whatif

    options = WhatifOptions(
        urls=[parsed.url] if parsed.url else local_urls(_settings(parsed)),
        sandbox=parsed.sandbox,
        start=parsed.start,
        assume=dict(parsed.assume) if parsed.assume else None,
        token=parsed.admin_token,
        ca_file=parsed.ca_file,
        output_format=parsed.format,
    )
    return whatif(options)


def _coverage(parsed: argparse.Namespace) -> int:
    from mockserver.cli.coverage import CoverageOptions, coverage
    from mockserver.cli.probe import local_urls

    options = CoverageOptions(
        files=parsed.file,
        urls=[parsed.url] if parsed.url else local_urls(_settings(parsed)),
        token=parsed.admin_token,
        ca_file=parsed.ca_file,
        output_format=parsed.format,
        output=parsed.output,
        operations=parsed.operation,
        skip=parsed.skip,
        fail_under=parsed.fail_under,
        gaps=parsed.gaps,
        scenario_folder=parsed.write_scenarios,
    )
    return coverage(options)


def _scenarios(parsed: argparse.Namespace) -> int:
    from mockserver.cli import scenarios

    if parsed.action == "list":
        return scenarios.list_scenarios()
    if parsed.action == "show":
        return scenarios.show_scenario(parsed.name)
    if parsed.action == "import":
        return scenarios.import_order(parsed.file, parsed.output, mask=parsed.mask)
    return scenarios.copy_scenario(parsed.name, parsed.destination)


def _schema(_parsed: argparse.Namespace) -> int:
    from mockserver.cli.scenarios import print_schema

    return print_schema()


def _healthcheck(parsed: argparse.Namespace) -> int:
    from mockserver.cli.probe import healthcheck, local_urls

    _refuse_flags(parsed, ADDRESS_SETTINGS, "--url" if parsed.url else "")
    urls = [parsed.url] if parsed.url else local_urls(_settings(parsed))
    return healthcheck(urls, parsed.wait)


def _tls(parsed: argparse.Namespace) -> int:
    from mockserver.cli.probe import local_urls
    from mockserver.cli.tls_ca import print_ca_certificate

    settings = _settings(parsed)
    _refuse_flags(parsed, ("tls_folder",), "--url" if parsed.url else "")
    return print_ca_certificate(settings, [parsed.url] if parsed.url else local_urls(settings))


def _version(_parsed: argparse.Namespace) -> int:
    print(f"kustom-mock {__version__}")
    return EXIT_OK


Verb = tuple[
    str,
    Callable[[argparse.ArgumentParser], None],
    Callable[[argparse.Namespace], int],
]

VERBS: dict[str, Verb] = {
    "serve": ("start the server", _serve_flags, _serve),
    "demo": ("run the provider's refund allocation example", _no_flags, _demo),
    "lint": ("check scenario files", _lint_flags, _lint),
    "explain": (
        "print the allocations that a scenario predicts",
        _explain_flags,
        _explain,
    ),
    "run": ("run scenarios as contract tests", _run_flags, _run),
    "complete": (
        "complete a checkout order in place of the shopper",
        checkout_verbs.complete_flags,
        checkout_verbs.run_complete,
    ),
    "deliveries": (
        "list, send or await the calls to the merchant",
        checkout_verbs.deliveries_flags,
        checkout_verbs.run_deliveries,
    ),
    "audit": ("judge how clients of a running server behaved", _audit_flags, _audit),
    "coverage": (
        "report what of the contract test runs have met",
        _coverage_flags,
        _coverage,
    ),
    "whatif": (
        "play recorded requests under other assumptions",
        _whatif_flags,
        _whatif,
    ),
    "scenarios": ("list, show or copy shipped scenarios", _scenarios_flags, _scenarios),
    "schema": ("print the schema of scenario files", _no_flags, _schema),
    "fidelity": (
        "print every rule and assumption with its source",
        _fidelity_flags,
        _fidelity,
    ),
    "healthcheck": ("check whether a server is healthy", _healthcheck_flags, _healthcheck),
    "tls": ("print the certificate authority of --tls", _tls_flags, _tls),
    "version": ("print the version", _no_flags, _version),
}
