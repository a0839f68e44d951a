"""Callbacks: questions to the merchant while the shopper is in the checkout.

No state is held while the merchant is asked: the merchant may read and update the
checkout order meanwhile.
"""

from collections.abc import Collection
from typing import Any
from urllib.parse import urljoin

import orjson
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import (
    BadValue,
    bad_value_refusal,
    describe_refusal,
)
from mockserver.domain.checkout.checkout import Checkout, Fields
from mockserver.domain.checkout.validation import (
    OPTIONAL_TIMEOUT,
    REQUIRED_OPTION,
    REQUIRED_TIMEOUT,
    SKIPPED,
    UPDATE_FAILED,
    CallbackResponse,
    Validation,
    interpret_update_response,
    interpret_validation_response,
)
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.sender import Sent
from mockserver.http.merchant.checkout_parsing import check_fields
from mockserver.http.merchant.checkout_serializer import serialize_checkout
from mockserver.sandbox.checkouts import update_checkout
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.sandbox import Sandbox

REQUEST_FIELDS = (
    "order_amount", "order_tax_amount", "order_lines", "purchase_currency", "locale",
    "billing_address", "shipping_address", "selected_shipping_option", "customer",
    "merchant_data", "merchant_reference1", "merchant_reference2", "tags",
)  # fmt: skip
"""What the address, country and shipping callbacks are sent (documented by Kustom)."""

REQUIRED_FIELDS = REQUEST_FIELDS[:4]
RESPONSE_FIELDS = (
    *REQUEST_FIELDS[:5],
    "shipping_options", "attachment", "external_payment_methods", "tags", "merchant_data",
)  # fmt: skip
"""What their responses may change; other members are ignored."""

MAX_MERCHANT_DATA = 1024  # characters in a response (documented by Klarna)
MAX_TEXT_LENGTH = 1000  # characters of an error that is shown


async def validate_checkout(
    runner: DeliveryRunner, sandbox: Sandbox, checkout: Checkout
) -> Validation:
    """Ask the merchant whether the purchase may go on, if there is a validation URL."""
    url = checkout.merchant_url("validation")
    if url is None:
        return SKIPPED
    is_required = bool(checkout.fields.get("options", {}).get(REQUIRED_OPTION))
    body = orjson.dumps(serialize_checkout(checkout, sandbox.assumptions)).decode()
    timeout = REQUIRED_TIMEOUT if is_required else OPTIONAL_TIMEOUT

    def add(current: Sandbox) -> Delivery:
        now, kind = current.clock.now(), DeliveryKind.VALIDATION
        order_id = checkout.order_id
        return current.deliveries.add(kind, order_id, url, now, body=body, timeout=timeout)

    delivery = await runner.take_turn(sandbox, add)
    if delivery is None:  # the sandbox was reset or dropped
        return SKIPPED
    response = parse_response(await runner.ask(sandbox, delivery), url)
    return interpret_validation_response(
        response, is_required=is_required, assumptions=sandbox.assumptions
    )


def changed_by_shopper(before: Checkout, after: Checkout) -> Collection[DeliveryKind]:
    """Return the callbacks that the shopper's changes call for, if they have a URL."""
    changes = {
        DeliveryKind.ADDRESS_UPDATE: _differs(before, after, "shipping_address"),
        DeliveryKind.COUNTRY_CHANGE: _country(before) != _country(after),
        DeliveryKind.SHIPPING_OPTION_UPDATE: _differs(
            before, after, "selected_shipping_option"
        ),
    }
    return [kind for kind, changed in changes.items() if changed and after.merchant_url(kind)]


def _differs(before: Checkout, after: Checkout, name: str) -> bool:
    return bool(before.shopper.get(name) != after.shopper.get(name))


def _country(checkout: Checkout) -> str:
    """Return the country of the shopper, at first that of the purchase."""
    billing = checkout.shopper.get("billing_address", {})
    return str(billing.get("country", checkout.fields["purchase_country"])).upper()


