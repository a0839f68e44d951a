"""The compared servers: how each is found and started, and what it stores.

Peers have no order API. Each does the nearest equivalent work: it returns the same bytes to
GET, and accepts the same body in POST. Peers that are not on PATH are left out.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import arrangements
import localstripe
import merchant
from load import request
from merchant import Work
from processes import Server, python

OURS, BARE, FAST = "kustom-mock", "bare aiohttp", "bare aiohttp on uvloop"

Requests = Callable[[Server, Work, int], Sequence[bytes]]


def _same_requests(_server: Server, work: Work, count: int) -> Sequence[bytes]:
    return work.requests(count)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to compare.

    Attributes:
        stores: What it stores of the requests.
        find_command: Returns the start of its command, or ``None`` if it is not installed.
        arrange: Writes its files into a folder, for an order and a port; returns the rest of
            the command.
        requests: Prepares the server for some work; returns the requests.
        first: Request that gets 200 as soon as the server is ready.
        change_status: Expected status of a change.
        warm_ups: How often it is warmed up before it is measured.
    """

    name: str
    stores: str
    find_command: Callable[[], Sequence[str] | None]
    arrange: Callable[[Path, bytes, int], Sequence[str]]
    requests: Requests = _same_requests
    first: bytes = merchant.GET.requests(1)[0]
    change_status: int = 201
    warm_ups: int = 1

    def status(self, work: Work) -> int:
        """Return the expected status of some work."""
        return self.change_status if work.collection else work.status


def _on_path(program: str) -> Callable[[], Sequence[str] | None]:
    def find_command() -> Sequence[str] | None:
        path = shutil.which(program)
        return [path] if path else None

    return find_command


def _wiremock() -> Sequence[str] | None:
    """Find the jar next to the npm package's program, or in a folder of PATH."""
    java, program = shutil.which("java"), shutil.which("wiremock")
    folders = [Path(program).resolve().parent / "build"] if program else []
    folders += [Path(folder) for folder in os.get_exec_path()]
    jars = [
        jar for folder in folders for jar in sorted(folder.glob("wiremock-standalone*.jar"))
    ]
    return [java, "-jar", str(jars[0])] if java and jars else None


def _bare_on_uvloop() -> Sequence[str] | None:
    return python() if find_spec("uvloop") else None


def _wiremock_without_journal(folder: Path, page: bytes, port: int) -> Sequence[str]:
    return [*arrangements.wiremock(folder, page, port), "--no-request-journal"]


def _bare_server_on_uvloop(folder: Path, page: bytes, port: int) -> Sequence[str]:
    return [*arrangements.bare(folder, page, port), "--uvloop"]


NOTHING = "nothing"
JVM_WARM_UPS = 3  # its compiler needs more than one
_KNOWN = (
    Peer(OURS, "everything", python, arrangements.ours, merchant.prepare),
    Peer(BARE, NOTHING, python, arrangements.bare),
    Peer(FAST, NOTHING, _bare_on_uvloop, _bare_server_on_uvloop),
    Peer("nginx", NOTHING, _on_path("nginx"), arrangements.nginx),
    Peer("WireMock", "a journal", _wiremock, arrangements.wiremock,
         warm_ups=JVM_WARM_UPS),
    Peer("WireMock without journal", NOTHING, _wiremock, _wiremock_without_journal,
         warm_ups=JVM_WARM_UPS),
    Peer("Prism", NOTHING, _on_path("prism"), arrangements.prism),
    Peer("Mockoon", "100 log entries", _on_path("mockoon-cli"), arrangements.mockoon),
    Peer("json-server", "everything, in a file", _on_path("json-server"),
         arrangements.json_server),
    Peer("localstripe", "everything, in a file", _on_path("localstripe"),
         arrangements.localstripe,
         localstripe.requests, request("GET", "/v1/charges", user=localstripe.USER), 200),
)  # fmt: skip
PEERS: Mapping[str, Peer] = {peer.name: peer for peer in _KNOWN}
