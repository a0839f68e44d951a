"""Merchants who send as much as they may, one after the other: memory stays bounded.

Each makes captures with lines of almost a megabyte until the sandbox takes no more, which
must be a refusal and no crash. From the second merchant on, sandboxes that are no longer
used have to make room. Loopback only; takes about a minute and two gigabytes.

    python benchmarks/flood.py [--merchants 6]
"""

import argparse
import json
import sys
from http import HTTPStatus

import merchant
from load import LoadError, load, request
from processes import Server, free_port, python, running

LINES = 900
AT_ONCE = 50  # requests
CONNECTIONS = 4
MOST = 2000  # megabytes: twice what is kept of requests, and the server itself
FIRST = request("GET", "/livez")


class FloodError(Exception):
    """Memory grew beyond its bound, or something else than a refusal ended a flood."""


def main() -> int:
    """Flood a server of our own; say how much memory it had after each merchant."""
    parser = argparse.ArgumentParser(description="Send as much as a server takes.")
    parser.add_argument("--merchants", type=int, default=6)
    expected = parser.parse_args().merchants
    port = free_port()
    command = [*python(), "-m", "mockserver", "serve", "--port", str(port)]
    with running(command, port, FIRST) as server:
        for number in range(1, expected + 1):
            try:
                print(flood(server, f"merchant-{number}"))
            except FloodError as error:
                print(f"failed: {error}", file=sys.stderr)
                return 1
    return 0


def flood(server: Server, user: str) -> str:
    """Let one merchant send until refused; tell how much went in.

    Raises:
        FloodError: it ended otherwise, or too much memory is in use.
    """
    merchant.empty(server, user)
    merchant.make_orders(server, [merchant.order(1)], user)
    capture = request("POST", f"{merchant.path_of(1)}/captures", _body(), user)
    taken = 0
    while _is_taken(server, capture):
        taken += AT_ONCE
    resident = server.resident_megabytes()
    if resident > MOST:
        raise FloodError(f"{resident:.0f} MB in use, expected at most {MOST}")
    sent = taken * len(capture) / 1024**2
    return f"{user}: at least {sent:.0f} MB taken, {resident:.0f} MB resident"


def _is_taken(server: Server, capture: bytes) -> bool:
    try:
        load(
            server.address,
            [capture],
            count=AT_ONCE,
            connections=CONNECTIONS,
            status=HTTPStatus.CREATED,
        )
    except LoadError as error:
        if "sandbox_is_full" in str(error):
            return False
        raise FloodError(str(error)) from None
    return True


def _body() -> bytes:
    line = {
        "reference": "r" * 255,
        "name": "n" * 255,
        "product_url": "u" * 400,
        "quantity": 1,
        "unit_price": 1,
        "total_amount": 1,
    }
    return json.dumps({"captured_amount": 0, "order_lines": [line] * LINES}).encode()


if __name__ == "__main__":
    sys.exit(main())
