"""Attacks on a server: requests and client behaviour that could harm other users.

Each attack has a size, which bounds its number of requests, connections or bytes.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

import merchant
from load import Address, request
from raw_client import (
    connect,
    count_statuses,
    exchange,
    http_request,
    raw_get,
    status_of,
)

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

VICTIM = "victim"
ATTACKER = "/__admin/sandboxes/attacker"
HOLD = 3.0  # seconds that idle connections stay open
MEGABYTE = 1_000_000
KEY = "kco_test_api_SECRET123"
LINE = {"reference": "A", "name": "n" * 200, "quantity": 1, "unit_price": 1, "total_amount": 1}


class Target(NamedTuple):
    """The attacked server, and the size of the attack."""

    address: Address
    size: int

    def send(self, method: str, path: str, body: Any = None, *headers: str) -> bytes:  # noqa: ANN401
        """Send one request; return the response."""
        compact = json.dumps(body, separators=(",", ":"))
        content = b"" if body is None else compact.encode()
        return exchange(self.address, http_request(method, path, content, *headers))


class Attack(NamedTuple):
    """One attack.

    Attributes:
        run: Attacks the target; returns what the attacker saw.
        size, short_size: Number of requests, connections, orders or bytes.
        descriptor_limit: File descriptors that the server may open; 0: the system's limit.
    """

    name: str
    run: Callable[[Target], str]
    size: int
    short_size: int
    descriptor_limit: int = 0

    def report_to(self, seen: "SimpleQueue[str]", target: Target) -> None:
        """Run the attack and put what the attacker saw into a queue."""
        seen.put(self.run(target))


def read_unused_sandboxes(target: Target) -> str:
    """Read sandboxes that do not exist, as images in a foreign web page would."""
    headers = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")
    paths = (f"/__admin/sandboxes/unused-{number}/clock" for number in range(target.size))
    return count_statuses(target.send("GET", path, None, *headers) for path in paths)


def use_many_names(target: Target) -> str:
    """Send merchant requests under many user names, so that sandboxes are evicted."""
    path = merchant.path_of(1)
    names = (f"name-{number}" for number in range(target.size))
    return count_statuses(_as_user(target, request("GET", path, user=name)) for name in names)


def send_long_durations(target: Target) -> str:
    """Send durations of many digits."""
    digits = "1" * target.size
    clock = target.send("POST", f"{ATTACKER}/clock", {"advance": digits})
    wait = raw_get(target.address, f"{ATTACKER}/requests/await?timeout={digits[:8000]}")
    return count_statuses([clock, wait])


def misspell_many_names(target: Target) -> str:
    """Load a scenario whose expectations name orders that do not exist."""
    numbers = range(target.size)
    orders = {f"order number {n:05}": {"lines": [{"unit_price": 1}]} for n in numbers}
    expected = {f"order numbre {n:05}": {"status": "CAPTURED"} for n in numbers}
    body = {"version": 1, "orders": orders, "expect": {"orders": expected}}
    return status_of(target.send("PUT", f"{ATTACKER}/scenario", body))


def load_many_orders(target: Target) -> str:
    """Load a scenario of many orders, reset it and export it."""
    orders = {f"o{n}": {"lines": [{"unit_price": 1}]} for n in range(target.size)}
    body = {"version": 1, "orders": orders}
    return count_statuses([
        target.send("PUT", f"{ATTACKER}/scenario", body),
        target.send("POST", f"{ATTACKER}/reset"),
        raw_get(target.address, f"{ATTACKER}/scenario"),
    ])  # fmt: skip


def match_many_paths(target: Target) -> str:
    """Add fault rules with different paths, then send a capture of many lines."""
    rules = (_rule(n, where={f"order_lines.field{n}": 1}) for n in range(target.size))
    added = (target.send("POST", f"{ATTACKER}/faults", rule) for rule in rules)
    lines = json.dumps({"captured_amount": 0, "order_lines": [{}] * 3 * target.size}).encode()
    capture = request("POST", f"{merchant.path_of(1)}/captures", lines, "attacker")
    return count_statuses(chain(added, [_as_user(target, capture)]))


def wait_for_requests(target: Target) -> str:
    """Wait for requests that never come, and send others meanwhile."""
    path = f"{ATTACKER}/requests/await?count=9999&timeout=3s"
    with ExitStack() as stack:
        for _ in range(target.size):
            waiter = stack.enter_context(connect(target.address, 30.0))
            waiter.sendall(http_request("GET", path))
        read = request("GET", merchant.path_of(1), user="attacker")
        return count_statuses(_as_user(target, read) for _ in range(target.size))


def store_large_faults(target: Target) -> str:
    """Add fault rules with a response body of a megabyte each."""
    action = {"respond": {"status": 500, "body": "x" * MEGABYTE}}
    rules = (_rule(n, do=action) for n in range(target.size))
    return count_statuses(target.send("POST", f"{ATTACKER}/faults", rule) for rule in rules)


def load_large_scenarios(target: Target) -> str:
    """Load a scenario with a very long list into several sandboxes."""
    body = {"version": 1, "allow": ["W301"] * 140_000}
    paths = (f"/__admin/sandboxes/large-{n}/scenario" for n in range(target.size))
    return count_statuses(target.send("PUT", path, body) for path in paths)


def take_many_snapshots(target: Target) -> str:
    """Take snapshots of a sandbox with many fault rules."""
    for number in range(10 * target.size):
        target.send("POST", f"{ATTACKER}/faults", _rule(number))
    names = ({"name": f"s{number}"} for number in range(target.size))
    return count_statuses(target.send("POST", f"{ATTACKER}/snapshots", name) for name in names)


def store_long_titles(target: Target) -> str:
    """Load scenarios with a title of a megabyte, then list all sandboxes."""
    body = {"version": 1, "title": "t" * MEGABYTE}
    paths = (f"/__admin/sandboxes/title-{n}/scenario" for n in range(target.size))
    loaded = (target.send("PUT", path, body) for path in paths)
    return count_statuses(chain(loaded, [raw_get(target.address, "/__admin/sandboxes")]))


def send_long_keys(target: Target) -> str:
    """Send captures with long idempotency keys."""
    target.send("POST", f"{ATTACKER}/orders", merchant.order(1))
    body = json.dumps({"captured_amount": 1}).encode()
    capture = request("POST", f"{merchant.path_of(1)}/captures", body, "attacker")
    head, separator, rest = capture.partition(b"\r\n")
    keys = (f"Klarna-Idempotency-Key: {n:07000}".encode() for n in range(target.size))
    requests = (head + separator + key + separator + rest for key in keys)
    return count_statuses(_as_user(target, content) for content in requests)


def abandon_delayed_requests(target: Target) -> str:
    """Send requests that a fault delays by an hour, and close the connections."""
    target.send("POST", f"{ATTACKER}/faults", {"on": "get_order", "do": {"delay": "1h"}})
    read = request("GET", merchant.path_of(1), user="attacker")
    for _ in range(target.size):
        try:
            with connect(target.address, 0.05) as connection:
                connection.sendall(read)
                connection.recv(1)
        except OSError:
            continue
    sleep(HOLD)
    return status_of(raw_get(target.address, "/livez"))


def hold_idle_connections(target: Target) -> str:
    """Open connections and send nothing, or half a head."""
    opened = 0
    with ExitStack() as stack:
        for number in range(target.size):
            try:
                connection = stack.enter_context(connect(target.address, 1.0))
                connection.sendall(b"GET /livez HTTP/1.1\r\nHos" if number % 2 else b"")
                opened += 1
            except OSError:
                break
        sleep(HOLD)
    return f"{opened} open"


def leave_responses_unread(target: Target) -> str:
    """Request a large order over many connections, and read nothing."""
    target.send("POST", f"{ATTACKER}/orders", _large_order())
    read = request("GET", merchant.path_of(1), user="attacker")
    with ExitStack() as stack:
        for _ in range(target.size):
            stack.enter_context(connect(target.address, 5.0)).sendall(read)
        sleep(HOLD)
    return f"{target.size} connections"


def send_gzip_bombs(target: Target) -> str:
    """Send small bodies that decompress to many megabytes, all at the same time."""
    bomb = gzip.compress(bytes(target.size * MEGABYTE), 9)
    content = http_request(
        "POST", f"{merchant.path_of(1)}/captures", bomb, "Content-Encoding: gzip"
    )
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(target.address, 30.0)) for _ in range(50)]
        for connection in connections:
            connection.sendall(content)
        return count_statuses(_received(connection) for connection in connections)


def look_for_keys(target: Target) -> str:
    """Use an API key as credentials, and look for it where others can read."""
    header = f"Authorization: Basic {KEY}"
    target.send("GET", merchant.path_of(2), None, header)
    listed = raw_get(target.address, "/__admin/sandboxes")
    return "the key is shown" if KEY.encode() in listed else "the key is not shown"


def cancel_from_a_page(target: Target) -> str:
    """Cancel an order of the victim as a form in a foreign web page would."""
    order = merchant.order(2, captures=0)
    target.send("POST", f"/__admin/sandboxes/{VICTIM}/orders", order)
    cancel = request("POST", f"{merchant.path_of(2)}/cancel", user=VICTIM)
    head, separator, rest = cancel.partition(b"\r\n")
    return status_of(
        _as_user(target, head + separator + b"Origin: https://evil.example\r\n" + rest)
    )


def forge_a_name(target: Target) -> str:
    """Name a sandbox with a line break and an escape sequence."""
    return status_of(target.send("POST", "/__admin/sandboxes/a%0Aforged%1b[31m/reset"))


def delete_the_victim(target: Target) -> str:
    """Delete another merchant's sandbox over the control API, which has no owners."""
    return status_of(target.send("DELETE", f"/__admin/sandboxes/{VICTIM}"))


