"""The merchant API's OpenAPI document is valid, complete and matches a running server."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.schemas import BaseSchema

from mockserver.domain.errors import ERROR_CATALOGUE, Reason
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import (
    ALL_OPERATIONS,
    OPERATIONS,
    Operation,
    OperationInfo,
)
from mockserver.http.openapi.examples import EXAMPLE_ORDER, REQUESTS
from mockserver.http.openapi.merchant_document import errors_of
from mockserver.json_type import Json
from tests.support.merchant import UNKNOWN_ID, Merchant, basic
from tests.support.openapi import (
    accepts,
    assert_conforms,
    operations_of,
    send_generated_requests,
)

DOCUMENT = "/__admin/merchant-openapi.json"
NAMES = {row.operation.value: f"{row.method} {row.full_path}" for row in ALL_OPERATIONS}
FROZEN = {"start": EXAMPLE_ORDER["created"], "frozen": True}
UNSHIPPED = {
    key: value for key, value in EXAMPLE_ORDER.items() if key not in ("captures", "refunds")
}


@pytest.fixture
async def example(new_merchant: Any) -> Merchant:  # noqa: ANN401
    """A merchant with the order of the document's examples."""
    merchant: Merchant = new_merchant()
    scenario = {"clock": FROZEN, "orders": {"example": {**EXAMPLE_ORDER}}}
    assert (await merchant.control("PUT", "scenario", scenario)).status == 200
    merchant.order = {"order_id": EXAMPLE_ORDER["order_id"], "captures": [], "refunds": []}
    merchant.order = await merchant.read()
    return merchant


def test_document_is_valid_by_an_independent_validator(document: Json) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_document_describes_every_operation_and_nothing_else(document: Json) -> None:
    described = {item["operationId"]: name for name, item in operations_of(document).items()}
    assert described == NAMES


def test_every_refusal_of_the_catalogue_is_described_somewhere() -> None:
    described = {item for row in ALL_OPERATIONS for item in errors_of(row)}
    elsewhere = {
        Reason.UNKNOWN_PATH,
        Reason.METHOD_NOT_ALLOWED,
        Reason.MALFORMED_HTTP,
        Reason.UNAUTHORIZED,
        Reason.FOREIGN_ORIGIN,
    }
    assert {error.reason for error in ERROR_CATALOGUE if error not in described} == elsewhere


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
def test_refusals_of_the_lifecycle_are_documented(row: OperationInfo) -> None:
    reasons = {item.reason for item in errors_of(row)}
    cells = LIFECYCLE[row.operation].values()
    assert {cell.reason for cell in cells if cell.reason} <= reasons


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_examples_match_their_schema(document: Json, name: str) -> None:
    operation = operations_of(document)[name]
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        for media_type in body.get("content", {}).values():
            for item in media_type.get("examples", {}).values():
                assert accepts(document, media_type["schema"], item["value"]), item


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
async def test_examples_are_real_requests_and_responses(
    document: Json,
    example: Merchant,
    row: OperationInfo,
) -> None:
    if row.operation is Operation.CANCEL:
        await example.make_order({**UNSHIPPED, "order_id": UNKNOWN_ID})
    operation = operations_of(document)[NAMES[row.operation]]
    reply = await example.do(row.operation, REQUESTS.get(row.operation))
    assert reply.status == row.success, reply
    assert_conforms(document, operation, reply)
    content = operation["responses"][str(row.success)].get("content", {})
    for media_type in content.values():
        assert media_type["examples"]["example"]["value"] == reply.json


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
async def test_unknown_order_gets_the_documented_response(
    document: Json,
    example: Merchant,
    row: OperationInfo,
) -> None:
    body = REQUESTS.get(row.operation)
    reply = await example.do(row.operation, body, order_id=UNKNOWN_ID)
    assert reply.status == 404
    assert_conforms(document, operations_of(document)[NAMES[row.operation]], reply)


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
async def test_missing_credentials_get_the_documented_response(
    document: Json,
    example: Merchant,
    row: OperationInfo,
) -> None:
    path = example.path(row.operation)
    reply = await example.send(row.method, path, None, {"Authorization": "Bearer x"})
    assert reply.status == 401
    assert_conforms(document, operations_of(document)[NAMES[row.operation]], reply)


@pytest.mark.parametrize("operation", [name for name in REQUESTS if name in LIFECYCLE])
async def test_invalid_bodies_get_the_documented_response(
    document: Json,
    example: Merchant,
    operation: Operation,
) -> None:
    described = operations_of(document)[NAMES[operation]]
    sent = {
        400: (b"{", {}),
        415: (b"a: 1", {"Content-Type": "application/yaml"}),
        422: (b"[]", {}),
    }
    for status, (body, headers) in sent.items():
        reply = await example.do(operation, body, headers=headers)
        assert reply.status == status
        assert_conforms(document, described, reply)


@pytest.mark.parametrize("operation", Operation)
async def test_generated_requests_find_no_undocumented_response(
    schema: BaseSchema,
    example: Merchant,
    operation: Operation,
) -> None:
    parts = {
        "order_id": example.order_id,
        "capture_id": example.capture_id,
        "refund_id": example.refund_id,
    }
    sent = {"Authorization": basic(example.user)}
    send_generated_requests(schema, NAMES[operation], parts, headers=sent)
    passed = (await example.control("GET", "invariants")).json["passed"]
    assert passed
