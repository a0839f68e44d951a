"""Send as much as a server accepts, kind by kind, and check that its memory stays bounded.

Each kind has a server and one merchant of its own. A flood ends when the server refuses
more (a sandbox takes 512 MiB), or after a number of requests if old things make way for
new ones. Resident memory must stay below ``MAX_RESIDENT``. Loopback only; takes some
minutes and 1.2 gigabytes.

    python benchmarks/flood.py [KIND ...]
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import merchant
from load import LoadError, load, request
from processes import Server, free_port, python, running

BATCH = 50  # requests
CONNECTIONS = 4
ORDERS = 40  # of at most 32 MiB each
MAX_RESIDENT = 1200  # megabytes: 1.5 times the limit of a sandbox, unparsed bodies, the server
READINESS_REQUEST = request("GET", "/livez")
USER = "flood"
CONTROL = f"/__admin/sandboxes/{USER}"
LARGE_TEXT = "x" * 1_000_000


class FloodError(Exception):
    """Memory grew beyond its bound, or a flood did not end in a refusal."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a flood sends: a request by its number, and the status of an accepted one.

    ``count`` limits the requests of a kind of which the server drops the oldest; ``setup``
    is sent once before.
    """

    write: Callable[[int], bytes]
    status: int = 201
    count: int | None = None
    setup: Callable[[], bytes] | None = None


def main() -> int:
    """Flood a new server with each kind; print its memory afterwards."""
    parser = argparse.ArgumentParser(description="Send as much as a server accepts.")
    parser.add_argument("kind", nargs="*", choices=[*KINDS, []])  # none: all
    failed = False
    for name in parser.parse_args().kind or KINDS:
        port = free_port()
        command = [*python(), "-m", "mockserver", "serve", "--port", str(port)]
        try:
            with running(command, port, READINESS_REQUEST) as server:
                print(f"{name}: {flood(server, KINDS[name])}", flush=True)
        except FloodError as error:
            failed = True
            print(f"failed: {name}: {error}", file=sys.stderr)
    return int(failed)


def flood(server: Server, kind: Kind) -> str:
    """Send requests of a kind until refused; return a line for the report.

    Raises:
        FloodError: The flood ended otherwise, or too much memory is in use.
    """
    merchant.empty(server, USER)
    merchant.create_orders(server, map(merchant.order, range(1, ORDERS + 1)), USER)
    if kind.setup is not None:
        load(server.address, [kind.setup()], count=1, connections=1, status=200)
    number = sent = 0
    while kind.count is None or number < kind.count:
        batch = [kind.write(number + offset) for offset in range(BATCH)]
        if not _is_accepted(server, batch, kind.status):
            break
        number += BATCH
        sent += sum(map(len, batch))
    resident = server.resident_megabytes()
    if resident > MAX_RESIDENT:
        raise FloodError(f"{resident:.0f} MB in use, expected at most {MAX_RESIDENT}")
    return f"{number} requests, {sent / 1e6:.0f} MB accepted, {resident:.0f} MB resident"


def _is_accepted(server: Server, batch: list[bytes], status: int) -> bool:
    try:
        load(server.address, batch, count=BATCH, connections=CONNECTIONS, status=status)
    except LoadError as error:
        if "_is_full" in str(error) or "maximum of" in str(error):
            return False
        raise FloodError(str(error)[:300]) from None
    return True


def _capture(number: int, line: Mapping[str, Any], lines: int) -> bytes:
    body = {"captured_amount": 0, "order_lines": [line] * lines}
    path = f"{merchant.path_of(1 + number % ORDERS)}/captures"
    return request("POST", path, json.dumps(body).encode(), USER)


def _empty_capture(number: int) -> bytes:
    path = f"{merchant.path_of(1 + number % ORDERS)}/captures"
    return request("POST", path, b'{"captured_amount": 0}', USER)


def _checkout(body: Mapping[str, Any]) -> bytes:
    return request("POST", "/checkout/v3/orders", json.dumps(body).encode(), USER)


def _keyed_refund(number: int) -> bytes:
    path = f"{merchant.path_of(1 + number % ORDERS)}/refunds"
    plain = request("POST", path, b'{"refunded_amount": 0}', USER)
    key = f"\r\nKlarna-Idempotency-Key: {number:07000}\r\nAccept:".encode()
    return plain.replace(b"\r\nAccept:", key, 1)


def _control(method: str, path: str, body: Mapping[str, Any]) -> bytes:
    return request(method, path, json.dumps(body).encode(), USER)


LINE = {"name": "Article", "quantity": 1, "unit_price": 1, "total_amount": 1}
LARGE_LINE = LINE | {"reference": "r" * 255, "name": "n" * 255, "product_url": "u" * 400}
PRICE = {"unit_price": 1}
RICH_LINE = LINE | {"product_identifiers": {"brand": "b", "color": "c", "size": "s"}}

ITEM = LINE | {
    "type": "physical", "reference": "A", "tax_rate": 0, "total_tax_amount": 0,
    "product_url": "https://shop.example/" + "u" * 400,
}  # fmt: skip
LARGEST_URL = 2000  # characters
CHECKOUT = {
    "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
    "order_amount": 900, "order_tax_amount": 0,
    "merchant_urls": {
        kind: f"http://127.0.0.1:9/{kind}?{'u' * LARGEST_URL}"[:LARGEST_URL]
        for kind in ("terms", "checkout", "confirmation", "push")
    },
}  # fmt: skip
WEBHOOKS = {
    "endpoints": [
        {"url": f"http://127.0.0.1:9/{number}", "events": ["capture.created"]}
        for number in range(5)
    ]
}

KINDS: Mapping[str, Kind] = {
    "large-lines": Kind(lambda number: _capture(number, LARGE_LINE, 900)),
    "small-lines": Kind(lambda number: _capture(number, LINE, 1000)),
    "rich-lines": Kind(lambda number: _capture(number, RICH_LINE, 1000)),
    "keys": Kind(_keyed_refund, count=15_000),
    "faults": Kind(
        lambda _: _control(
            "POST",
            f"{CONTROL}/faults",
            {"do": {"respond": {"status": 500, "body": LARGE_TEXT}}},
        )
    ),
    "small-faults": Kind(
        lambda _: _control("POST", f"{CONTROL}/faults", {"do": {"drop": "reset"}})
    ),
    "scenarios": Kind(
        lambda number: _control(
            "PUT",
            f"/__admin/sandboxes/{USER}-{number}/scenario",
            {"version": 1, "orders": {f"o{i}": {"lines": [PRICE] * 900} for i in range(40)}},
        ),
        status=200,
        count=50,
    ),
    "snapshots": Kind(
        lambda number: _control("POST", f"{CONTROL}/snapshots", {"name": f"s{number}"}),
        count=300,
    ),
    "checkouts": Kind(
        lambda _: _checkout({**CHECKOUT, "order_lines": [ITEM] * 900}),
    ),
    "small-checkouts": Kind(
        lambda _: _checkout({**CHECKOUT, "order_amount": 1, "order_lines": [ITEM]}),
    ),
    "deliveries": Kind(
        _empty_capture,
        count=15_000,
        setup=lambda: _control("PUT", f"{CONTROL}/webhooks", WEBHOOKS),
    ),
    "paths": Kind(
        lambda number: request("GET", f"/{number:06000}", user=USER), status=404, count=10_000
    ),
    "refusals": Kind(
        lambda number: request(
            "POST",
            f"{merchant.path_of(1 + number % ORDERS)}/captures",
            json.dumps({"order_lines": [{}] * 100}).encode(),
            USER,
        ),
        status=422,
        count=5000,
    ),
}

if __name__ == "__main__":
    sys.exit(main())
