"""The 18 operations of the API, by the names used in scenarios, journal and docs."""

from enum import StrEnum


class Operation(StrEnum):
    """One thing a merchant can ask for."""

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


READS = frozenset(
    {
        Operation.GET_ORDER,
        Operation.LIST_CAPTURES,
        Operation.GET_CAPTURE,
        Operation.GET_EXTEND_DUE_DATE_OPTIONS,
        Operation.GET_REFUND,
    },
)
"""Operations that change nothing and are allowed in every status."""

DEPRECATED = frozenset(
    {
        Operation.TRIGGER_SEND_OUT,
        Operation.EXTEND_DUE_DATE,
        Operation.GET_EXTEND_DUE_DATE_OPTIONS,
    },
)
"""Operations that Kustom has announced it will drop."""
