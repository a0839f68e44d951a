"""Run replicas on one store: what a request costs, and whether anything is lost when they die.

Starts Valkey or Redis, replicas of kustom-mock and a balancer, on loopback. ``cost`` compares
the processor time of a request by where sandboxes live. ``kill`` ends replicas and the store
with SIGKILL at random while merchants refund, and checks every ledger afterwards.

    python benchmarks/shared.py cost
    python benchmarks/shared.py kill --seconds 300
    python benchmarks/shared.py kill --store file
"""

import argparse
import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from load import load, request
from processes import free_port, running
from replicas import ending, serve_command, start_engine
from shared_kills import Settings, run_kills

REFUNDS_PER_ORDER = 20
OK, CREATED = 200, 201
ORDERS = "/ordermanagement/v1/orders"


def run_costs(count: int) -> None:
    """Print the processor time of a request by where sandboxes live."""
    with TemporaryDirectory() as folder, ending([start_engine(Path(folder))]) as (engine,):
        stores = {
            "memory": "memory:",
            "file, fsync": f"file:{folder}/fsync.db",
            "Valkey or Redis": f"redis://127.0.0.1:{engine.port}",
        }
        rows = {name: _measure(store, count) for name, store in stores.items()}
    print("| sandboxes live in | GET (µs) | ratio | refund of 3 lines (µs) | ratio |")
    print("|---|---|---|---|---|")
    reads, refunds = rows["memory"]
    for name, (read, refund) in rows.items():
        cells = read, read / reads, refund, refund / refunds
        print("| {} | {:.0f} | {:.2f} | {:.0f} | {:.2f} |".format(name, *cells))


def _measure(store: str, count: int) -> tuple[float, float]:
    """Return microseconds of processor time of a GET and of a refund."""
    port = free_port()
    lines = [
        {"reference": name, "name": name, "quantity": 1, "unit_price": 0, "total_amount": 0}
        for name in "ABC"
    ]
    specs = [{"reference": name, "name": name, "unit_price": 1000} for name in "ABC"]
    first = request("GET", "/readyz")
    with running(serve_command(port, store), port, first) as server:
        orders = []
        for number in range(count // REFUNDS_PER_ORDER):
            spec = {
                "order_id": f"o-{number}",
                "lines": specs,
                "captures": {"A": {"lines": ["A", "B", "C"]}},
            }
            path = "/__admin/sandboxes/bench/orders"
            orders.append(request("POST", path, json.dumps(spec).encode()))
        load(server.address, orders, count=len(orders), connections=1, status=CREATED)
        body = json.dumps({"refunded_amount": 0, "order_lines": lines}).encode()
        paths = [f"{ORDERS}/o-{number}" for number in range(len(orders))]
        reads = [request("GET", path) for path in paths]
        refunds = [request("POST", f"{path}/refunds", body) for path in paths]
        costs = []
        for requests, status in ((reads, OK), (refunds, CREATED)):
            load(server.address, requests, count=count // 4, connections=16, status=status)
            before = server.cpu_seconds()
            load(server.address, requests, count=count // 2, connections=16, status=status)
            costs.append((server.cpu_seconds() - before) / (count // 2) * 1e6)
    return costs[0], costs[1]


def main() -> None:
    """Parse the command line and run a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    cost = parts.add_parser("cost", help="processor time of a request")
    cost.add_argument("--requests", type=int, default=4000, help="of each measurement")
    kill = parts.add_parser("kill", help="kill servers and store under load")
    defaults = Settings()
    kill.add_argument("--store", choices=("valkey", "file"), default=defaults.store)
    kill.add_argument("--replicas", type=int, default=defaults.replicas)
    kill.add_argument("--seconds", type=float, default=defaults.seconds)
    kill.add_argument("--fsync", choices=("always", "everysec"), default=defaults.fsync)
    kill.add_argument(
        "--victims", choices=("all", "replicas", "store"), default=defaults.victims
    )
    kill.add_argument("--refunds", type=int, default=defaults.refunds, help="end after so many")
    kill.add_argument("--kills", type=int, default=defaults.kills, help="end after so many")
    kill.add_argument("--seed", type=int, default=defaults.seed, help="of the kills")
    options = vars(parser.parse_args())
    if options.pop("part") == "cost":
        run_costs(options["requests"])
    else:
        asyncio.run(run_kills(Settings(**options)))


if __name__ == "__main__":
    main()
