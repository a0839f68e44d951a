"""Who takes part: how each server is found, started and asked, and what it keeps.

Peers have no order API. Each gets the nearest equal work: a page of the same bytes on
GET, and the same body accepted on POST. Whoever is not on PATH is left out.
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

    ``found`` gives the beginning of its command, or nothing where it is not installed.
    ``arrange`` writes what it needs into a folder, given the page that it is to answer
    and its port, and gives the rest of the command. ``requests`` makes what some work needs.
    ``first`` is answered with 200 as soon as it is up, ``change_status`` is what it
    answers to a change, ``warmings`` how often it is warmed up before it is measured.
    """

    name: str
    keeps: str
    found: Callable[[], Sequence[str] | None]
    arrange: Callable[[Path, bytes, int], Sequence[str]]
    requests: Requests = _same_requests
    first: bytes = merchant.GET.requests(1)[0]
    change_status: int = 201
    warmings: int = 1

    def status(self, work: Work) -> int:
        """Tell what status some work is answered with."""
        return self.change_status if work.collection else work.status


def _on_path(program: str) -> Callable[[], Sequence[str] | None]:
    def found() -> Sequence[str] | None:
        path = shutil.which(program)
        return [path] if path else None

    return found


def _wiremock() -> Sequence[str] | None:
    """Find the jar beside the npm package's program, or in a folder of PATH."""
    java, program = shutil.which("java"), shutil.which("wiremock")
    folders = [Path(program).resolve().parent / "build"] if program else []
    folders += [Path(item) for item in os.get_exec_path()]
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
JVM_WARMINGS = 3  # its compiler needs more than one
_KNOWN = (
    Peer(OURS, "all of it", python, arrangements.ours, merchant.prepare),
    Peer(BARE, NOTHING, python, arrangements.bare),
    Peer(FAST, NOTHING, _bare_on_uvloop, _bare_server_on_uvloop),
    Peer("nginx", NOTHING, _on_path("nginx"), arrangements.nginx),
    Peer("WireMock", "a journal", _wiremock, arrangements.wiremock,
         warmings=JVM_WARMINGS),
    Peer("WireMock without journal", NOTHING, _wiremock, _wiremock_without_journal,
         warmings=JVM_WARMINGS),
    Peer("Prism", NOTHING, _on_path("prism"), arrangements.prism),
    Peer("Mockoon", "100 log entries", _on_path("mockoon-cli"), arrangements.mockoon),
    Peer("json-server", "all of it, in a file", _on_path("json-server"),
         arrangements.json_server),
    Peer("localstripe", "all of it, in a file", _on_path("localstripe"),
         arrangements.localstripe,
         localstripe.requests, request("GET", "/v1/charges", user=localstripe.USER), 200),
)  # fmt: skip
PEERS: Mapping[str, Peer] = {item.name: item for item in _KNOWN}
