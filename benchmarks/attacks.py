"""Attack a server and report what it does meanwhile; see README.md.

    python benchmarks/attacks.py [--short] [--only NAME ...]

Each attack runs in another process against a new server, over loopback, with bounded counts
and a time limit. Meanwhile this process measures ``/livez``, resident memory and open file
descriptors. Afterwards it shows what a victim, another merchant, sees of its order. It only
reports; nothing fails because of a time.
"""

import argparse
import multiprocessing
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter, sleep
from urllib.error import HTTPError

import merchant
import orjson
from attack_cases import ATTACKS, VICTIM, Attack, Target
from load import request
from processes import LOAD_CORE, Server, end_with_children, free_port, pin, python, running
from raw_client import is_ok, raw_get
from tables import MILLI, table

READINESS_REQUEST = request("GET", "/livez")
TIME_LIMIT, SHORT_TIME_LIMIT = 60.0, 20.0  # seconds per attack
PROBE_INTERVAL = 0.05  # seconds
PROBE_TIMEOUT = 30.0  # seconds
COLUMNS = (
    "attack",
    "worst /livez, ms",
    "no response",
    "resident MB: before, peak, after",
    "descriptors: before, peak, after",
    "victim before",
    "victim after",
    "seen by the attacker",
)


@dataclass(slots=True)
class Measurement:
    """Measurements of one attack.

    Attributes:
        latencies: Seconds until ``/livez`` responded.
        failures: Number of probes without a 200.
        resident: Megabytes over time.
        descriptors: Open file descriptors over time.
    """

    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    resident: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def sample(self, server: Server) -> None:
        """Measure once."""
        started = perf_counter()
        if is_ok(raw_get(server.address, "/livez", PROBE_TIMEOUT)):
            self.latencies.append(perf_counter() - started)
        else:
            self.failures += 1
        self.resident.append(server.resident_megabytes())
        self.descriptors.append(server.descriptor_count())

    def cells(self) -> tuple[str, str, str, str]:
        """Return the cells of the report."""
        worst = max(self.latencies, default=float("nan"))
        return (
            f"{worst * MILLI:.0f}",
            str(self.failures or ""),
            _before_peak_after([round(megabytes) for megabytes in self.resident]),
            _before_peak_after(self.descriptors),
        )


def main() -> None:
    """Run the attacks and print the report."""
    arguments = _arguments()
    end_with_children()
    pin(LOAD_CORE)
    names = arguments.only or list(ATTACKS)
    table("Attacks", COLUMNS, _rows([ATTACKS[name] for name in names], short=arguments.short))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Attack a server and report what it does.")
    parser.add_argument("--short", action="store_true", help="smaller inputs")
    parser.add_argument(
        "--only", nargs="+", choices=list(ATTACKS), metavar="NAME",
        help=f"only these attacks: {', '.join(ATTACKS)}",
    )  # fmt: skip
    return parser.parse_args()


def _rows(attacks: Sequence[Attack], *, short: bool) -> Iterator[Sequence[str]]:
    for attack in attacks:
        print(f"{attack.name} …", file=sys.stderr)
        yield _attack(attack, short=short)


def _attack(attack: Attack, *, short: bool) -> Sequence[str]:
    """Run one attack against a new server; return its row."""
    port = free_port()
    command = python("-m", "mockserver", "serve", "--port", str(port))
    with running(command, port, READINESS_REQUEST) as server:
        merchant.create_orders(server, [merchant.order(1)], VICTIM)
        before = _victim_state(server)
        if attack.descriptor_limit:
            limit = (attack.descriptor_limit, attack.descriptor_limit)
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, limit)
        size = attack.short_size if short else attack.size
        target = Target(server.address, size)
        measurement = Measurement()
        seen = _run(
            attack, target, server, measurement, SHORT_TIME_LIMIT if short else TIME_LIMIT
        )
        return [attack.name, *measurement.cells(), before, _victim_state(server), seen]


def _run(
    attack: Attack, target: Target, server: Server, measurement: Measurement, limit: float
) -> str:
    """Run the attack in another process and measure until it ends.

    Returns:
        What the attacker saw, or that the time ran out.
    """
    context = multiprocessing.get_context("spawn")
    seen = context.SimpleQueue()
    process = context.Process(target=attack.report_to, args=(seen, target), daemon=True)
    measurement.sample(server)
    process.start()
    deadline = perf_counter() + limit
    while process.is_alive() and perf_counter() < deadline:
        measurement.sample(server)
        sleep(PROBE_INTERVAL)
    if process.is_alive():
        process.terminate()
    process.join()
    measurement.sample(server)
    return f"ended after {limit:.0f} s" if seen.empty() else str(seen.get())


def _victim_state(server: Server) -> str:
    """Return what the victim sees of its order."""
    try:
        content = merchant.send(server, "GET", merchant.path_of(1), user=VICTIM)
    except HTTPError as error:
        return str(error.code)
    except OSError:
        return "no response"
    order = orjson.loads(content)
    return f"{order['status']}, {order['captured_amount']} captured"


def _before_peak_after(values: Sequence[int]) -> str:
    return f"{values[0]}, {max(values)}, {values[-1]}"


if __name__ == "__main__":
    main()
