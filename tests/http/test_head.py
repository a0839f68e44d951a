"""HEAD is offered wherever GET is, on both APIs and the health paths (RFC 9110 9.1)."""

import pytest

from mockserver.domain.operation import OPERATIONS, Operation
from mockserver.http.control.routes import CONTROL_ROUTES
from tests.support.merchant import UNKNOWN_ID, Merchant
from tests.support.request_examples import BUSY

VARYING = {"Date", "Klarna-Correlation-Id"}
READS = [info.operation for info in OPERATIONS if info.method == "GET"]
PATHS = [route.path for route in CONTROL_ROUTES if route.method == "GET"]


@pytest.mark.parametrize("operation", READS)
async def test_head_of_a_read_has_the_headers_of_get(
    merchant: Merchant, operation: Operation
) -> None:
    await merchant.make_order(BUSY)
    path = merchant.path(operation)
    get, head = await merchant.send("GET", path), await merchant.send("HEAD", path)
    assert (head.status, head.body) == (get.status, b"") == (200, b"")
    assert {*head.headers} ^ {*get.headers} <= {
        header for header in (*head.headers, *get.headers) if header[0] in VARYING
    }
    assert head.header("Content-Length") == str(len(get.body))


@pytest.mark.parametrize("path", PATHS)
async def test_control_api_and_health_offer_head(merchant: Merchant, path: str) -> None:
    await merchant.control("POST", "snapshots", {"name": "here"})
    await merchant.read()
    entries = (await merchant.control("GET", "requests")).json["requests"]
    url = path.format(
        sandbox=merchant.user,
        order_id=merchant.order_id,
        correlation_id=entries[0]["correlation_id"],
        checkout_id=UNKNOWN_ID,
        delivery_id=UNKNOWN_ID,
        scenario="split-shipment",
    )
    if url.endswith(("/await", "/events")):
        url += "?timeout=1ms"
    get, head = await merchant.send("GET", url), await merchant.send("HEAD", url)
    assert (head.status, head.body) == (get.status, b"")
    assert head.header("Content-Type") == get.header("Content-Type")


async def test_head_of_a_change_lists_the_allowed_methods(merchant: Merchant) -> None:
    response = await merchant.send("HEAD", merchant.path(Operation.CANCEL))
    assert (response.status, response.body, response.header("Allow")) == (405, b"", "POST")