ATTACKS: Mapping[str, Attack] = {
    attack.name: attack
    for attack in (
        Attack("read-unused-sandboxes", read_unused_sandboxes, 1200, 1200),
        Attack("use-many-names", use_many_names, 1200, 1200),
        Attack("long-durations", send_long_durations, 32_000, 8000),
        Attack("misspelt-names", misspell_many_names, 1000, 250),
        Attack("many-orders", load_many_orders, 26_000, 3000),
        Attack("many-paths", match_many_paths, 9000, 500),
        Attack("waiters", wait_for_requests, 250, 50),
        Attack("large-faults", store_large_faults, 300, 20),
        Attack("large-scenarios", load_large_scenarios, 29, 3),
        Attack("snapshots", take_many_snapshots, 100, 20),
        Attack("long-titles", store_long_titles, 150, 15),
        Attack("long-keys", send_long_keys, 10_000, 300),
        Attack("abandoned-delays", abandon_delayed_requests, 300, 300, 256),
        Attack("idle-connections", hold_idle_connections, 200, 200, 128),
        Attack("unread-responses", leave_responses_unread, 300, 50),
        Attack("gzip-bombs", send_gzip_bombs, 200, 20),
        Attack("key-as-name", look_for_keys, 1, 1),
        Attack("foreign-cancel", cancel_from_a_page, 1, 1),
        Attack("forged-name", forge_a_name, 1, 1),
        Attack("delete-victim", delete_the_victim, 1, 1),
    )
}


def _as_user(target: Target, content: bytes) -> bytes:
    """Send a request of ``load.request`` over a connection that is closed afterwards."""
    head, separator, rest = content.partition(b"\r\n")
    return exchange(target.address, head + separator + b"Connection: close\r\n" + rest)


def _rule(number: int, **parts: Any) -> Mapping[str, Any]:  # noqa: ANN401
    return {"id": f"rule-{number}", "do": {"delay": "0s"}, **parts}


def _large_order() -> Mapping[str, Any]:
    """Return an order of 50 captures with 100 lines each."""
    lines = [{"reference": f"A{n}", "name": "n" * 200, "unit_price": 1000} for n in range(100)]
    part = [{"reference": f"A{n}", "quantity": 1, "unit_price": 1} for n in range(100)]
    captures = {f"c{number}": {"lines": part} for number in range(50)}
    return {"order_id": merchant.order_id(1), "lines": lines, "captures": captures}


def _received(connection: Any) -> bytes:  # noqa: ANN401
    """Receive until the server closes the connection."""
    chunks: Iterator[bytes] = iter(lambda: connection.recv(65_536), b"")
    try:
        return b"".join(chunks)
    except OSError:
        return b""
