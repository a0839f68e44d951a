"""Send as much as a server accepts, and check that its memory stays bounded.

Each merchant creates captures with almost a megabyte of order lines until the sandbox is
full, which must be a refusal. From the second merchant on, unused sandboxes are evicted.
Loopback only; takes about a minute and two gigabytes.

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
BATCH = 50  # requests
CONNECTIONS = 4
MAX_RESIDENT = 2000  # megabytes: twice the stored request bytes, and the server itself
READINESS_REQUEST = request("GET", "/livez")


class FloodError(Exception):
    """Memory grew beyond its bound, or a flood did not end in a refusal."""


def main() -> int:
    """Flood a new server; print its memory after each merchant."""
    parser = argparse.ArgumentParser(description="Send as much as a server takes.")
    parser.add_argument("--merchants", type=int, default=6)
    merchant_count = parser.parse_args().merchants
    port = free_port()
    command = [*python(), "-m", "mockserver", "serve", "--port", str(port)]
    with running(command, port, READINESS_REQUEST) as server:
        for number in range(1, merchant_count + 1):
            try:
                print(flood(server, f"merchant-{number}"))
            except FloodError as error:
                print(f"failed: {error}", file=sys.stderr)
                return 1
    return 0


def flood(server: Server, user: str) -> str:
    """Send captures of one merchant until refused; return a line for the report.

    Raises:
        FloodError: The flood ended otherwise, or too much memory is in use.
    """
    merchant.empty(server, user)
    merchant.create_orders(server, [merchant.order(1)], user)
    capture = request("POST", f"{merchant.path_of(1)}/captures", _body(), user)
    accepted_count = 0
    while _is_accepted(server, capture):
        accepted_count += BATCH
    resident = server.resident_megabytes()
    if resident > MAX_RESIDENT:
        raise FloodError(f"{resident:.0f} MB in use, expected at most {MAX_RESIDENT}")
    sent = accepted_count * len(capture) / 1024**2
    return f"{user}: at least {sent:.0f} MB accepted, {resident:.0f} MB resident"


def _is_accepted(server: Server, capture: bytes) -> bool:
    try:
        load(
            server.address,
            [capture],
            count=BATCH,
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
