"""``kustom-mock complete`` and ``deliveries``, against a running server."""

import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.server_access import ServerAccess
from mockserver.client import ControlClient, ControlError


def complete(
    server: ServerAccess, sandbox: str, checkout: str, options: Mapping[str, Any]
) -> int:
    """Complete a checkout order and print the result as JSON.

    Returns:
        0 if the attempt was made, whatever its outcome; 2 if it cannot be made.
    """
    return _print(server, sandbox, lambda client: client.complete(checkout, **options))


def list_deliveries(server: ServerAccess, sandbox: str, filters: Mapping[str, str]) -> int:
    """Print one line for each delivery: id, kind, state, attempts, URL."""
    code, rows = _call(server, sandbox, lambda client: client.deliveries(**filters))
    for row in rows or ():
        responses = ",".join(str(a["status"] or "no response") for a in row["attempts"]) or "-"
        print(f"{row['id']}  {row['kind']}  {row['state']}  {responses}  {row['url']}")
    return code


def send_delivery(server: ServerAccess, sandbox: str, delivery_id: str) -> int:
    """Send a delivery now and print it as JSON; 1 if its host is not called."""
    return _print(
        server,
        sandbox,
        lambda client: client.send_delivery(delivery_id),
        code_of_conflict=EXIT_FINDINGS,
    )


def print_curl(server: ServerAccess, sandbox: str, delivery_id: str) -> int:
    """Print the command that makes the same call."""
    code, row = _call(server, sandbox, lambda client: client.delivery(delivery_id))
    if row is not None:
        print(row["curl"])
    return code


def await_deliveries(server: ServerAccess, sandbox: str, filters: Mapping[str, Any]) -> int:
    """Wait for deliveries and print them as JSON; 1 if too few came in time."""
    code, result = _call(server, sandbox, lambda client: client.await_deliveries(**filters))
    if result is None:
        return code
    print(to_json(result["deliveries"]))
    return EXIT_OK if result["satisfied"] else EXIT_FINDINGS


def _print(
    server: ServerAccess,
    sandbox: str,
    call: Callable[[ControlClient], Any],
    code_of_conflict: int = EXIT_USAGE,
) -> int:
    code, result = _call(server, sandbox, call, code_of_conflict)
    if result is not None:
        print(to_json(result))
    return code


def _call(
    server: ServerAccess,
    sandbox: str,
    call: Callable[[ControlClient], Any],
    code_of_conflict: int = EXIT_USAGE,
) -> tuple[int, Any]:
    """Return the exit code and the result of a call."""
    try:
        return EXIT_OK, server.call_sandbox(sandbox, call)
    except ControlError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return code_of_conflict if error.status == HTTPStatus.CONFLICT else EXIT_USAGE, None
