"""Requests that a web page of another site sends are refused by both APIs."""

import socket
from urllib.parse import urlsplit

import pytest

from mockserver.domain.operation import Operation
from tests.support.merchant import UNKNOWN_ID, Merchant, basic
from tests.support.problems import assert_problem

Op = Operation
TIMEOUT = 10  # seconds

FOREIGN: dict[str, dict[str, str]] = {
    "an image or script": {"Sec-Fetch-Site": "cross-site"},
    "a page of a sibling domain": {"Sec-Fetch-Site": "same-site"},
    "a header in capitals": {"Sec-Fetch-Site": "CROSS-SITE"},
    "a form": {"Origin": "https://evil.example"},
    "a page on another port": {"Origin": "http://127.0.0.1:1"},
    "a sandboxed frame": {"Origin": "null"},
    "an empty origin": {"Origin": ""},
}
OWN: dict[str, dict[str, str]] = {
    "a server": {},
    "a page of this server": {"Sec-Fetch-Site": "same-origin"},
    "an address typed by a person": {"Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_merchant_api_refuses_foreign_pages(merchant: Merchant, case: str) -> None:
    async with merchant.nothing_changes():
        response = await merchant.do(Op.CANCEL, headers=FOREIGN[case])
    assert (response.status, response.json["error_code"]) == (403, "NOT_ALLOWED")
    assert response.header("Mock-Reason").startswith("foreign_origin; detail=")
    assert response.header("Klarna-Correlation-Id") == response.json["correlation_id"]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://evil.example"}]
)
async def test_merchant_api_refuses_pages_that_rebind_a_name(
    merchant: Merchant, headers: dict[str, str]
) -> None:
    async with merchant.nothing_changes():
        response = await merchant.do(Op.CANCEL, headers={"Host": "evil.example", **headers})
    assert response.status == 403
    assert response.header("Mock-Reason") == "foreign_origin; detail=Host: evil.example"


async def test_servers_may_use_any_host_for_the_merchant_api(merchant: Merchant) -> None:
    headers = {"Host": "api.shop.example"}
    assert (await merchant.do(Op.GET_ORDER, headers=headers)).status == 200


async def test_foreign_page_creates_no_sandbox(merchant: Merchant) -> None:
    headers = {"Authorization": basic("visitor"), "Sec-Fetch-Site": "cross-site"}
    path = f"/ordermanagement/v1/orders/{UNKNOWN_ID}"
    first = await merchant.send("GET", path, headers=headers)
    second = await merchant.send("GET", path, headers=headers)
    assert first.json["correlation_id"] != second.json["correlation_id"]
    assert (await merchant.send("GET", "/__admin/sandboxes/visitor")).status == 404


@pytest.mark.parametrize("case", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [("GET", "clock"), ("DELETE", "")])
async def test_control_api_refuses_foreign_pages(
    merchant: Merchant, case: str, method: str, path: str
) -> None:
    url = f"/__admin/sandboxes/{merchant.user}/{path}"
    async with merchant.nothing_changes():
        response = await merchant.send(method, url, headers=FOREIGN[case])
    assert_problem(response, 403, "requests from web pages of another origin are refused (")


@pytest.mark.parametrize("case", OWN)
async def test_both_apis_accept_own_pages_and_servers(merchant: Merchant, case: str) -> None:
    for path in (merchant.path(Op.GET_ORDER), f"/__admin/sandboxes/{merchant.user}/clock"):
        assert (await merchant.send("GET", path, headers=OWN[case])).status == 200
        headers = {**OWN[case], "Origin": merchant.url}
        assert (await merchant.send("GET", path, headers=headers)).status == 200


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/__admin/health"])
async def test_health_is_open_to_any_page(merchant: Merchant, path: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await merchant.send("GET", path, headers=headers)).status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://evil.example/__admin/sandboxes", b"403"),
        ("http://localhost/__admin/sandboxes", b"200"),
        ("/__admin/sandboxes", b"200"),
    ],
)
def test_authority_of_an_absolute_target_overrides_host(
    merchant: Merchant, target: str, status: bytes
) -> None:
    address = urlsplit(merchant.url)
    head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), TIMEOUT) as connection:
        connection.sendall(head.encode())
        with connection.makefile("rb") as response:
            assert response.readline().split()[1] == status
