"""``kustom-mock complete`` and ``deliveries``, against a running server."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.client import ControlClient, ControlError


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where the sandbox is; the first address that answers is asked."""

    urls: Sequence[str]
    sandbox: str
    token: str | None

    @property
    def clients(self) -> Sequence[ControlClient]:
        """A client for each address."""
        return [ControlClient(url, self.sandbox, self.token) for url in self.urls]


def complete(server: ServerOptions, checkout: str, options: Mapping[str, Any]) -> int:
    """Complete a checkout order and print the result as JSON.

    Returns:
        0 if the attempt was made, whatever its outcome; 2 if it cannot be made.
    """
    return _print(server, lambda client: client.complete(checkout, **options))


def list_deliveries(server: ServerOptions, filters: Mapping[str, str]) -> int:
    """Print one line for each delivery: id, kind, state, attempts, URL."""
    code, rows = _ask(server, lambda client: client.deliveries(**filters))
    for row in rows or ():
        answers = ",".join(str(a["status"] or "no answer") for a in row["attempts"]) or "-"
        print(f"{row['id']}  {row['kind']}  {row['state']}  {answers}  {row['url']}")
    return code


def send_delivery(server: ServerOptions, delivery_id: str) -> int:
    """Send a delivery now and print it as JSON."""
    return _print(server, lambda client: client.send_delivery(delivery_id))


def print_curl(server: ServerOptions, delivery_id: str) -> int:
    """Print the command that makes the same call."""
    code, row = _ask(server, lambda client: client.delivery(delivery_id))
    if row is not None:
        print(row["curl"])
    return code


def await_deliveries(server: ServerOptions, filters: Mapping[str, Any]) -> int:
    """Wait for deliveries and print them as JSON; 1 if too few came in time."""
    code, result = _ask(server, lambda client: client.await_deliveries(**filters))
    if result is None:
        return code
    print(to_json(result["deliveries"]))
    return EXIT_OK if result["satisfied"] else EXIT_FINDINGS


def _print(server: ServerOptions, call: Callable[[ControlClient], Any]) -> int:
    code, result = _ask(server, call)
    if result is not None:
        print(to_json(result))
    return code


def _ask(server: ServerOptions, call: Callable[[ControlClient], Any]) -> tuple[int, Any]:
    """Return the exit code and the answer of the first address that answers."""
    problem = ""
    for client in server.clients:
        try:
            return EXIT_OK, call(client)
        except ControlError as error:
            problem = str(error)
            if error.status:
                break
    print(f"kustom-mock: {problem}", file=sys.stderr)
    return EXIT_USAGE, None
