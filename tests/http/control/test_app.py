"""Access to the control API: hosts, origins and the admin token."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from mockserver.http.control.routes import CONTROL_ROUTES, HEALTH_PATHS
from tests.support.merchant import Merchant, NewServer
from tests.support.problems import assert_problem

LIST = "/__admin/sandboxes"
TOKEN = "åtoken"
TIMEOUT = 10  # seconds


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8566",
        "127.0.0.1:1",
        "[::1]:8566",
        "10.0.0.7",
        "kustom",
        "kustom:8566",
        "shop.localhost",
        "host.docker.internal:8566",
        "LOCALHOST",
    ],
)
async def test_local_hosts_are_accepted(merchant: Merchant, host: str) -> None:
    assert (await merchant.send("GET", LIST, headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "[::1",
        "a.b:c:d",
        "[x",
        "evil.local",
        "api.internal",
        "mock.test:80",
        "kustom.default.svc",
    ],
)
async def test_other_hosts_are_refused(merchant: Merchant, host: str) -> None:
    response = await merchant.send("GET", LIST, headers={"Host": host})
    assert_problem(response, 403, f"unexpected host '{host}'; allow it with --allowed-host")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost",
        "http://127.0.0.1:1",
        "http://[",
        "",
        "%",
    ],
)
async def test_foreign_origin_is_refused(merchant: Merchant, origin: str) -> None:
    async with merchant.nothing_changes():
        path = f"{LIST}/{merchant.user}"
        response = await merchant.send("DELETE", path, headers={"Origin": origin})
        assert_problem(response, 403, f"another origin are refused (Origin: {origin})")


async def test_own_origin_is_accepted(merchant: Merchant) -> None:
    assert (await merchant.send("GET", LIST, headers={"Origin": merchant.url})).status == 200


@pytest.fixture
async def guarded(own_server: NewServer) -> Merchant:
    """A merchant of a server that asks for a token and knows one more host."""
    settings = {"allowed_hosts": frozenset({"mock.example"}), "admin_token": TOKEN}
    return await own_server(settings=settings)


async def test_allowed_host_is_accepted(guarded: Merchant) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "mock.example:8566"}
    assert (await guarded.send("GET", LIST, headers=headers)).status == 200
    headers["Host"] = "other.example"
    assert (await guarded.send("GET", LIST, headers=headers)).status == 403


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"Bearer  {TOKEN} ", f"bearer {TOKEN}"])
async def test_valid_token_is_accepted(guarded: Merchant, given: str) -> None:
    response = await guarded.send("GET", LIST, headers={"Authorization": given})
    assert response.status == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN]
)
async def test_missing_or_wrong_token_is_401(guarded: Merchant, given: str) -> None:
    response = await guarded.send("GET", LIST, headers={"Authorization": given})
    assert_problem(response, 401, "expected 'Authorization: Bearer …'")
    assert response.header("WWW-Authenticate") == 'Bearer realm="kustom-mock control API"'


async def test_every_other_route_needs_the_token(guarded: Merchant) -> None:
    for route in CONTROL_ROUTES:
        response = await guarded.send(route.method, route.path, headers={"Authorization": ""})
        is_open = response.status != 401
        assert is_open == route.unauthenticated, f"{route.method} {route.path}"


@pytest.mark.parametrize(
    "path",
    ["//__admin//sandboxes", "/__admin/sandboxes/", "/%5F_admin/sandboxes", f"{LIST}?x=1",
     "/__admin/%73andboxes", "/__admin/health/../sandboxes", "/livez/../__admin/sandboxes"],
)  # fmt: skip
async def test_no_spelling_of_a_path_avoids_the_token(guarded: Merchant, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
    status, _ = await asyncio.to_thread(raw_status, guarded, head.encode())
    assert status == b"HTTP/1.1 401 Unauthorized"


@pytest.mark.parametrize("path", HEALTH_PATHS)
async def test_health_needs_no_token(guarded: Merchant, path: str) -> None:
    headers = {"Host": "evil.example", "Origin": "https://evil.example", "Authorization": ""}
    response = await guarded.send("GET", path, headers=headers)
    assert (response.status, response.json["status"]) == (200, "ok")


async def test_merchant_api_needs_no_token(guarded: Merchant) -> None:
    response = await guarded.send("GET", "/ordermanagement/v1/orders/x")
    assert response.status == 400


def raw_status(merchant: Merchant, head: bytes) -> tuple[bytes, bytes]:
    """Send bytes; give the status line and the rest of the response."""
    place = urlsplit(merchant.url)
    with socket.create_connection((place.hostname, place.port), TIMEOUT) as connection:
        connection.sendall(head + b"Connection: close\r\n\r\n")
        with connection.makefile("rb") as response:
            first, _, rest = response.read().partition(b"\r\n")
    return first, rest


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /__admin/sandboxes HTTP/1.1\r\nHost: \xff.example\r\n", b"403"),
        (b"GET /__admin/sandboxes HTTP/1.1\r\nHost: a\r\nOrigin: http://\xff\r\n", b"403"),
        (b"GET /__admin/\xff HTTP/1.1\r\nHost: a\r\n", b"40"),
        (b"GET /__admin/%ff HTTP/1.1\r\nHost: a\r\n", b"404"),
        (b"GET /__admin/sandboxes/%ff%00 HTTP/1.1\r\nHost: a\r\n", b"422"),
        (b"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \xff\r\n", b"401"),
        (b"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \xc3\xa5=\r\n", b"401"),
        (b"DELETE /__admin/sandboxes/x/faults/%ff HTTP/1.1\r\nHost: a\r\n", b"404"),
    ],
)
async def test_header_bytes_outside_utf_8_get_a_response(
    merchant: Merchant,
    head: bytes,
    status: bytes,
) -> None:
    first, rest = raw_status(merchant, head)
    assert first.split()[1].startswith(status)
    assert b"Traceback" not in rest


async def test_token_outside_utf_8_is_wrong(guarded: Merchant) -> None:
    head = b"GET /__admin/sandboxes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\n"
    first, rest = await asyncio.to_thread(raw_status, guarded, head)
    assert first.split()[1] == b"401"
    assert b"admin token" in rest


@pytest.mark.parametrize(
    ("method", "path", "status", "expected_text"),
    [
        ("GET", "/__admin", 404, "no such path: /__admin"),
        ("GET", "/__admin/", 404, "no such path"),
        ("GET", "/__admin/sandbox", 404, "no such path: /__admin/sandbox"),
        ("GET", "/__admin/sandboxes/x/nothing", 404, "no such path"),
        ("POST", "/__admin/sandboxes", 405, "POST is not supported here, use GET"),
        (
            "PATCH",
            "/__admin/sandboxes/x",
            405,
            "PATCH is not supported here, use GET, HEAD, DELETE",
        ),
        ("PUT", "/livez", 405, "PUT is not supported here, use GET"),
    ],
)
async def test_unknown_path_is_a_problem_document(
    merchant: Merchant,
    method: str,
    path: str,
    status: int,
    expected_text: str,
) -> None:
    assert_problem(await merchant.send(method, path), status, expected_text)


@pytest.mark.parametrize(
    "path", ["/__admin/sandboxes/", "//__admin//sandboxes", "/__admin/health/"]
)
async def test_extra_slashes_are_ignored(merchant: Merchant, path: str) -> None:
    assert (await merchant.send("GET", path)).status == 200


def test_route_table_has_no_duplicates() -> None:
    calls = [(route.method, route.path) for route in CONTROL_ROUTES]
    assert len(calls) == len(set(calls))
