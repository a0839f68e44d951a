"""How our cost grows with what a sandbox holds: processor time of one request by size.

``python benchmarks/growth.py`` measures these alone. A server is started for every size
of every dimension in each round, filled, and asked; compared are sizes of one round.
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
ASKED_ORDERS = 200  # that requests rotate over; each is changed once
READS = 2000
ROUNDS = 3
LARGEST = 100_000
WARM_USER, WARMING = "warm", 50
KILO = 1e3
HEALTH = request("GET", "/healthz")

Asked = Sequence[tuple[str, int]]  # users and their orders


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something there may be more and more of.

    ``fill`` makes that many of it in a server that has just started, and gives the users
    and the orders to ask about. ``flags`` are those of the server.
    """

    title: str
    sizes: Sequence[int]
    fill: Callable[[Server, int], Asked]
    flags: Callable[[int], Sequence[str]] = lambda _size: ()


@dataclass(slots=True)
class Curve:
    """What was measured: seconds of processor time, by job, size and round.

    ``pages`` are the lengths of what a GET is answered, by size.
    """

    title: str
    sizes: Sequence[int]
    pages: dict[int, int] = field(default_factory=dict)
    costs: dict[str, list[list[float]]] = field(default_factory=dict)


def orders(server: Server, size: int) -> Asked:
    """Put so many orders into one sandbox; those asked about are spread over them."""
    merchant.make_orders(server, (merchant.order(number) for number in range(1, size + 1)))
    step = max(size // ASKED_ORDERS, 1)
    return [(merchant.USER, number) for number in range(1, size + 1, step)][:ASKED_ORDERS]


def captures(server: Server, size: int) -> Asked:
    """Make orders with so many captures each."""
    return _few_orders(server, lambda item: merchant.order(item, captures=size))


def refunds(server: Server, size: int) -> Asked:
    """Make orders with so many refunds each, of one capture."""
    line = {"reference": merchant.references(1)[0], "quantity": 1, "unit_price": 1}
    back = {f"refund-{number}": {"lines": [line]} for number in range(size)}
    return _few_orders(server, lambda item: {**merchant.order(item), "refunds": back})


def journal(server: Server, size: int) -> Asked:
    """Fill a journal of that size to the brim."""
    found = _few_orders(server, merchant.order)
    _send(server, GET.requests(0), size, GET.status)
    return found


def sandboxes(server: Server, size: int) -> Asked:
    """Make so many sandboxes, with orders in each where they are few."""
    numbers = range(1, max(ASKED_ORDERS // size, 1) + 1)
    path = "/__admin/sandboxes/bench-{}/orders"
    made = [json.dumps(merchant.order(number)).encode() for number in numbers]
    places = [path.format(number) for number in range(size)]
    merchant.post_all(
        server, [request("POST", place, body) for place in places for body in made]
    )
    users = [f"bench-{number}" for number in range(0, size, max(size // ASKED_ORDERS, 1))]
    return [(user, number) for user in users for number in numbers][:ASKED_ORDERS]


def idle_faults(server: Server, size: int) -> Asked:
    """Put in rules for all operations, none of which matches."""
    return _with_faults(server, _never(size))


def last_faults(server: Server, size: int) -> Asked:
    """Put in rules of which the last alone matches, and does nothing to speak of."""
    return _with_faults(server, [*_never(size), {}][1:] if size else [])


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
    Dimension("fault rules, the last matching", (0, 1, 10, 100, 1000), last_faults),
    Dimension(
        "sandboxes",
        (1, 10, 100, 1000),
        sandboxes,
        lambda size: ("--max-sandboxes", str(size + 1)),  # one more warms up
    ),
)


def curves(rounds: int, largest: int = LARGEST) -> Iterator[Curve]:
    """Measure one dimension after the other, sizes in turn, leaving out larger ones."""
    for dimension in DIMENSIONS:
        sizes = [size for size in dimension.sizes if size <= largest]
        curve = Curve(dimension.title, sizes)
        for number in range(1, rounds + 1):
            print(f"{dimension.title}, round {number} of {rounds} …", file=sys.stderr)
            for place, size in enumerate(sizes):
                _measure(curve, dimension, place, size)
        yield curve


def print_curve(curve: Curve) -> None:
    """Print how the processor time of a request grows along one dimension."""
    rows = []
    smallest = {job: costs[0] for job, costs in curve.costs.items()}
    for place, size in enumerate(curve.sizes):
        row = [str(size), f"{curve.pages[size] / KILO:.0f}"]
        for job, costs in curve.costs.items():
            row.append(figure(median(costs[place]) * MICRO))
            row.append(ratio(costs[place], smallest[job]))
        rows.append(row)
    head = [curve.title, "KB of an order"]
    for job in curve.costs:
        head += [f"{job}, µs", "growth"]
    table(f"Growth by {curve.title}", head, rows)


def _measure(curve: Curve, dimension: Dimension, place: int, size: int) -> None:
    port = free_port()
    command = python("-m", "mockserver", "serve", "--port", str(port))
    with running([*command, *dimension.flags(size)], port, HEALTH) as server:
        _warm(server)
        asked = dimension.fill(server, size)
        user, number = asked[0]
        curve.pages[size] = len(merchant.ask(server, "GET", path_of(number), user=user))
        for name, (requests, count, status) in _jobs(asked).items():
            before = server.processor_seconds()
            answered = _send(server, requests, count, status)
            cost = (server.processor_seconds() - before) / answered
            costs = curve.costs.setdefault(name, [[] for _ in curve.sizes])
            costs[place].append(cost)


def _jobs(asked: Asked) -> Mapping[str, tuple[Sequence[bytes], int, int]]:
    """Give requests, count and status; a change is made once to each order."""
    reads = [request("GET", path_of(number), user=user) for user, number in asked]
    made = [CAPTURE.change(path_of(number), user) for user, number in asked]
    back = [REFUND.change(path_of(number), user) for user, number in asked]
    return {
        "GET": (reads, READS, GET.status),
        "POST capture": (made, len(made), CAPTURE.status),
        "GET after it": (reads, len(reads), GET.status),
        "POST refund": (back, len(back), REFUND.status),
    }


def _never(size: int) -> list[Mapping[str, Any]]:
    """Write rules that look for a value each, none of which is sent."""
    return [{"where": {"description": f"never {number}"}} for number in range(size)]


def _few_orders(server: Server, spec: Callable[[int], Mapping[str, Any]]) -> Asked:
    numbers = range(1, ASKED_ORDERS + 1)
    merchant.make_orders(server, (spec(number) for number in numbers))
    return [(merchant.USER, number) for number in numbers]


def _with_faults(server: Server, rules: Sequence[Mapping[str, Any]]) -> Asked:
    found = _few_orders(server, merchant.order)
    path = f"/__admin/sandboxes/{merchant.USER}/faults"
    written = (
        {"id": f"rule-{number}", "do": {"delay": "0s"}, **rule}
        for number, rule in enumerate(rules)
    )
    for item in written:
        merchant.ask(server, "POST", path, item)
    return found


def _warm(server: Server) -> None:
    """Do everything once, in a sandbox of its own, so that nothing measured is new."""
    merchant.make_orders(server, [merchant.order(1)], WARM_USER)
    for requests, _, status in _jobs([(WARM_USER, 1)]).values():
        _send(server, requests, WARMING, status)


def _send(server: Server, requests: Sequence[bytes], count: int, status: int) -> int:
    run = load(server.address, requests, count=count, connections=CONNECTIONS, status=status)
    return run.count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How cost grows with what there is.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--largest", type=int, default=LARGEST, help="size to measure")
    arguments = parser.parse_args()
    end_with_children()
    pin(LOAD_CORE)
    for curve in curves(arguments.rounds, arguments.largest):
        print_curve(curve)


if __name__ == "__main__":
    main()
