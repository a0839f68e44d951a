"""A server process that is killed, crowded, out of descriptors, or cannot log."""

import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

import pytest

from tests.support.merchant import basic
from tests.support.processes import COMMAND, READY, ROOT, TIMEOUT, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

USER = "someone"
HEADERS = {"Authorization": basic(USER), "Content-Type": "application/json"}
SANDBOX = f"/__admin/sandboxes/{USER}"
HALF_A_CAPTURE = (
    f"POST /ordermanagement/v1/orders/%s/captures HTTP/1.1\r\nHost: kustom\r\n"
    f"Authorization: {basic(USER)}\r\nContent-Length: 1000\r\n\r\n{{"
)
RESET = struct.pack("ii", 1, 0)


class ServerProcess:
    """Server in a process of its own, observed from outside."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)

    def client(self) -> HTTPConnection:
        """Make a client that keeps one connection."""
        return HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:  # noqa: ANN401
        """Send a request on a new connection; return status and body."""
        client = self.client()
        try:
            return send(client, method, path, body)
        finally:
            client.close()

    def order_path(self) -> str:
        """The path of the first order."""
        self.send("GET", "/ordermanagement/v1/orders/none")  # creates the sandbox
        orders = json.loads(self.send("GET", f"{SANDBOX}/orders")[1])["orders"]
        return f"/ordermanagement/v1/orders/{orders[0]['order_id']}"

    def descriptors(self) -> int:
        """Count the open descriptors."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    def processor_time(self) -> float:
        """The seconds that the processor spent on the process."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> tuple[int, bytes]:
        """End the process by SIGTERM; return its exit code and standard error."""
        self.process.terminate()
        _, errors = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, errors


def send(client: HTTPConnection, method: str, path: str, body: Any = None) -> tuple[int, bytes]:  # noqa: ANN401
    """Send a request on a kept connection; return status and body."""
    client.request(method, path, None if body is None else json.dumps(body), HEADERS)
    response = client.getresponse()
    return response.status, response.read()


@contextmanager
def server_process(*flags: str) -> Iterator[ServerProcess]:
    """Run a server for as long as a test needs it."""
    with subprocess.Popen(
        [*COMMAND, "serve", *(flags or ("--port", "0"))],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            ready = READY.fullmatch(process.stdout.readline().decode())
            assert ready is not None
            yield ServerProcess(process, int(ready[1].rpartition(":")[2]))
        finally:
            process.kill()


def wait_until(holds: Callable[[], bool], server: ServerProcess) -> bool:
    """Request ``/livez`` until a condition holds; return whether it does."""
    for _ in range(5000):
        if holds():
            return True
        with suppress(HTTPException, OSError):  # no room for this one yet
            server.send("GET", "/livez")
    return False


def test_killed_server_restarts_on_the_same_port() -> None:
    with server_process("--port", "0", "--seed", "1") as killed:
        path = killed.order_path()
        with killed.connect() as kept:
            kept.sendall(b"GET")
            assert killed.send("POST", f"{path}/captures", {"captured_amount": 1})[0] == 201
            killed.process.kill()
            killed.process.wait(TIMEOUT)
            port = killed.port
            with server_process("--port", str(port), "--seed", "1") as started:
                assert started.port == port
                assert json.loads(started.send("GET", path)[1])["captured_amount"] == 0
                assert started.end() == (0, b"")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_signal_under_load_ends_the_server_with_exit_0(
    ending: signal.Signals,
) -> None:
    statuses: set[int] = set()
    busy = Semaphore(0)
    with server_process() as server, ExitStack() as stuck:
        path = server.order_path()
        fault = {"on": "cancel", "do": {"delay": "1h"}}
        assert server.send("POST", f"{SANDBOX}/faults", fault)[0] == 201

        def load() -> None:
            client = server.client()
            try:
                for count in range(10**9):
                    statuses.add(send(client, "GET", path)[0])
                    body = {"captured_amount": 0}
                    statuses.add(send(client, "POST", f"{path}/captures", body)[0])
                    if count == 10:
                        busy.release()
            except (HTTPException, OSError):
                client.close()

        for started in (b"G", (HALF_A_CAPTURE % path.rpartition("/")[2]).encode()):
            stuck.enter_context(server.connect()).sendall(started)
        late = server.client()
        late.request("POST", f"{path}/cancel", headers=HEADERS)
        loaders = [Thread(target=load) for _ in range(4)]
        for loader in loaders:
            loader.start()
        for _ in loaders:
            assert busy.acquire(timeout=TIMEOUT)
        server.process.send_signal(ending)
        assert server.end() == (0, b"")
        for loader in loaders:
            loader.join(TIMEOUT)
        late.close()
    assert statuses == {200, 201}


@pytest.mark.parametrize("how", ["close", "reset"])
def test_clients_that_leave_within_a_body_free_their_descriptors(how: str) -> None:
    with server_process() as server:
        path = server.order_path()
        before, page = server.descriptors(), server.send("GET", path)[1]
        with ExitStack() as vanishing:
            for _ in range(100):
                client = vanishing.enter_context(server.connect())
                client.sendall((HALF_A_CAPTURE % path.rpartition("/")[2]).encode())
                if how == "reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            assert wait_until(lambda: server.descriptors() >= before + 100, server)
        assert wait_until(lambda: server.descriptors() <= before, server)
        assert server.send("GET", path)[1] == page
        assert server.end() == (0, b"")


@pytest.fixture
def many() -> Iterator[int]:
    """Allow as many descriptors as may be, and give how many connections that makes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield min(2000, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_2000_idle_clients_do_not_block_requests(
    many: int,
) -> None:
    with server_process() as server, ExitStack() as idle:
        path = server.order_path()
        before = server.descriptors()
        for count in range(many):
            client = idle.enter_context(server.connect())
            if count % 2:
                client.sendall(b"P")
            if count % 50 == 0:  # let it catch up: its queue is short
                assert server.send("GET", "/livez")[0] == 200
        assert wait_until(lambda: server.descriptors() >= before + many, server)
        for _ in range(20):
            assert server.send("GET", path)[0] == 200
            assert server.send("POST", f"{path}/captures", {"captured_amount": 1})[0] == 201
        idle.close()
        assert wait_until(lambda: server.descriptors() <= before, server)
        assert server.end() == (0, b"")


def responds_or_is_closed(connection: socket.socket) -> bool:
    """Return whether a connection responds, or was closed already."""
    try:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: kustom\r\n\r\n")
        return connection.recv(15) in {b"HTTP/1.1 200 OK", b""}
    except (BrokenPipeError, ConnectionResetError):
        return True


def test_server_recovers_after_running_out_of_descriptors() -> None:
    limit, crowd = 64, 100
    line = {"name": "Goods", "quantity": 1, "unit_price": 1, "total_amount": 1}
    calls = [
        ("GET", "", None, 200),
        ("POST", "/captures", {"captured_amount": "many"}, 422),
        ("POST", "/captures", {"captured_amount": 100}, 201),
        ("POST", "/refunds", {"refunded_amount": 1, "order_lines": [line]}, 201),
        ("POST", "/refunds", {"refunded_amount": 100}, 403),
        ("PATCH", "/merchant-references", {"merchant_reference1": "1"}, 204),
    ]
    with server_process() as server, ExitStack() as crowding:
        path = server.order_path()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        client = server.client()
        fault = {"on": "list_captures", "do": {"delay": "1s"}}
        assert send(client, "POST", f"{SANDBOX}/faults", fault)[0] == 201
        clients = [crowding.enter_context(server.connect()) for _ in range(crowd)]
        assert send(client, "GET", f"{path}/captures")[0] == 200  # a second later
        assert server.descriptors() == limit
        before = server.processor_time()
        assert send(client, "GET", f"{path}/captures")[0] == 200  # another second later
        assert server.processor_time() - before < 0.5
        for method, subpath, body, status in calls:
            assert send(client, method, path + subpath, body)[0] == status
        for waiting in clients:  # uvloop closes those without room, asyncio lets them wait
            assert responds_or_is_closed(waiting)
            waiting.close()
        client.close()
        assert wait_until(lambda: server.descriptors() < limit // 2, server)
        assert server.send("GET", path)[0] == 200
        exit_code, errors = server.end()
        assert (exit_code, errors.count(b"no file descriptors left")) == (0, 1)


def port_of(process: subprocess.Popen[bytes]) -> int:
    """Return the port on which a process listens, read from the system."""
    while process.poll() is None:
        own = {re.sub(r"\D", "", item) for item in opened(process)}
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in own:
                return int(fields[1].rpartition(":")[2], 16)
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"it ended with {process.returncode}")


def opened(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Name what a process has open; some of it may be closed meanwhile."""
    for path in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(path.readlink())


def closed_pipe() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


TARGETS: dict[str, Callable[[], int]] = {
    "a full disk": lambda: os.open("/dev/full", os.O_WRONLY),
    "a pipe nobody reads any more": closed_pipe,
    "a file open for reading": lambda: os.open(os.devnull, os.O_RDONLY),
    "closed": lambda: os.open(os.devnull, os.O_WRONLY),
}


@pytest.mark.parametrize("broken", [(1,), (2,), (1, 2)], ids=["output", "errors", "both"])
@pytest.mark.parametrize("target", TARGETS)
def test_server_answers_when_its_log_cannot_be_written(
    target: str,
    broken: tuple[int, ...],
) -> None:
    flags = ["serve", "--port", "0", "--log-level", "info"]
    closing = "".join(f" {item}>&-" for item in broken) if target == "closed" else ""
    descriptor = TARGETS[target]()
    with subprocess.Popen(
        ["/bin/sh", "-c", f'exec "$@"{closing}', "sh", *COMMAND, *flags],
        cwd=ROOT,
        env=environment(),
        stdout=descriptor if 1 in broken else subprocess.DEVNULL,
        stderr=descriptor if 2 in broken else subprocess.DEVNULL,
    ) as process:
        os.close(descriptor)
        try:
            server = ServerProcess(process, port_of(process))
            path = server.order_path()
            for _ in range(100):
                assert server.send("GET", path)[0] == 200
            assert server.end()[0] == 0
        finally:
            process.kill()
