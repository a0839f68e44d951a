"""Measure lint and load of a file of 50 orders with 10 lines each.

``python benchmarks/scenario_load.py`` prints the median of interleaved rounds, in
milliseconds and as a ratio to ``yaml.load(text, CSafeLoader)`` on the same text.
"""

from statistics import median
from timeit import timeit

import yaml

from mockserver.scenario.lint import lint
from mockserver.scenario.scenario import Scenario, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml

ORDERS, LINES, ROUNDS = 50, 10, 9

ADDRESS = """
    billing_address: {given_name: Ada, street_address: Storgatan 1, postal_code: "12345",
      city: Ankeborg, country: SE, email: ada@example.com}
"""


def text() -> str:
    """Return the file: with addresses, one capture and one refund per order."""
    orders = []
    for order in range(ORDERS):
        lines = "\n".join(
            f"      - {{reference: R{order}-{line}, name: Article number {line},"
            f" unit_price: {1000 + line}, quantity: 2, tax_rate: 2500}}"
            for line in range(LINES)
        )
        orders.append(
            f"  order-{order}:{ADDRESS}    lines:\n{lines}\n"
            f"    captures: {{A: {{lines: [R{order}-0, R{order}-1]}}}}\n"
            f"    refunds: {{back: {{lines: [R{order}-1]}}}}",
        )
    return "version: 1\nseed: 7\norders:\n" + "\n".join(orders) + "\n"


def main() -> None:
    """Measure the steps in interleaved rounds and print them."""
    source = text()
    steps = {
        "C YAML loader alone": lambda: yaml.load(source, yaml.CSafeLoader),
        "parse": lambda: parse_yaml(source),
        "parse, validate, seed": lambda: _read(source).build("bench"),
        "parse, validate, seed, lint": lambda: lint(_read(source)),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            times[name].append(timeit(step, number=1))
    base = median(times["C YAML loader alone"])
    print(f"{len(source)} bytes, {ORDERS} orders with {LINES} lines each")
    for name, time in times.items():
        print(f"{name:<28} {median(time) * 1000:7.1f} ms   {median(time) / base:5.2f}x")


def _read(source: str) -> Scenario:
    return parse_scenario("bench", parse_yaml(source))


if __name__ == "__main__":
    main()
