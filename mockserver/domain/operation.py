"""Operations of the merchant API by the names used in scenarios, journal and docs.

``OPERATIONS`` holds what the provider documents about the 18 operations of order
management, ``CHECKOUT_OPERATIONS`` about the four of the checkout API, and
``TOKEN_OPERATIONS`` about the three on customer tokens, and ``HOSTED_PAGE_OPERATIONS``
about sessions of the hosted payment page. The merchant API, the step runner, lint, the
OpenAPI document and the generated docs read their columns.
"""

from enum import StrEnum

from msgspec import Struct

ORDERS_PATH = "/ordermanagement/v1/orders"
"""Every path of order management is below this one."""

CHECKOUTS_PATH = "/checkout/v3/orders"
"""Every path of the checkout API is below this one."""


TOKENS_PATH = "/customer-token/v1/tokens"
"""Every path of the customer token API is below this one."""


SESSIONS_PATH = "/hpp/v1/sessions"
"""Every path of the hosted payment page's API is below this one."""


class Operation(StrEnum):
    """An operation of the merchant API."""

    GET_ORDER = "get_order"
    ACKNOWLEDGE = "acknowledge"
    UPDATE_AUTHORIZATION = "update_authorization"
    CANCEL = "cancel"
    UPDATE_CUSTOMER_DETAILS = "update_customer_details"
    EXTEND_AUTHORIZATION_TIME = "extend_authorization_time"
    UPDATE_MERCHANT_REFERENCES = "update_merchant_references"
    RELEASE_REMAINING_AUTHORIZATION = "release_remaining_authorization"
    ADD_ORDER_SHIPPING_INFO = "add_order_shipping_info"
    CAPTURE = "capture"
    LIST_CAPTURES = "list_captures"
    GET_CAPTURE = "get_capture"
    ADD_CAPTURE_SHIPPING_INFO = "add_capture_shipping_info"
    TRIGGER_SEND_OUT = "trigger_send_out"
    EXTEND_DUE_DATE = "extend_due_date"
    GET_EXTEND_DUE_DATE_OPTIONS = "get_extend_due_date_options"
    REFUND = "refund"
    GET_REFUND = "get_refund"
    CREATE_CHECKOUT = "create_checkout"
    READ_CHECKOUT = "read_checkout"
    UPDATE_CHECKOUT = "update_checkout"
    ABORT_CHECKOUT = "abort_checkout"
    READ_CUSTOMER_TOKEN = "read_customer_token"  # noqa: S105  # a name
    CREATE_TOKEN_ORDER = "create_token_order"  # noqa: S105  # a name
    UPDATE_CUSTOMER_TOKEN = "update_customer_token"  # noqa: S105  # a name
    CREATE_HOSTED_SESSION = "create_hosted_session"
    READ_HOSTED_SESSION = "read_hosted_session"

    @property
    def info(self) -> "OperationInfo":
        """What the provider documents about the operation."""
        return _INFO[self]


class OperationInfo(Struct, frozen=True):
    """What the provider documents about one operation.

    Attributes:
        operation: our name of it.
        provider_name: the provider's operationId.
        method: the HTTP method.
        path: the path template below ``base_path``.
        success: the status of a response that is no refusal.
        schema: the schema of the request body, by its file name in ``schemas/requests``.
        response_schema: the schema of the response body, likewise in ``schemas/responses``.
        created_id_header: the response header with the id of what was created.
        deprecated: whether Kustom has announced that it will drop the operation.
        base_path: the path of the API that the operation belongs to.
    """

    operation: Operation
    provider_name: str
    method: str
    path: str
    success: int
    schema: str | None = None
    response_schema: str | None = None
    created_id_header: str | None = None
    deprecated: bool = False
    base_path: str = ORDERS_PATH

    @property
    def full_path(self) -> str:
        """The whole path template."""
        return self.base_path + self.path

    @property
    def takes_idempotency_key(self) -> bool:
        """Whether an idempotency key counts (documented)."""
        if self.base_path == TOKENS_PATH:
            return self.operation is Operation.CREATE_TOKEN_ORDER
        return self.base_path == ORDERS_PATH and not self.is_read

    @property
    def is_read(self) -> bool:
        """Whether the operation changes nothing."""
        return self.method == "GET"

    @property
    def collection(self) -> str:
        """The segment of the path behind the order's id, such as ``captures``."""
        return self.path.split("/")[2]


