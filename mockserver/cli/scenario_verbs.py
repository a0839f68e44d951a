"""Flags of ``lint``, ``explain``, ``scenarios`` and ``schema``, and what they run."""

import argparse


def lint_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``lint``."""
    verb.add_argument("path", nargs="+", help="scenario file, folder or shipped name")
    verb.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="output format (default text)",
    )
    verb.add_argument("--strict", action="store_true", help="exit with 1 on warnings as well")


def run_lint(parsed: argparse.Namespace) -> int:
    """Check scenario files."""
    from mockserver.cli.lint import lint_files

    return lint_files(parsed.path, parsed.format, strict=parsed.strict)


def explain_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``explain``."""
    verb.add_argument("file", help="scenario file, folder or shipped name")


def run_explain(parsed: argparse.Namespace) -> int:
    """Print the allocations that a scenario predicts."""
    from mockserver.cli.scenarios import explain_file

    return explain_file(parsed.file)


def scenarios_flags(verb: argparse.ArgumentParser) -> None:
    """Add the actions of ``scenarios``."""
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


def run_scenarios(parsed: argparse.Namespace) -> int:
    """List, print, copy or import scenarios."""
    from mockserver.cli import scenarios

    if parsed.action == "list":
        return scenarios.list_scenarios()
    if parsed.action == "show":
        return scenarios.show_scenario(parsed.name)
    if parsed.action == "import":
        return scenarios.import_order(parsed.file, parsed.output, mask=parsed.mask)
    return scenarios.copy_scenario(parsed.name, parsed.destination)


def run_schema(_parsed: argparse.Namespace) -> int:
    """Print the schema of scenario files."""
    from mockserver.cli.scenarios import print_schema

    return print_schema()
