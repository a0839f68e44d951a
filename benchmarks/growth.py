"""Measure how the CPU time of a request grows with the amount of data in a sandbox.

``python benchmarks/growth.py`` runs this part alone. In each round, a server is started and
filled for every size of every dimension; sizes of one round are compared.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import merchant
from load import load, request
from merchant import CAPTURE, GET, REFUND, path_of
from processes import LOAD_CORE, Server, end_with_children, free_port, pin, python, running
from tables import MICRO, figure, ratio, table

CONNECTIONS = 16
MEASURED_ORDERS = 200  # requests rotate over them; each is changed once
READS = 2000
ROUNDS = 3
LARGEST = 100_000
WARM_UP_USER, WARM_UP_REQUESTS = "warm", 50
KILO = 1e3
HEALTH = request("GET", "/healthz")

Targets = Sequence[tuple[str, int]]  # user and order number of each measured order


@dataclass(frozen=True, slots=True)
class Dimension:
    """A kind of data whose amount is varied.

    Attributes:
        fill: Creates this amount in a new server; returns the orders to measure.
        flags: Arguments of the server for an amount.
    """

    title: str
    sizes: Sequence[int]
    fill: Callable[[Server, int], Targets]
    flags: Callable[[int], Sequence[str]] = lambda _size: ()


@dataclass(slots=True)
class Curve:
    """CPU seconds by job, size and round.

    Attributes:
        pages: Length of the response to GET, by size.
    """

    title: str
    sizes: Sequence[int]
    pages: dict[int, int] = field(default_factory=dict)
    costs: dict[str, list[list[float]]] = field(default_factory=dict)


def orders(server: Server, size: int) -> Targets:
    """Create orders in one sandbox; measure a sample spread over them."""
    merchant.create_orders(server, (merchant.order(number) for number in range(1, size + 1)))
    step = max(size // MEASURED_ORDERS, 1)
    return [(merchant.USER, number) for number in range(1, size + 1, step)][:MEASURED_ORDERS]


def captures(server: Server, size: int) -> Targets:
    """Create orders with this number of captures each."""
    return _few_orders(server, lambda number: merchant.order(number, captures=size))


def refunds(server: Server, size: int) -> Targets:
    """Create orders with one capture and this number of refunds each."""
    line = {"reference": merchant.references(1)[0], "quantity": 1, "unit_price": 1}
    refunds = {f"refund-{number}": {"lines": [line]} for number in range(size)}
    return _few_orders(server, lambda number: {**merchant.order(number), "refunds": refunds})


def journal(server: Server, size: int) -> Targets:
    """Fill a journal of this size."""
    targets = _few_orders(server, merchant.order)
    _send(server, GET.requests(0), size, GET.status)
    return targets


def sandboxes(server: Server, size: int) -> Targets:
    """Create sandboxes, with several orders in each if they are few."""
    numbers = range(1, max(MEASURED_ORDERS // size, 1) + 1)
    bodies = [json.dumps(merchant.order(number)).encode() for number in numbers]
    paths = [f"/__admin/sandboxes/bench-{number}/orders" for number in range(size)]
    merchant.post_all(
        server, [request("POST", path, body) for path in paths for body in bodies]
    )
    users = [f"bench-{number}" for number in range(0, size, max(size // MEASURED_ORDERS, 1))]
    return [(user, number) for user in users for number in numbers][:MEASURED_ORDERS]


def idle_faults(server: Server, size: int) -> Targets:
    """Add fault rules for all operations, none of which matches."""
    return _with_faults(server, _rules_without_match(size))


def last_faults(server: Server, size: int) -> Targets:
    """Add fault rules of which only the last matches, and delays by nothing."""
    return _with_faults(server, [*_rules_without_match(size), {}][1:] if size else [])


DIMENSIONS = (
    Dimension("orders in a sandbox", (100, 1000, 10_000, LARGEST), orders),
    Dimension("captures in an order", (1, 10, 100, 500), captures),
    Dimension("refunds in an order", (1, 10, 100, 500), refunds),
    Dimension(
        "entries of a full journal",
        (10, 100, 1000, 10_000),
        journal,
        lambda size: ("--journal-size", str(size)),
    ),
    Dimension("fault rules, none matching", (0, 1, 10, 100, 1000), idle_faults),
    Dimension("fault rules, only the last matching", (0, 1, 10, 100, 1000), last_faults),
    Dimension(
        "sandboxes",
        (1, 10, 100, 1000),
        sandboxes,
        lambda size: ("--max-sandboxes", str(size + 1)),  # one more to warm up
    ),
)


def curves(rounds: int, largest: int = LARGEST) -> Iterator[Curve]:
    """Measure each dimension up to the largest size."""
    for dimension in DIMENSIONS:
        sizes = [size for size in dimension.sizes if size <= largest]
        curve = Curve(dimension.title, sizes)
        for number in range(1, rounds + 1):
            print(f"{dimension.title}, round {number} of {rounds} …", file=sys.stderr)
            for index, size in enumerate(sizes):
                _measure(curve, dimension, index, size)
        yield curve


def print_curve(curve: Curve) -> None:
    """Print the CPU time of a request by size."""
    rows = []
    smallest = {job: costs[0] for job, costs in curve.costs.items()}
    for index, size in enumerate(curve.sizes):
        row = [str(size), f"{curve.pages[size] / KILO:.0f}"]
        for job, costs in curve.costs.items():
            row.append(figure(median(costs[index]) * MICRO))
            row.append(ratio(costs[index], smallest[job]))
        rows.append(row)
    head = [curve.title, "KB of an order"]
    for job in curve.costs:
        head += [f"{job}, µs", "growth"]
    table(f"Growth by {curve.title}", head, rows)


def _measure(curve: Curve, dimension: Dimension, index: int, size: int) -> None:
    port = free_port()
    command = python("-m", "mockserver", "serve", "--port", str(port))
    with running([*command, *dimension.flags(size)], port, HEALTH) as server:
        _warm_up(server)
        targets = dimension.fill(server, size)
        user, number = targets[0]
        curve.pages[size] = len(merchant.send(server, "GET", path_of(number), user=user))
        for name, (requests, count, status) in _jobs(targets).items():
            before = server.cpu_seconds()
            responses = _send(server, requests, count, status)
            cost = (server.cpu_seconds() - before) / responses
            costs = curve.costs.setdefault(name, [[] for _ in curve.sizes])
            costs[index].append(cost)


def _jobs(targets: Targets) -> Mapping[str, tuple[Sequence[bytes], int, int]]:
    """Return requests, count and status of each job; each order is changed once per job."""
    reads = [request("GET", path_of(number), user=user) for user, number in targets]
    captures = [CAPTURE.change(path_of(number), user) for user, number in targets]
    refunds = [REFUND.change(path_of(number), user) for user, number in targets]
    return {
        "GET": (reads, READS, GET.status),
        "POST capture": (captures, len(captures), CAPTURE.status),
        "GET after it": (reads, len(reads), GET.status),
        "POST refund": (refunds, len(refunds), REFUND.status),
    }


def _rules_without_match(size: int) -> list[Mapping[str, Any]]:
    """Return fault rules with different values, none of which is sent."""
    return [{"where": {"description": f"never {number}"}} for number in range(size)]


def _few_orders(server: Server, spec: Callable[[int], Mapping[str, Any]]) -> Targets:
    numbers = range(1, MEASURED_ORDERS + 1)
    merchant.create_orders(server, (spec(number) for number in numbers))
    return [(merchant.USER, number) for number in numbers]


def _with_faults(server: Server, rules: Sequence[Mapping[str, Any]]) -> Targets:
    targets = _few_orders(server, merchant.order)
    path = f"/__admin/sandboxes/{merchant.USER}/faults"
    for number, rule in enumerate(rules):
        body = {"id": f"rule-{number}", "do": {"delay": "0s"}, **rule}
        merchant.send(server, "POST", path, body)
    return targets


def _warm_up(server: Server) -> None:
    """Send every kind of request in a separate sandbox before measuring."""
    merchant.create_orders(server, [merchant.order(1)], WARM_UP_USER)
    for requests, _, status in _jobs([(WARM_UP_USER, 1)]).values():
        _send(server, requests, WARM_UP_REQUESTS, status)


def _send(server: Server, requests: Sequence[bytes], count: int, status: int) -> int:
    run = load(server.address, requests, count=count, connections=CONNECTIONS, status=status)
    return run.count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure cost by amount of data.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--largest", type=int, default=LARGEST, help="largest size")
    arguments = parser.parse_args()
    end_with_children()
    pin(LOAD_CORE)
    for curve in curves(arguments.rounds, arguments.largest):
        print_curve(curve)


if __name__ == "__main__":
    main()
