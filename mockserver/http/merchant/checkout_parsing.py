"""Parse the bodies of the checkout API into the fields of a checkout order.

Clients send more than the schema allows (read off WooCommerce, Magento and OXID): ``null``
for what is not set, ``[]`` for an empty object, whole floats, numbers as references. These
are normalized before the schema is checked, so that the echo is normalized, too.
"""

from collections.abc import Mapping

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import BadValue, bad_value_refusal
from mockserver.domain.checkout.checkout import (
    CHECKOUT_ADDRESSES,
    KNOWN_MEMBERS,
    MERCHANT_FIELDS,
    Fields,
)
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation, OperationInfo
from mockserver.domain.refusal import Refusal
from mockserver.domain.wording import shorten, yaml_scalar
from mockserver.http.merchant.request_parsing import (
    MalformedJsonError,
    json_bytes,
    parse_bounded_json,
)
from mockserver.http.messages import Request
from mockserver.json_type import Json
from mockserver.sandbox.recordings import MASKED_KEYS
from mockserver.scenario.schema_errors import describe_expected
from mockserver.schemas import Violation, get_request_schema

OBJECT_FIELDS = (
    "options", "customer", "merchant_urls", "billing_address", "shipping_address", "gui",
)  # fmt: skip
TEXT_FIELDS = frozenset(
    (
        "reference", "merchant_reference1", "merchant_reference2", "postal_code", "phone",
        "street_number",
    )
)  # fmt: skip
KNOWN_FIELDS = frozenset(MERCHANT_FIELDS)
FIELDS_OF: Mapping[Operation, frozenset[str]] = {
    Operation.CREATE_TOKEN_ORDER: KNOWN_FIELDS | {"auto_capture"},
    Operation.CREATE_HOSTED_SESSION: frozenset(("payment_session_url", "merchant_urls")),
}
"""Known fields of operations that have others."""

MAX_EXACT_FLOAT = 2.0**53
PERSONAL_FIELDS = ("customer", *CHECKOUT_ADDRESSES)


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
    if isinstance(body, dict):
        _normalize(body)
    schema = get_request_schema(endpoint.schema)
    if not schema.is_valid(body):
        bad_values = map(_bad_value, schema.violations(body))
        raise bad_value_refusal(bad_values, endpoint.operation, assumptions)
    return _known_fields(body, endpoint.operation)


def _normalize(members: dict[str, Json]) -> None:
    """Drop members that are ``null`` and write the others as the schema expects them."""
    for name, value in [*members.items()]:
        kind = type(value)
        if kind is str:  # most are
            continue
        if value is None:
            del members[name]
        elif kind is dict:
            _normalize(value)
        elif kind is list:
            members[name] = _normalize_items(value, name)
        elif kind is not bool:
            members[name] = _normalize_number(value, name)


def _normalize_items(items: list[Json], name: str) -> Json:
    """Normalize what is in a list; where an object is expected, an empty list is one."""
    if not items and name in OBJECT_FIELDS:
        return {}
    for index, item in enumerate(items):
        kind = type(item)
        if kind is dict:
            _normalize(item)
        elif kind is list:
            _normalize_items(item, "")
        elif kind is float:
            items[index] = _normalize_number(item)
    return items


def _normalize_number(number: Json, name: str = "") -> Json:
    """Write a whole float as an integer, and a reference as text."""
    if isinstance(number, float) and number.is_integer() and abs(number) < MAX_EXACT_FLOAT:
        number = int(number)
    return str(number) if name in TEXT_FIELDS and isinstance(number, int) else number


def _known_fields(body: Fields, operation: Operation) -> Fields:
    """Keep the known members; unknown ones do not come back (recorded)."""
    known = FIELDS_OF.get(operation, KNOWN_FIELDS)
    fields = {name: body[name] for name in body if name in known}
    if operation is Operation.CREATE_HOSTED_SESSION:  # its merchant_urls are others
        return fields
    for name, members in KNOWN_MEMBERS.items():
        if name in fields:
            fields[name] = {key: fields[name][key] for key in members if key in fields[name]}
    return fields


def _bad_value(violation: Violation) -> BadValue:
    missing = (violation.constraint,) if violation.keyword == "required" else ()
    path = (*violation.path, *missing) or ("body",)
    actual = None if missing else _shown_value(path, violation.value)
    return BadValue(path, expected=describe_expected(violation), actual=actual)


def _shown_value(path: tuple[str | int, ...], value: Json) -> str | None:
    """Return a bad value for the journal; none of a list or object, or of personal data."""
    is_personal = path[0] in PERSONAL_FIELDS or path[-1] in MASKED_KEYS
    if is_personal or isinstance(value, dict | list):
        return None
    return shorten(yaml_scalar(value))
