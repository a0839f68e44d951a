"""Send random requests and parse random scenario files; see README.md.

    python benchmarks/fuzz.py [--requests N] [--scenarios N] [--seed N]

A server must answer each request within a second, without a 500 that no fault rule asked for
and without a traceback; each scenario file must be accepted or refused with findings. The
exit code is 1 otherwise. Loopback only; a seed repeats a run.
"""

import argparse
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from random import Random
from subprocess import DEVNULL, Popen
from time import perf_counter, process_time, sleep
from typing import IO

from fuzz_cases import FuzzedRequest, fuzzed_request, fuzzed_scenario
from load import Address
from processes import free_port, python

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.lint import lint
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml

REQUESTS = SCENARIOS = 100_000
LONGEST = 1.0  # seconds
TIMEOUT = 30.0  # seconds
START_TIMEOUT = 60.0  # seconds
CRASHES = ("Traceback", "crash")
FAULT_HEADER = b"\r\nmock-fault:"
MAX_REPORTED = 10


def main() -> int:
    """Fuzz, print a report and return the exit code."""
    arguments = _arguments()
    problems = [
        *fuzz_requests(Random(arguments.seed), arguments.requests),  # noqa: S311  # repeats
        *fuzz_scenarios(Random(arguments.seed), arguments.scenarios),  # noqa: S311
    ]
    for problem in problems[:MAX_REPORTED]:
        print(problem, file=sys.stderr)
    return int(bool(problems))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Send random requests, parse random scenarios."
    )
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--scenarios", type=int, default=SCENARIOS)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def fuzz_requests(random: Random, count: int) -> Iterator[str]:
    """Send requests to a new server; yield what is wrong, and print a summary."""
    statuses: Counter[int] = Counter()
    slowest = 0.0
    with tempfile.TemporaryFile("w+") as log, _server(log) as address:
        client = Client(address)
        for number in range(count):
            request = fuzzed_request(random)
            started = perf_counter()
            response = client.send(request)
            seconds = perf_counter() - started
            slowest = max(slowest, seconds)
            status = status_of(response)
            statuses[status] += 1
            if (
                status == HTTPStatus.INTERNAL_SERVER_ERROR
                and FAULT_HEADER not in response.lower()
            ):
                yield f"request {number}: 500 for {request}"
            if seconds > LONGEST:
                yield f"request {number}: {seconds:.1f} s for {str(request)[:500]}"
        log.seek(0)
        yield from (f"log: {line}" for line in log if any(word in line for word in CRASHES))
    counts = ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))
    print(f"{count} requests, slowest {slowest * 1000:.0f} ms: {counts}", flush=True)


def fuzz_scenarios(random: Random, count: int) -> Iterator[str]:
    """Parse, build and lint scenario files; yield what is wrong, and print a summary."""
    accepted, slowest = 0, 0.0
    for number in range(count):
        content = fuzzed_scenario(random)
        started = process_time()
        try:
            scenario = parse_scenario("fuzz", parse_yaml(content))
            scenario.build("fuzz")
            lint(scenario)
            accepted += 1
        except ScenarioError:
            pass
        except Exception as error:  # noqa: BLE001  # any other is what is looked for
            yield f"scenario {number}: {error!r} for {content!r}"
        seconds = process_time() - started
        slowest = max(slowest, seconds)
        if seconds > LONGEST:
            yield f"scenario {number}: {seconds:.1f} s for {content[:500]!r}"
    print(
        f"{count} scenarios, {accepted} accepted, slowest {slowest * 1000:.0f} ms", flush=True
    )


class Client:
    """Sends requests over one connection, and opens another when it is closed."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: socket.socket | None = None

    def send(self, request: FuzzedRequest) -> bytes:
        """Send a request; return head and body of the response, or what came of it."""
        is_new = self._connection is None
        response = self._exchange(request.encode(), has_body=request.method != "HEAD")
        if not response and not is_new:  # an idle connection may be closed at any time
            response = self._exchange(request.encode(), has_body=request.method != "HEAD")
        return response

    def _exchange(self, content: bytes, *, has_body: bool) -> bytes:
        if self._connection is None:
            address = (self._address.host, self._address.port)
            self._connection = socket.create_connection(address, timeout=TIMEOUT)
        try:
            self._connection.sendall(content)
            response = self._receive(self._connection, has_body=has_body)
        except OSError:
            response = b""
        if not response or b"connection: close" in response.lower():
            self._connection.close()
            self._connection = None
        return response

    @staticmethod
    def _receive(connection: socket.socket, *, has_body: bool) -> bytes:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0 or received.startswith(b"HTTP/1.1 100"):
            if end >= 0:  # 100 Continue
                received = received[end + 4 :]
                continue
            data = connection.recv(65_536)
            if not data:
                return received
            received += data
        head = received[:end].lower()
        _, found, length = head.partition(b"content-length: ")
        rest = int(length.split(b"\r\n")[0]) if found and has_body else 0
        while len(received) < end + 4 + rest and (data := connection.recv(65_536)):
            received += data
        return received


def status_of(response: bytes) -> int:
    """Return the status of a response; 0 if there was none."""
    fields = response.split(b" ", 2)
    return int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0


@contextmanager
def _server(log: IO[str]) -> Iterator[Address]:
    address = Address("127.0.0.1", free_port())
    command = python("-m", "mockserver", "serve", "--port", str(address.port))
    with Popen(command, stdin=DEVNULL, stdout=DEVNULL, stderr=log) as process:
        try:
            _wait_for(address)
            yield address
        finally:
            process.terminate()


def _wait_for(address: Address) -> None:
    deadline = perf_counter() + START_TIMEOUT
    while perf_counter() < deadline:
        try:
            socket.create_connection((address.host, address.port), timeout=1).close()
        except OSError:
            sleep(0.05)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
