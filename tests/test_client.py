"""The control client, and through it what the control API says of odd requests."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from mockserver.client import ControlClient, ControlError

SHIPPED = """
orders:
  two:
    lines: [{reference: A, unit_price: 3000}, {reference: B, unit_price: 10000}]
    captures: {first: {lines: [A]}, second: {lines: [B]}}
"""


@pytest.fixture
def control(server_url: str, request: pytest.FixtureRequest) -> Iterator[ControlClient]:
    """A sandbox of the test's own, dropped in the end."""
    name = sha256(request.node.nodeid.encode()).hexdigest()[:12]
    client = ControlClient(server_url, f"client/{name}")
    yield client
    client.reset()
    client.drop()


def send_request(control: ControlClient, path: str, body: object = None, user: str = "") -> int:
    """Send a request as the merchant of the sandbox; return the status."""
    merchant = HTTPConnection(urlsplit(control.url).netloc, timeout=10)
    credentials = b64encode((user or f"{control.sandbox}:any").encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    full_path = f"/ordermanagement/v1/orders/{path}"
    method = "GET" if body is None else "POST"
    merchant.request(method, full_path, json.dumps(body) if body else None, headers)
    status = merchant.getresponse().status
    merchant.close()
    return status


def refund(control: ControlClient, order_id: str, user: str = "") -> int:
    """Refund one unit of A; return the status."""
    line = {"reference": "A", "name": "A", "quantity": 1, "unit_price": 1, "total_amount": 1}
    body = {"refunded_amount": 1, "order_lines": [line]}
    return send_request(control, f"{order_id}/refunds", body, user)


def test_sandbox_can_be_filled_read_and_reset(control: ControlClient) -> None:
    orders = control.load(SHIPPED)
    assert [order["order_id"] for order in control.orders()] == [orders["two"]]
    assert refund(control, orders["two"]) == 201
    assert control.orders(text="TWO", outcome="allocated", limit=1) == control.orders()
    assert control.orders(status="CANCELLED") == []
    assert control.order("two")["ledger"]["refunded"] == 1
    assert control.reset() == orders
    assert control.order("two")["ledger"]["refunded"] == 0


def test_every_response_can_be_explained(control: ControlClient) -> None:
    orders = control.load(SHIPPED)
    refund(control, orders["two"])
    (entry,) = control.requests(operation="refund")
    allocation = control.explain(entry["correlation_id"])["allocation"]
    assert allocation is not None
    assert allocation["outcome"] == "allocated"


def test_preview_of_a_refused_refund_shows_the_refusal(control: ControlClient) -> None:
    control.load(SHIPPED)
    preview = control.explain_refund("two", {"refunded_amount": 50000})
    assert preview["refusal"] is not None
    assert preview["refusal"]["reason"] == "refund_exceeds_captured"
    assert preview["text"].startswith("Refused: refund_exceeds_captured")
    assert preview["booked"] == []


def test_faults_can_be_added_counted_and_removed(control: ControlClient) -> None:
    orders = control.load(SHIPPED)
    control.add_fault({"id": "busy", "on": "refund", "do": {"rate_limit": True}})
    assert refund(control, orders["two"]) == 429
    assert control.faults()[0]["fired"] == 1
    control.remove_fault("busy")
    assert refund(control, orders["two"]) == 201
    control.add_fault({"do": {"garbage": True}})
    control.clear_faults()
    assert control.faults() == []


def test_fail_next_allocation_applies_to_a_refund_only(control: ControlClient) -> None:
    orders = control.load(SHIPPED)
    control.add_fault({"id": "fails", "calls": 1, "do": {"fail_allocation": True}})
    assert send_request(control, orders["two"]) == 200
    assert control.faults()[0]["matched"] == 0
    refund(control, orders["two"])
    assert control.order("two")["allocations"][0]["outcome"] == "failed"


def test_advance_returns_the_expired_orders(control: ControlClient) -> None:
    orders = control.load("orders: {one: {lines: [{unit_price: 5}]}}")
    control.set_clock(freeze=True)
    (fired,) = control.set_clock(advance="60d")["fired"]
    assert fired["order_id"] == orders["one"]
    assert control.clock()["frozen"]


def test_snapshot_and_export_restore_an_order(control: ControlClient) -> None:
    orders = control.load(SHIPPED)
    control.take_snapshot("before")
    refund(control, orders["two"])
    text = control.export()
    control.restore_snapshot("before")
    assert control.order("two")["ledger"]["refunded"] == 0
    control.load(text)
    assert control.order("two")["ledger"]["refunded"] == 1


def test_wrong_secret_is_recorded(control: ControlClient) -> None:
    text = f"credentials: {{'{control.sandbox}': right}}\n{SHIPPED}"
    orders = control.load(text)
    assert refund(control, orders["two"], f"{control.sandbox}:wrong") == 401
    (entry,) = control.requests(status=401)
    assert entry["path"].endswith("/refunds")
    control.clear_requests()
    assert control.requests() == []


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        ('{"orders": {"a": 1, "a": 2}}', "1:21 E002 duplicate key 'a'"),
        ('{"orders":\n {"a": {"lines": []}}}', "2:9 E105"),
        ("orders: {a: {lines: [{unit_price: x}]}}", "1:23 E103"),
    ],
)
def test_findings_of_a_json_scenario_have_positions(
    control: ControlClient,
    body: str,
    fragment: str,
) -> None:
    with pytest.raises(ControlError) as refused:
        control.load(body)
    assert refused.value.status == 422
    assert fragment in str(refused.value)


def test_unreachable_server_is_named() -> None:
    nobody = ControlClient("http://127.0.0.1:9", "nobody")
    with pytest.raises(ControlError, match=r"no response from http://127\.0\.0\.1:9") as error:
        nobody.orders()
    assert error.value.status == 0


def test_requests_are_paged_by_entry_id(control: ControlClient) -> None:
    orders = control.load(SHIPPED)
    for _ in range(3):
        refund(control, orders["two"])
    first, second, third = control.requests()
    assert control.requests(limit=1) == [third]
    assert control.requests(after=first["id"], limit=1) == [second]
    assert control.requests(before=second["id"]) == [first]
    assert control.requests(since="2999-01-01T00:00:00Z") == []
