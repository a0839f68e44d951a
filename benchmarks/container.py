"""Measure the image: size by layer, time to the first 200, memory when idle.

``python benchmarks/container.py`` builds the image as its tests do, and starts it and a bare
aiohttp server from the same image alternately, ten times each.
"""

import gzip
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.container_engine import Container, Engine, built

RUNS = 10
BARE = """
from aiohttp import web
async def hello(request): return web.json_response({})
app = web.Application()
app.router.add_get("/healthz", hello)
web.run_app(app, port=8566, print=None)
"""
SERVERS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "kustom-mock": ((), ()),
    "kustom-mock, HTTPS": (("--env=KUSTOM_MOCK_TLS=true",), ()),
    "bare aiohttp": (("--entrypoint=python",), ("-c", BARE)),
}
UNTIL_200 = "until curl -sfk -o /dev/null --max-time 2 {}://{}/healthz; do :; done"


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as folder, built(Path(folder)) as engine:
        for row in layers(engine):
            print(row)
        seconds: dict[str, list[float]] = {server: [] for server in SERVERS}
        memory: dict[str, list[float]] = {server: [] for server in SERVERS}
        for _ in range(RUNS):
            for name in SERVERS:
                start, resident_megabytes = run(engine, name)
                seconds[name].append(start)
                memory[name].append(resident_megabytes)
        for name in SERVERS:
            spread = f"{min(seconds[name]):.2f} to {max(seconds[name]):.2f}"
            print(
                f"{name}: first 200 after {statistics.median(seconds[name]):.2f} s ({spread}),"
                f" {statistics.median(memory[name]):.1f} MB resident",
            )


def layers(engine: Engine) -> Iterator[str]:
    """Yield a line with the size of each layer."""
    with TemporaryDirectory() as folder:
        _, files = engine.saved(Path(folder))
        for file in files:
            content = file.read_bytes()
            packed = len(gzip.compress(content, 6)) / 1e6
            yield f"layer: {len(content) / 1e6:.1f} MB unpacked, {packed:.1f} MB packed"


def run(engine: Engine, name: str) -> tuple[float, float]:
    """Start a server; return seconds to its first 200 and resident megabytes."""
    options, command = SERVERS[name]
    scheme = "https" if "HTTPS" in name else "http"
    started = perf_counter()
    with engine.running(*options, command=command) as container:
        engine.outside("sh", "-c", UNTIL_200.format(scheme, container.address))
        return perf_counter() - started, resident(container)


def resident(container: Container) -> float:
    """Return the resident megabytes of the first process of a container."""
    state = json.loads(container.engine.call("inspect", container.name))[0]["State"]
    status = Path(f"/proc/{state['Pid']}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
