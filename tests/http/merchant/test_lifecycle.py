from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mockserver.domain.errors import MESSAGE_ENDINGS, NOT_ALLOWED_CODES, find_error_definition
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import OPERATIONS, READ_OPERATIONS, Operation
from mockserver.scenario.spec import Spec
from mockserver.schemas import get_schema
from tests.support.merchant import (
    HALF_SHIPPED,
    SHIPPED,
    SNEAKERS_BACK,
    UNKNOWN_ID,
    UNSHIPPED,
    Merchant,
    Reply,
    line,
)
from tests.support.request_examples import BODIES

Op = Operation
NewOrder = Callable[[Status], Awaitable[Merchant]]

LATE: Spec = {"created": "2025-10-01", "expires": "2025-10-29"}
ALL_BACK: Spec = {
    "refunds": {"all": {"lines": ["A12345", "A98765"]}, "rest": {"amount": 10000}}
}

ORDERS: dict[Status, Spec] = {
    Status.AUTHORIZED: UNSHIPPED,
    Status.PART_CAPTURED: HALF_SHIPPED,
    Status.CAPTURED: SHIPPED,
    Status.CANCELLED: UNSHIPPED,
    Status.EXPIRED: {**HALF_SHIPPED, **LATE},
    Status.CLOSED: {**SHIPPED, **ALL_BACK},
}

CELLS = [
    (operation, status)
    for operation, cells in LIFECYCLE.items()
    for status in cells
    if operation not in READ_OPERATIONS
]


every_cell = pytest.mark.parametrize(
    ("operation", "status"),
    CELLS,
    ids=[f"{operation}-{status}" for operation, status in CELLS],
)


def assert_refusal(response: Reply, status: int, code: str, message: str) -> None:
    """Assert that a response is a refusal in the provider's shape, without anything else."""
    assert (response.status, response.header("Content-Type")) == (status, "application/json")
    assert response.json == {
        "correlation_id": response.header("Klarna-Correlation-Id"),
        "error_code": code,
        "error_messages": [message],
    }
    assert list(response.json) == ["error_code", "error_messages", "correlation_id"]
    assert get_schema("responses/error.schema.json").is_valid(response.json)


@pytest.fixture
def new_order(
    serve: Callable[..., str],
    new_merchant: Callable[..., Merchant],
) -> NewOrder:
    """Make a merchant whose order has a status."""

    async def create(status: Status) -> Merchant:
        merchant = new_merchant(serve(fully_refunded_status="CLOSED"))
        await merchant.make_order(ORDERS[status])
        if status is Status.CANCELLED:
            await merchant.do(Op.CANCEL)
        assert (await merchant.read())["status"] == status
        return merchant

    return create


def test_lifecycle_table_covers_every_operation_and_status() -> None:
    assert {(op, status) for op, cells in LIFECYCLE.items() for status in cells} == {
        (info.operation, status) for info in OPERATIONS for status in Status
    }


@pytest.mark.parametrize("operation", [row for row in Operation if row in READ_OPERATIONS])
@pytest.mark.parametrize("status", [s for s in Status if ORDERS[s] is not UNSHIPPED])
async def test_everything_can_be_read_in_every_status(
    new_order: NewOrder,
    operation: Operation,
    status: Status,
) -> None:
    merchant = await new_order(status)
    refund_id = merchant.refund_id
    if operation is Op.GET_REFUND and refund_id == UNKNOWN_ID:
        refund_id = (await merchant.refund(1)).header("Refund-Id")
    assert (await merchant.do(operation, refund_id=refund_id)).status == 200


@every_cell
async def test_operation_follows_the_lifecycle_table(
    new_order: NewOrder,
    operation: Operation,
    status: Status,
) -> None:
    merchant = await new_order(status)
    before = await merchant.read()
    response = await merchant.do(operation, BODIES.get(operation))
    reason = LIFECYCLE[operation][status].reason
    if reason is None:
        assert response.status == operation.info.success
        return
    row = find_error_definition(reason, operation)
    template = row.message.replace("{consequence}", MESSAGE_ENDINGS[operation])
    ids = {"order_id": merchant.order_id, "capture_id": merchant.capture_id}
    code = row.code or NOT_ALLOWED_CODES.get(operation, "NOT_ALLOWED")
    assert_refusal(response, row.status, code, template.format_map(ids))
    assert response.header("Mock-Reason").partition(";")[0] == reason
    assert await merchant.read() == before


