"""Flags of ``complete`` and ``deliveries``, and what they run."""

import argparse
import os
from typing import Any

from mockserver.cli.flags import add_server_flags, parse_count, server_access

SANDBOX_VARIABLE = "KUSTOM_USERNAME"
DEFAULT_SANDBOX = "demo"
COMPLETION = ("control.schema.json", "completion_request")
FILTERS = ("kind", "order_id", "state")


def complete_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``complete``: one for each key of the control call."""
    from mockserver.cli.schema_flags import add_schema_flags, schema_properties

    verb.add_argument("checkout", help="name or id of the checkout order")
    add_schema_flags(verb, schema_properties(*COMPLETION))
    _server_flags(verb)


def deliveries_flags(verb: argparse.ArgumentParser) -> None:
    """Add the actions of ``deliveries``, each with its flags."""
    actions = verb.add_subparsers(metavar="list|send|curl|await", required=True, dest="action")
    listing = actions.add_parser("list", help="list the calls to the merchant")
    waiting = actions.add_parser("await", help="wait until enough deliveries match")
    for action in (listing, waiting):
        action.add_argument("--kind", help="such as push or webhook")
        action.add_argument("--order", dest="order_id", help="name or id of an order")
        action.add_argument("--state", help="such as delivered or held")
    waiting.add_argument("--count", type=parse_count, help="how many deliveries (default 1)")
    waiting.add_argument("--timeout", metavar="TIME", help="such as 10s (default 5s)")
    sending = actions.add_parser("send", help="send a delivery now")
    showing = actions.add_parser("curl", help="print the command that makes the same call")
    for action in (sending, showing):
        action.add_argument("delivery", help="id of the delivery")
    for action in (listing, waiting, sending, showing):
        _server_flags(action)


def run_complete(parsed: argparse.Namespace) -> int:
    """Complete a checkout order of a running server."""
    from mockserver.cli.checkouts import complete
    from mockserver.cli.schema_flags import collect_values, schema_properties

    options = collect_values(parsed, schema_properties(*COMPLETION))
    return complete(server_access(parsed), parsed.sandbox, parsed.checkout, options)


def run_deliveries(parsed: argparse.Namespace) -> int:
    """Act on the deliveries of a running server."""
    from mockserver.cli import checkouts

    server, sandbox = server_access(parsed), parsed.sandbox
    if parsed.action == "list":
        return checkouts.list_deliveries(server, sandbox, _given(parsed, FILTERS))
    if parsed.action == "await":
        filters = _given(parsed, (*FILTERS, "count", "timeout"))
        return checkouts.await_deliveries(server, sandbox, filters)
    if parsed.action == "send":
        return checkouts.send_delivery(server, sandbox, parsed.delivery)
    return checkouts.print_curl(server, sandbox, parsed.delivery)


def _server_flags(verb: argparse.ArgumentParser) -> None:
    add_server_flags(verb)
    verb.add_argument(
        "--sandbox",
        default=os.environ.get(SANDBOX_VARIABLE, DEFAULT_SANDBOX),
        help=f"the sandbox ({SANDBOX_VARIABLE}; default {DEFAULT_SANDBOX})",
    )


def _given(parsed: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the flags that were given, by name."""
    values = {name: getattr(parsed, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}
