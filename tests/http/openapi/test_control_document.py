"""The control API's OpenAPI document is valid, complete and matches a running server."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.schemas import BaseSchema

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from mockserver.http.control.routes import CONTROL_ROUTES
from mockserver.json_type import Json
from mockserver.schemas import shipped_schemas
from tests.support.checkouts import CART, URLS
from tests.support.merchant import SHIPPED, SNEAKERS_BACK, UNKNOWN_ID, Merchant
from tests.support.openapi import (
    accepts_body,
    assert_conforms,
    operations_of,
    send_generated_requests,
)

DOCUMENT = "/__admin/openapi.json"
ROUTES = {f"{route.method} {route.path}": route for route in CONTROL_ROUTES}
FAULT = {"id": "lost", "on": "refund", "calls": [1, 3], "do": {"lose_answer": "reset"}}

BODIES: Mapping[str, list[Any]] = {
    "PUT /__admin/sandboxes/{sandbox}/scenario": [
        {"use": "split-shipment"},
        {"version": 1, "orders": {"fresh": {"lines": [{"unit_price": 5}]}}},
    ],
    "POST /__admin/lint/picture.svg": [{"version": 1, "orders": {"shipped": SHIPPED}}],
    "POST /__admin/sandboxes/{sandbox}/orders": [SHIPPED],
    "POST /__admin/sandboxes/{sandbox}/whatif": [
        {"assume": "each"},
        {"assume": {"unallocated_refund": "none"}, "faults": {"lost": None}},
    ],
    "POST /__admin/sandboxes/{sandbox}/orders/{order_id}/picture.svg": [SNEAKERS_BACK],
    "POST /__admin/sandboxes/{sandbox}/orders/{order_id}/force": [
        {"outcome": "fail_next_allocation"},
        {"outcome": "stop_fraud"},
        {"outcome": "expire"},
    ],
    "POST /__admin/sandboxes/{sandbox}/checkouts": [{"lines": [{"unit_price": 5}]}],
    "POST /__admin/sandboxes/{sandbox}/checkouts/{checkout_id}/complete": [
        {"outcome": "declined", "payment_method": "CARD"},
        {},
    ],
    "POST /__admin/sandboxes/{sandbox}/explain": [
        {"order_id": "shipped", "refund": SNEAKERS_BACK},
        {"order_id": "shipped", "refund": {"refunded_amount": 99999}},
    ],
    "POST /__admin/sandboxes/{sandbox}/faults": [FAULT, {"do": {"delay": "1ms"}}],
    "POST /__admin/sandboxes/{sandbox}/clock": [
        {"freeze": True},
        {"set": "2030-01-15T09:00:00Z", "advance": "28d"},
    ],
    "POST /__admin/sandboxes/{sandbox}/snapshots": [{"name": "here"}],
    "POST /__admin/sandboxes/{sandbox}/verdict": [
        {"orders": {"shipped": {"status": "CAPTURED"}}, "faults": {"lost": {"fired": 0}}},
    ],
    "PUT /__admin/sandboxes/{sandbox}/names": [{}],
    "POST /__admin/sandboxes/{sandbox}/requests": [
        {"method": "GET", "path": "/ordermanagement/v1/orders/unknown"},
        {"method": "POST", "path": "/checkout/v3/orders", "body": CART, "idempotency_key": "1"},
    ],
    "PUT /__admin/sandboxes/{sandbox}/webhooks": [
        {"endpoints": [{"url": "http://127.0.0.1:1/hooks", "events": ["order.created"]}]},
        {"endpoints": []},
    ],
}
"""For every route that takes a body: bodies that are accepted."""

WRONG: Mapping[str, list[Any]] = {
    "PUT /__admin/sandboxes/{sandbox}/scenario": [{"ordrs": {}}, {"version": 2}, []],
    "POST /__admin/lint/picture.svg": [{"version": 1, "ordrs": {}}, []],
    "POST /__admin/sandboxes/{sandbox}/whatif": [{"assume": 4}, {"faults": {"lost": 1}}],
    "POST /__admin/sandboxes/{sandbox}/orders": [
        {},
        {"lines": []},
        [],
        {"name": "a/b", "lines": [{"unit_price": 1}]},
    ],
    "POST /__admin/sandboxes/{sandbox}/orders/{order_id}/picture.svg": [{}, []],
    "POST /__admin/sandboxes/{sandbox}/orders/{order_id}/force": [{"outcome": "rain"}],
    "POST /__admin/sandboxes/{sandbox}/checkouts": [
        {"lines": [{}]},
        {"merchant_urls": {"push": 5}},
    ],
    "POST /__admin/sandboxes/{sandbox}/checkouts/{checkout_id}/complete": [
        {"outcome": "maybe"},
        {"adress": {}},
        [],
    ],
    "POST /__admin/sandboxes/{sandbox}/explain": [{}, {"order_id": 1, "refund": {}}],
    "POST /__admin/sandboxes/{sandbox}/faults": [{}, {"do": {"drop": "x"}}, {"id": 1}],
    "POST /__admin/sandboxes/{sandbox}/clock": [{}, {"freeze": 1}, {"sett": "2030-01-15"}],
    "POST /__admin/sandboxes/{sandbox}/snapshots": [
        {},
        {"name": "a/b"},
        {"name": ""},
        {"name": "a\nb"},
    ],
    "POST /__admin/sandboxes/{sandbox}/verdict": [{"order": {}}, {"orders": []}, []],
    "PUT /__admin/sandboxes/{sandbox}/names": [[]],
    "POST /__admin/sandboxes/{sandbox}/requests": [
        {},
        {"method": "DELETE", "path": "/"},
        {"method": "GET", "path": "no/slash"},
        {"method": "GET", "path": "/", "idempotency_key": "two words"},
    ],
    "PUT /__admin/sandboxes/{sandbox}/webhooks": [
        {},
        {"endpoints": [{"url": "shop.example"}]},
        {"endpoints": [{"url": "http://localhost", "secret": "s"}]},
    ],
}
"""And bodies that neither the document nor the server accepts."""

UNREACHABLE = {
    **CART,
    "merchant_urls": dict.fromkeys(URLS, "http://127.0.0.1:1/{checkout.order.id}"),
}
QUERIES = {
    "POST /__admin/lint/picture.svg": "?order=shipped&width=400",
    "GET /__admin/sandboxes/{sandbox}/orders": "?status=CAPTURED&limit=1",
    "POST /__admin/sandboxes/{sandbox}/orders": "?mask=false",
    "GET /__admin/sandboxes/{sandbox}/events": "?after=0&timeout=1ms",
    "GET /__admin/sandboxes/{sandbox}/orders/{order_id}/picture.svg": "?step=1&expand=true",
    "POST /__admin/sandboxes/{sandbox}/orders/{order_id}/picture.svg": "?width=400",
    "GET /__admin/sandboxes/{sandbox}/requests": "?operation=refund&status=201&view=row",
    "GET /__admin/sandboxes/{sandbox}/requests/{correlation_id}": "?unmasked=true",
    "GET /__admin/sandboxes/{sandbox}/deliveries": "?kind=push&state=held",
    "GET /__admin/sandboxes/{sandbox}/deliveries/await": "?count=1&timeout=1ms",
    "GET /__admin/sandboxes/{sandbox}/requests/count": "?order_id=shipped",
    "GET /__admin/sandboxes/{sandbox}/requests/await": "?count=1&timeout=1ms",
    "GET /__admin/sandboxes/{sandbox}/audit": "?allow=A301,A402",
}


@pytest.fixture
async def busy(new_merchant: Any) -> AsyncIterator[Merchant]:  # noqa: ANN401
    """A merchant with something of everything: see :data:`PARTS` of it."""
    merchant: Merchant = new_merchant()
    await merchant.make_order({**SHIPPED, "name": "shipped"})
    await merchant.do(Operation.REFUND, SNEAKERS_BACK)
    await merchant.refund(99999)
    await merchant.control("POST", "faults", FAULT)
    await merchant.control("POST", "snapshots", {"name": "here"})
    completed = await merchant.send("POST", CHECKOUTS_PATH, UNREACHABLE)
    path = f"checkouts/{completed.json['order_id']}/complete"
    await merchant.control("POST", path, {"push": "hold"})
    await merchant.send("POST", CHECKOUTS_PATH, UNREACHABLE)
    yield merchant
    await merchant.control("DELETE", "")


async def parts_of(merchant: Merchant) -> dict[str, str]:
    """Path variables that lead somewhere."""
    entries = (await merchant.control("GET", "requests")).json["requests"]
    *_, checkout = (await merchant.control("GET", "checkouts")).json["checkouts"]
    (delivery,) = (await merchant.control("GET", "deliveries")).json["deliveries"]
    return {
        "delivery_id": delivery["id"],
        "checkout_id": checkout["order_id"],
        "sandbox": merchant.user,
        "order_id": merchant.order_id,
        "correlation_id": entries[0]["correlation_id"],
        "id": "lost",
        "name": "here",
        "scenario": "split-shipment",
    }


def test_document_is_valid_by_an_independent_validator(document: Json) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_document_describes_every_route_and_nothing_else(document: Json) -> None:
    assert operations_of(document).keys() == ROUTES.keys()


@pytest.mark.parametrize("name", ROUTES)
def test_operation_has_summary_id_and_response(document: Json, name: str) -> None:
    operation = operations_of(document)[name]
    assert operation["summary"]
    assert operation["operationId"].isidentifier()
    assert str(ROUTES[name].status) in operation["responses"]


def test_operation_ids_are_unique(document: Json) -> None:
    ids = [item["operationId"] for item in operations_of(document).values()]
    assert len(ids) == len(set(ids))


def test_every_schema_of_the_control_api_is_used() -> None:
    used = {
        n
        for route in CONTROL_ROUTES
        for n in (route.response_schema, route.request_schema, route.query_schema)
        if n
    }
    text = str(shipped_schemas()["control.schema.json"])
    unused = [
        name
        for name in shipped_schemas()["control.schema.json"]["$defs"]
        if name not in used | {"problem"} and f"#/$defs/{name}" not in text
    ]
    assert unused == []


def test_fault_request_is_scenario_syntax_with_an_id() -> None:
    expected = shipped_schemas()["control.schema.json"]["$defs"]["fault_request"]["properties"]
    written = shipped_schemas()["scenario.schema.json"]["$defs"]["fault"]["properties"]
    assert expected.keys() == written.keys() | {"id"}


def test_routes_with_body_or_query_have_examples_here() -> None:
    assert (
        BODIES.keys()
        == WRONG.keys()
        == {n for n, route in ROUTES.items() if route.request_schema}
    )
    assert QUERIES.keys() == {name for name, route in ROUTES.items() if route.query_schema}


@pytest.mark.parametrize("name", ROUTES)
async def test_documented_requests_get_the_documented_response(
    document: Json,
    busy: Merchant,
    name: str,
) -> None:
    method, path = name.split()
    operation = operations_of(document)[name]
    place = path.format_map(await parts_of(busy)) + QUERIES.get(name, "")
    for body in BODIES.get(name, [None]):
        if body is not None:
            assert accepts_body(document, operation, body)
        reply = await busy.send(method, place, body)
        assert reply.status == (404 if ROUTES[name].optional else ROUTES[name].status), reply
        assert_conforms(document, operation, reply)


@pytest.mark.parametrize("name", WRONG)
async def test_invalid_requests_get_the_documented_problem(
    document: Json,
    busy: Merchant,
    name: str,
) -> None:
    method, path = name.split()
    operation = operations_of(document)[name]
    for body in WRONG[name]:
        assert not accepts_body(document, operation, body), body
        reply = await busy.send(method, path.format_map(await parts_of(busy)), body)
        assert reply.status == 422, reply
        assert_conforms(document, operation, reply)
    malformed = await busy.send(method, path.format_map(await parts_of(busy)), b"{")
    assert malformed.status == 400, malformed
    assert_conforms(document, operation, malformed)


LOST = {
    "order_id": UNKNOWN_ID,
    "checkout_id": UNKNOWN_ID,
    "delivery_id": "no",
    "correlation_id": UNKNOWN_ID,
    "id": "no",
    "name": "no",
}


@pytest.mark.parametrize("name", [n for n in ROUTES if n.count("{") > 1])
async def test_unknown_ids_get_the_documented_problem(
    document: Json,
    busy: Merchant,
    name: str,
) -> None:
    method, path = name.split()
    place = path.format_map({"sandbox": busy.user, **LOST})
    reply = await busy.send(method, place, BODIES.get(name, [None])[0])
    assert reply.status == 404, reply
    assert_conforms(document, operations_of(document)[name], reply)


async def test_unsupported_method_gets_the_allowed_ones(
    busy: Merchant,
) -> None:
    reply = await busy.send("PATCH", f"/__admin/sandboxes/{busy.user}/clock", {})
    assert reply.status == 405
    assert reply.header("Allow") == "GET, HEAD, POST"


@pytest.mark.parametrize("name", ROUTES)
async def test_generated_requests_find_no_undocumented_response(
    schema: BaseSchema,
    busy: Merchant,
    name: str,
) -> None:
    query = {"timeout": "1ms"} if name.endswith(("/await", "/events")) else {}
    send_generated_requests(schema, name, await parts_of(busy), query)
