"""Argument parser and dispatch of the ``kustom-mock`` verbs.

Exit codes: 0 ok, 1 findings or a failed expectation, 2 wrong usage or configuration.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from mockserver import __version__
from mockserver.cli import (
    checkout_verbs,
    contract_verb,
    report_verbs,
    scenario_verbs,
    server_verbs,
)
from mockserver.cli.console import escape_unencodable
from mockserver.cli.exit_codes import EXIT_OK, EXIT_USAGE
from mockserver.settings import SettingError


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
    if "--" not in arguments or arguments[0] != "run":
        return arguments, ()
    separator = arguments.index("--")
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
        description="A sandbox server for Kustom's Checkout and Order Management API.",
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


def _no_flags(_verb: argparse.ArgumentParser) -> None:
    """Add no flags."""


def _fidelity_flags(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--format",
        choices=("text", "markdown"),
        default="text",
        help="output format (default text)",
    )


def _demo(_parsed: argparse.Namespace) -> int:
    from mockserver.cli.demo import demo

    return demo()


def _fidelity(parsed: argparse.Namespace) -> int:
    from mockserver.cli.fidelity import fidelity

    return fidelity(parsed.format)


def _version(_parsed: argparse.Namespace) -> int:
    print(f"kustom-mock {__version__}")
    return EXIT_OK


Verb = tuple[
    str,
    Callable[[argparse.ArgumentParser], None],
    Callable[[argparse.Namespace], int],
]

VERBS: dict[str, Verb] = {
    "serve": ("start the server", server_verbs.serve_flags, server_verbs.run_serve),
    "demo": ("run the provider's refund allocation example", _no_flags, _demo),
    "lint": ("check scenario files", scenario_verbs.lint_flags, scenario_verbs.run_lint),
    "explain": (
        "print the allocations that a scenario predicts",
        scenario_verbs.explain_flags,
        scenario_verbs.run_explain,
    ),
    "run": (
        "run scenarios as contract tests",
        contract_verb.contract_flags,
        contract_verb.run_contract,
    ),
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
    "audit": (
        "audit the clients of a running server",
        report_verbs.audit_flags,
        report_verbs.run_audit,
    ),
    "coverage": (
        "report which cases of the API contract the test runs covered",
        report_verbs.coverage_flags,
        report_verbs.run_coverage,
    ),
    "whatif": (
        "play recorded requests under other assumptions",
        report_verbs.whatif_flags,
        report_verbs.run_whatif,
    ),
    "drift": (
        "compare two reports of where an account differs",
        report_verbs.drift_flags,
        report_verbs.run_drift,
    ),
    "scenarios": (
        "list, show, copy or import scenarios",
        scenario_verbs.scenarios_flags,
        scenario_verbs.run_scenarios,
    ),
    "schema": ("print the schema of scenario files", _no_flags, scenario_verbs.run_schema),
    "fidelity": (
        "print every rule and assumption with its source",
        _fidelity_flags,
        _fidelity,
    ),
    "healthcheck": (
        "check whether a server is healthy",
        server_verbs.healthcheck_flags,
        server_verbs.run_healthcheck,
    ),
    "tls": (
        "print the certificate authority of --tls",
        server_verbs.tls_flags,
        server_verbs.run_tls,
    ),
    "version": ("print the version", _no_flags, _version),
}
