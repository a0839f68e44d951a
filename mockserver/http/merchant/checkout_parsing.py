"""Parse the bodies of the checkout API into the fields of a checkout order.

Clients send more than the schema allows (read off WooCommerce, Magento and OXID): ``null``
for what is not set, ``[]`` for an empty object, whole floats, numbers as references. These
are normalized before the schema is checked, so that the echo is normalized, too.
"""

from typing import Any, TypeAlias

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import BadValue, bad_value_refusal
from mockserver.domain.checkout.checkout import (
    KNOWN_MEMBERS,
    MERCHANT_FIELDS,
    Fields,
)
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.operation import OperationInfo
from mockserver.http.merchant.request_parsing import (
    MalformedJsonError,
    json_bytes,
    parse_bounded_json,
)
from mockserver.http.messages import Request
from mockserver.schemas import Violation, get_request_schema

Json: TypeAlias = Any

OBJECT_FIELDS = (
    "options", "customer", "merchant_urls", "billing_address", "shipping_address", "gui",
)  # fmt: skip
TEXT_FIELDS = frozenset(
    ("reference", "merchant_reference1", "merchant_reference2", "postal_code", "phone")
)
MAX_VIOLATIONS = 100
MAX_EXACT_FLOAT = 2.0**53


def parse_checkout_fields(
    request: Request, endpoint: OperationInfo, assumptions: Assumptions
) -> Fields:
    """Parse, normalize and check a body.

    Raises:
        Refusal: no JSON, or a bad value.
    """
    try:
        body = parse_bounded_json(json_bytes(request))
    except MalformedJsonError as error:
        raise Refusal(Reason.MALFORMED_JSON, endpoint.operation, detail=str(error)) from None
    return check_fields(body, endpoint, assumptions)


def check_fields(body: Json, endpoint: OperationInfo, assumptions: Assumptions) -> Fields:
    """Normalize and check a parsed body.

    Raises:
        Refusal: a bad value.
    """
    assert endpoint.schema is not None  # noqa: S101  # reads do not come here
    fields = _normalize(body)
    schema = get_request_schema(endpoint.schema)
    if not schema.is_valid(fields):
        bad_values = map(_bad_value, schema.violations(fields))
        raise bad_value_refusal(bad_values, endpoint.operation, assumptions)
    return _known_fields(fields)


def _normalize(value: Json, name: str = "") -> Json:
    """Drop ``null`` members and write values as the schema expects them."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {
            key: v if isinstance(v, str) else _normalize(v, key)  # most are texts
            for key, v in value.items()
            if v is not None
        }
    if isinstance(value, list):
        if not value and name in OBJECT_FIELDS:
            return {}
        return [_normalize(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_EXACT_FLOAT:
        value = int(value)
    if name in TEXT_FIELDS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _known_fields(body: Fields) -> Fields:
    """Keep the known members, in the order of the echo (unknown ones: recorded)."""
    fields = {name: body[name] for name in MERCHANT_FIELDS if name in body}
    for name, members in KNOWN_MEMBERS.items():
        if name in fields:
            fields[name] = {key: fields[name][key] for key in members if key in fields[name]}
    return fields


def _bad_value(violation: Violation) -> BadValue:
    missing = (violation.constraint,) if violation.keyword == "required" else ()
    return BadValue((*violation.path, *missing) or ("body",))