OPERATIONS: tuple[OperationInfo, ...] = (
    OperationInfo(
        Operation.GET_ORDER, "getOrder",
        "GET", "/{order_id}", 200,
        response_schema="order",
    ),
    OperationInfo(
        Operation.ACKNOWLEDGE, "acknowledgeOrder",
        "POST", "/{order_id}/acknowledge", 204,
    ),
    OperationInfo(
        Operation.UPDATE_AUTHORIZATION, "updateAuthorization",
        "PATCH", "/{order_id}/authorization", 204,
        schema="update_authorization",
    ),
    OperationInfo(
        Operation.CANCEL, "cancelOrder",
        "POST", "/{order_id}/cancel", 204,
    ),
    OperationInfo(
        Operation.UPDATE_CUSTOMER_DETAILS, "updateConsumerDetails",
        "PATCH", "/{order_id}/customer-details", 204,
        schema="update_customer_details",
    ),
    OperationInfo(
        Operation.EXTEND_AUTHORIZATION_TIME, "extendAuthorizationTime",
        "POST", "/{order_id}/extend-authorization-time", 204,
    ),
    OperationInfo(
        Operation.UPDATE_MERCHANT_REFERENCES, "updateMerchantReferences",
        "PATCH", "/{order_id}/merchant-references", 204,
        schema="update_merchant_references",
    ),
    OperationInfo(
        Operation.RELEASE_REMAINING_AUTHORIZATION, "releaseRemainingAuthorization",
        "POST", "/{order_id}/release-remaining-authorization", 204,
    ),
    OperationInfo(
        Operation.ADD_ORDER_SHIPPING_INFO, "appendOrderShippingInfo",
        "POST", "/{order_id}/shipping-info", 204,
        schema="add_shipping_info",
    ),
    OperationInfo(
        Operation.CAPTURE, "captureOrder",
        "POST", "/{order_id}/captures", 201,
        schema="capture",
        created_id_header="Capture-Id",
    ),
    OperationInfo(
        Operation.LIST_CAPTURES, "getCaptures",
        "GET", "/{order_id}/captures", 200,
        response_schema="captures",
    ),
    OperationInfo(
        Operation.GET_CAPTURE, "getCapture",
        "GET", "/{order_id}/captures/{capture_id}", 200,
        response_schema="capture",
    ),
    OperationInfo(
        Operation.ADD_CAPTURE_SHIPPING_INFO, "appendShippingInfo",
        "POST", "/{order_id}/captures/{capture_id}/shipping-info", 204,
        schema="add_shipping_info",
    ),
    OperationInfo(
        Operation.TRIGGER_SEND_OUT, "triggerSendOut",
        "POST", "/{order_id}/captures/{capture_id}/trigger-send-out", 204,
        deprecated=True,
    ),
    OperationInfo(
        Operation.EXTEND_DUE_DATE, "extendDueDate",
        "PATCH", "/{order_id}/captures/{capture_id}/extend-due-date", 204,
        schema="extend_due_date",
        deprecated=True,
    ),
    OperationInfo(
        Operation.GET_EXTEND_DUE_DATE_OPTIONS, "getOptionsForExtendDueDate",
        "GET", "/{order_id}/captures/{capture_id}/extend-due-date-options", 200,
        response_schema="extend_due_date_options",
        deprecated=True,
    ),
    OperationInfo(
        Operation.REFUND, "refundOrder",
        "POST", "/{order_id}/refunds", 201,
        schema="refund",
        created_id_header="Refund-Id",
    ),
    OperationInfo(
        Operation.GET_REFUND, "get",
        "GET", "/{order_id}/refunds/{refund_id}", 200,
        response_schema="refund",
    ),
)  # fmt: skip