PENDING: Spec = {**UNSHIPPED, "fraud_status": "PENDING"}
BY_CARD: Spec = {**UNSHIPPED, "payment_method": "CARD"}
RAISE = {"order_amount": 20001, "order_lines": []}
TOO_LOW = {"order_amount": 9999, "order_lines": []}
CLEARED = {"shipping_address": {"city": ""}}
NO_SUCH_ID = {"order_id": UNKNOWN_ID}
NO_SUCH_CAPTURE = {"capture_id": UNKNOWN_ID}
NO_SUCH_REFUND = {"refund_id": UNKNOWN_ID}
FOR_O, FOR_C = f"Order {UNKNOWN_ID}", f"capture {UNKNOWN_ID}"

RECORDED_MESSAGES: dict[str, tuple[Spec, Operation, Any, Any, int, str, str]] = {
    "capture above the remainder": (
        UNSHIPPED, Op.CAPTURE, {"captured_amount": 20001}, {},
        403, "CAPTURE_NOT_ALLOWED",
        ("Captured amount is higher than the remaining authorized amount."
        " Capture not possible."),
    ),
    "capture of an expired order": (
        {**UNSHIPPED, **LATE}, Op.CAPTURE, {"captured_amount": 1}, {},
        403, "CAPTURE_NOT_ALLOWED", "Order {order_id} is expired. Capture not possible.",
    ),
    "capture under review": (
        PENDING, Op.CAPTURE, {"captured_amount": 1}, {},
        403, "CAPTURE_NOT_ALLOWED", "Capture not allowed",
    ),
    "cancel after a capture": (
        HALF_SHIPPED, Op.CANCEL, None, {},
        403, "CANCEL_NOT_ALLOWED", "Order has previous captures. Cancel not possible.",
    ),
    "refund of nothing": (
        UNSHIPPED, Op.REFUND, {"refunded_amount": 1}, {},
        403, "REFUND_NOT_ALLOWED", "Order has no captures. Refund not possible",
    ),
    "refund above what was captured": (
        HALF_SHIPPED, Op.REFUND, {"refunded_amount": 10001}, {},
        403, "REFUND_NOT_ALLOWED", "Over refund is not allowed. Refund not possible.",
    ),
    "update below what was captured": (
        HALF_SHIPPED, Op.UPDATE_AUTHORIZATION, TOO_LOW, {},
        403, "NOT_ALLOWED",
        ("Resulting authorization amount 9999 cannot be less than the captured amount 10000"
        " for order. Order authorization cannot be updated"),
    ),
    "raise of an order paid by card": (
        BY_CARD, Op.UPDATE_AUTHORIZATION, RAISE, {}, 403, "NOT_ALLOWED", "Update not allowed.",
    ),
    "update of a captured order": (
        SHIPPED, Op.UPDATE_AUTHORIZATION, RAISE, {}, 403, "NOT_ALLOWED", "Update not allowed.",
    ),
    "cleared mandatory field": (
        UNSHIPPED, Op.UPDATE_CUSTOMER_DETAILS, CLEARED, {},
        422, "INVALID_ADDRESS", "The shipping and/or billing address is invalid",
    ),
    "extension after expiry": (
        {**UNSHIPPED, **LATE}, Op.EXTEND_AUTHORIZATION_TIME, None, {},
        403, "NOT_ALLOWED", "Order is expired. Authorization time cannot be extended.",
    ),
    "release of a captured order": (
        SHIPPED, Op.RELEASE_REMAINING_AUTHORIZATION, None, {},
        403, "NOT_ALLOWED",
        "Order is fully captured. Remaining authorization cannot be released.",
    ),
    "send-out without captures": (
        UNSHIPPED, Op.TRIGGER_SEND_OUT, None, {}, 403, "NOT_ALLOWED", "Order has no captures.",
    ),
    "unknown order, read": (
        UNSHIPPED, Op.GET_ORDER, None, NO_SUCH_ID,
        404, "NO_SUCH_ORDER", f"{FOR_O} cannot be found",
    ),
    "unknown order, its capture": (
        UNSHIPPED, Op.GET_CAPTURE, None, NO_SUCH_ID,
        404, "NO_SUCH_ORDER", f"{FOR_O} cannot be found",
    ),
    "unknown order, acknowledged": (
        UNSHIPPED, Op.ACKNOWLEDGE, None, NO_SUCH_ID,
        404, "NO_SUCH_ORDER", f"{FOR_O} cannot be found. Acknowledgement not possible.",
    ),
    "unknown order, references": (
        UNSHIPPED, Op.UPDATE_MERCHANT_REFERENCES, {}, NO_SUCH_ID,
        404, "NO_SUCH_ORDER",
        "Order cannot be found. Merchant references cannot be updated.",
    ),
    "unknown order, shipping info": (
        UNSHIPPED, Op.ADD_ORDER_SHIPPING_INFO, BODIES[Op.ADD_ORDER_SHIPPING_INFO], NO_SUCH_ID,
        404, "NO_SUCH_ORDER",
        f"{FOR_O} cannot be found. Shipping info cannot be added to order {UNKNOWN_ID}.",
    ),
    "unknown order, shipping info of its capture": (
        UNSHIPPED, Op.ADD_CAPTURE_SHIPPING_INFO, BODIES[Op.ADD_ORDER_SHIPPING_INFO], NO_SUCH_ID,
        404, "NO_SUCH_ORDER",
        f"{FOR_O} cannot be found. Shipping info cannot be added to {FOR_C}.",
    ),
    "unknown order, send-out": (
        UNSHIPPED, Op.TRIGGER_SEND_OUT, None, NO_SUCH_ID,
        404, "NO_SUCH_ORDER", f"{FOR_O} cannot be found.",
    ),
    "unknown order, refund": (
        UNSHIPPED, Op.REFUND, {"refunded_amount": 1}, NO_SUCH_ID,
        404, "NOT_FOUND", f"{FOR_O} cannot be found. Refund not possible.",
    ),
    "unknown capture, shipping info": (
        HALF_SHIPPED, Op.ADD_CAPTURE_SHIPPING_INFO, BODIES[Op.ADD_ORDER_SHIPPING_INFO],
        NO_SUCH_CAPTURE, 404, "NO_SUCH_CAPTURE",
        f"Capture could not be found. Shipping info cannot be added to {FOR_C}",
    ),
    "unknown capture, read": (
        HALF_SHIPPED, Op.GET_CAPTURE, None, NO_SUCH_CAPTURE,
        404, "NO_SUCH_CAPTURE", f"Capture {UNKNOWN_ID} cannot be found for order {{order_id}}",
    ),
    "unknown refund": (
        HALF_SHIPPED, Op.GET_REFUND, None, NO_SUCH_REFUND,
        404, "NOT_FOUND", f"Refund {UNKNOWN_ID} cannot be found for order {{order_id}}",
    ),
    "malformed order id": (
        UNSHIPPED, Op.GET_ORDER, None, {"order_id": "7ce4ee13"},
        400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.",
    ),
    "order id with braces": (
        UNSHIPPED, Op.GET_ORDER, None, {"order_id": "%7B%7D"},
        400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RECORDED_MESSAGES)
async def test_refusal_has_the_provider_message(merchant: Merchant, case: str) -> None:
    spec, operation, body, ids, status, code, message = RECORDED_MESSAGES[case]
    await merchant.make_order(spec)
    async with merchant.nothing_changes():
        response = await merchant.do(operation, body, **ids)
    assert_refusal(response, status, code, message.format(order_id=merchant.order_id))


NOT_EXTENDABLE: dict[str, Spec] = {
    "Orders paid by CARD cannot be extended.": {"payment_method": "CARD"},
    "Orders in FR cannot be extended.": {"country": "FR"},
    "Orders created before 2025-09-25 cannot be extended.": {
        "created": "2025-09-24",
        "expires": "36500d",
    },
    "The authorization expires in 90 days or more.": {"expires": "91d"},
}


@pytest.mark.parametrize("cause", NOT_EXTENDABLE)
async def test_refused_extension_has_its_cause(
    merchant: Merchant,
    cause: str,
) -> None:
    await merchant.make_order({**UNSHIPPED, **NOT_EXTENDABLE[cause]})
    async with merchant.nothing_changes():
        response = await merchant.do(Op.EXTEND_AUTHORIZATION_TIME)
    message = f"{cause} Authorization time cannot be extended."
    assert_refusal(response, 403, "NOT_ALLOWED", message)


@pytest.mark.parametrize(
    ("spec", "body", "cause"),
    [
        (
            HALF_SHIPPED,
            {"number_of_days": 15},
            "15 days is not offered; the options are 14, 30, 60 days.",
        ),
        (
            {**HALF_SHIPPED, "payment_method": "CARD"},
            {"number_of_days": 14},
            "Orders paid by CARD have no due date.",
        ),
    ],
)
async def test_refused_due_date_extension_has_its_cause(
    merchant: Merchant,
    spec: Spec,
    body: object,
    cause: str,
) -> None:
    await merchant.make_order(spec)
    async with merchant.nothing_changes():
        response = await merchant.do(Op.EXTEND_DUE_DATE, body)
    assert_refusal(response, 403, "NOT_ALLOWED", f"{cause} Due date cannot be extended.")


@pytest.mark.parametrize(("amount", "status"), [(20001, 403), ("x", 422)])
async def test_refusal_has_no_transaction_id(
    merchant: Merchant, amount: object, status: int
) -> None:
    response = await merchant.do(Op.CAPTURE, {"captured_amount": amount})
    assert response.status == status
    assert "Transaction-Id" not in response.header_names


@pytest.mark.parametrize("operation", LIFECYCLE)
async def test_another_merchants_order_cannot_be_found(
    merchant: Merchant,
    new_merchant: Callable[..., Merchant],
    operation: Operation,
) -> None:
    other_merchant = new_merchant()
    other_merchant.order = merchant.order
    async with merchant.nothing_changes():
        response = await other_merchant.do(operation, BODIES.get(operation))
    refunds = {Op.REFUND, Op.GET_REFUND}
    code = "NOT_FOUND" if operation in refunds else "NO_SUCH_ORDER"
    assert (response.status, response.json["error_code"]) == (404, code)


async def test_capture_of_another_order_cannot_be_found(merchant: Merchant) -> None:
    await merchant.make_order(HALF_SHIPPED)
    foreign = merchant.capture_id
    await merchant.make_order(HALF_SHIPPED)
    response = await merchant.do(Op.GET_CAPTURE, capture_id=foreign)
    assert (response.status, response.json["error_code"]) == (404, "NO_SUCH_CAPTURE")


async def test_refund_of_another_order_cannot_be_found(merchant: Merchant) -> None:
    await merchant.make_order({**SHIPPED, **ALL_BACK})
    foreign = merchant.refund_id
    await merchant.make_order({**SHIPPED, **ALL_BACK})
    response = await merchant.do(Op.GET_REFUND, refund_id=foreign)
    assert (response.status, response.json["error_code"]) == (404, "NOT_FOUND")


async def test_refund_that_cannot_be_allocated_is_accepted(
    shipping_merchant: Merchant,
) -> None:
    response = await shipping_merchant.refund(10000, line("B2468O", 10000))
    assert response.status == 201
    assert (await shipping_merchant.read())["refunded_amount"] == 10000


async def test_full_refund_leaves_the_order_captured(shipping_merchant: Merchant) -> None:
    await shipping_merchant.do(Op.REFUND, SNEAKERS_BACK)
    await shipping_merchant.refund(10000)
    order = await shipping_merchant.read()
    assert (order["status"], order["refunded_amount"]) == ("CAPTURED", 20000)