async def ask_for_update(
    runner: DeliveryRunner, sandbox: Sandbox, checkout: Checkout, kind: DeliveryKind
) -> Validation:
    """Send the merchant what the shopper changed, and apply the totals of the response."""
    url = checkout.merchant_url(kind)
    assert url is not None  # noqa: S101  # by changed_by_shopper
    shown = serialize_checkout(checkout, sandbox.assumptions)
    fields = {name: shown[name] for name in REQUEST_FIELDS if name in shown}
    body, order_id = orjson.dumps(fields).decode(), checkout.order_id

    def add(current: Sandbox) -> Delivery:
        now, timeout = current.clock.now(), float(current.assumptions.callback_timeout)
        return current.deliveries.add(kind, order_id, url, now, body=body, timeout=timeout)

    delivery = await runner.take_turn(sandbox, add)
    if delivery is None:  # the sandbox was reset or dropped
        return UPDATE_FAILED
    sent = await runner.ask(sandbox, delivery)
    validation = interpret_update_response(parse_response(sent, url))
    if not validation.lets_pass:
        return validation
    problem = await runner.take_turn(sandbox, _apply_update, delivery, sent.body)
    return replace(UPDATE_FAILED, error_text=problem) if problem else validation


def _apply_update(sandbox: Sandbox, delivery: Delivery, body: bytes) -> str:
    """Replace the fields that a response names; return what is wrong with them, if anything."""
    problem = _replace_fields(sandbox, delivery.order_id, body)[:MAX_TEXT_LENGTH]
    if problem:
        sandbox.deliveries.name_error(delivery.delivery_id, problem)
    return problem


def _replace_fields(sandbox: Sandbox, order_id: str, body: bytes) -> str:
    try:
        response = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return f"the response is no JSON: {error}"
    if not isinstance(response, dict):
        return "the response is no JSON object"
    if missing := [name for name in REQUIRED_FIELDS if response.get(name) is None]:
        return f"the response lacks {', '.join(missing)}"
    named = {name: response[name] for name in RESPONSE_FIELDS if name in response}
    operation = Operation.UPDATE_CHECKOUT
    try:
        fields = check_fields(named, operation.info, sandbox.assumptions)
        _check_merchant_data(fields, operation, sandbox.assumptions)
        update_checkout(sandbox, order_id, fields, size=len(body))
    except Refusal as refusal:
        return f"the response was not accepted: {describe_refusal(refusal)}"
    return ""


def _check_merchant_data(
    fields: Fields, operation: Operation, assumptions: Assumptions
) -> None:
    """Check the bound of ``merchant_data``, which is lower here than in requests.

    Raises:
        Refusal: it is longer.
    """
    length = len(fields.get("merchant_data", ""))
    if length > MAX_MERCHANT_DATA:
        expected = f"at most {MAX_MERCHANT_DATA} characters"
        bad_value = BadValue(("merchant_data",), "", expected, f"{length} characters")
        raise bad_value_refusal([bad_value], operation, assumptions)


def parse_response(sent: Sent, url: str) -> CallbackResponse:
    """Read what the merchant answered; a body that is no JSON object has no error.

    Args:
        sent: the response.
        url: what was called; a relative ``Location`` starts there, as in browsers.
    """
    try:
        body: Any = orjson.loads(sent.body)
    except orjson.JSONDecodeError:
        body = None
    error = body if isinstance(body, dict) else {}
    error_type, error_text = (
        str(error.get(key) or "")[:MAX_TEXT_LENGTH] for key in ("error_type", "error_text")
    )
    location = _absolute_url(url, sent.location)
    return CallbackResponse(sent.status, location, error_type, error_text)


def _absolute_url(base_url: str, location: str) -> str:
    """Return where a ``Location`` leads to; one that is no URL stays as it is."""
    try:
        return location and urljoin(base_url, location)
    except ValueError:
        return location