CHECKOUT_OPERATIONS: tuple[OperationInfo, ...] = (
    OperationInfo(
        Operation.CREATE_CHECKOUT, "createOrderMerchant",
        "POST", "", 201,
        schema="create_checkout",
        response_schema="checkout",
        base_path=CHECKOUTS_PATH,
    ),
    OperationInfo(
        Operation.READ_CHECKOUT, "readOrderMerchant",
        "GET", "/{order_id}", 200,
        response_schema="checkout",
        base_path=CHECKOUTS_PATH,
    ),
    OperationInfo(
        Operation.UPDATE_CHECKOUT, "updateOrderMerchant",
        "POST", "/{order_id}", 200,
        schema="update_checkout",
        response_schema="checkout",
        base_path=CHECKOUTS_PATH,
    ),
    OperationInfo(
        Operation.ABORT_CHECKOUT, "abortOrder",
        "POST", "/{order_id}/abort", 200,
        response_schema="checkout",
        base_path=CHECKOUTS_PATH,
    ),
)  # fmt: skip

TOKEN_OPERATIONS: tuple[OperationInfo, ...] = (
    OperationInfo(
        Operation.READ_CUSTOMER_TOKEN, "readCustomerToken",
        "GET", "/{customer_token}", 200,
        response_schema="customer_token",
        base_path=TOKENS_PATH,
    ),
    OperationInfo(
        Operation.CREATE_TOKEN_ORDER, "createOrder",
        "POST", "/{customer_token}/order", 200,
        schema="create_token_order",
        response_schema="token_order",
        base_path=TOKENS_PATH,
    ),
    OperationInfo(
        Operation.UPDATE_CUSTOMER_TOKEN, "patchCustomerToken",
        "PATCH", "/{customer_token}/status", 202,
        schema="update_customer_token",
        base_path=TOKENS_PATH,
    ),
)  # fmt: skip

HOSTED_PAGE_OPERATIONS: tuple[OperationInfo, ...] = (
    OperationInfo(
        Operation.CREATE_HOSTED_SESSION, "createHppSession",
        "POST", "", 201,
        schema="create_hosted_session",
        response_schema="hosted_session_created",
        base_path=SESSIONS_PATH,
    ),
    OperationInfo(
        Operation.READ_HOSTED_SESSION, "getSessionById",
        "GET", "/{session_id}", 200,
        response_schema="hosted_session",
        base_path=SESSIONS_PATH,
    ),
)  # fmt: skip

ALL_OPERATIONS = OPERATIONS + CHECKOUT_OPERATIONS + TOKEN_OPERATIONS + HOSTED_PAGE_OPERATIONS

WITHOUT_STEP = frozenset(
    info.operation for info in (*TOKEN_OPERATIONS, *HOSTED_PAGE_OPERATIONS)
)
"""Operations that no step of a scenario sends."""

_INFO = {info.operation: info for info in ALL_OPERATIONS}

READ_OPERATIONS = frozenset(info.operation for info in OPERATIONS if info.is_read)
"""Operations of order management that change nothing and are allowed in every status."""

WITHOUT_BODY = frozenset(info.operation for info in ALL_OPERATIONS if info.schema is None)
"""Operations whose request has no body; one that is sent is ignored."""

DEPRECATED_OPERATIONS = frozenset(info.operation for info in OPERATIONS if info.deprecated)
"""Operations that Kustom has announced it will drop."""

ACCUMULATING_OPERATIONS = (
    Operation.CAPTURE,
    Operation.REFUND,
    Operation.ADD_ORDER_SHIPPING_INFO,
    Operation.ADD_CAPTURE_SHIPPING_INFO,
    Operation.TRIGGER_SEND_OUT,
    Operation.EXTEND_DUE_DATE,
)
"""Operations whose repetition adds something; the others set a value."""
