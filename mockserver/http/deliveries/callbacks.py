"""Callbacks: questions to the merchant while the shopper is in the checkout.

No state is held while the merchant is asked: the merchant may read and update the
checkout order meanwhile.
"""

from typing import Any

import orjson

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.validation import (
    OPTIONAL_TIMEOUT,
    REQUIRED_OPTION,
    REQUIRED_TIMEOUT,
    SKIPPED,
    CallbackAnswer,
    Validation,
    judge_validation,
)
from mockserver.http.deliveries.runner import DeliveryRunner
from mockserver.http.deliveries.sender import Sent
from mockserver.http.merchant.checkout_serializer import serialize_checkout
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.sandbox import Sandbox

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
        now = current.clock.now()
        return current.deliveries.add(
            DeliveryKind.VALIDATION, checkout.order_id, url, now, body=body, timeout=timeout
        )

    delivery = await runner.take_turn(sandbox, add)
    if delivery is None:  # the sandbox was reset or dropped
        return SKIPPED
    answer = parse_answer(await runner.ask(sandbox, delivery))
    return judge_validation(answer, is_required=is_required, assumptions=sandbox.assumptions)


def parse_answer(sent: Sent) -> CallbackAnswer:
    """Read what the merchant answered; a body that is no JSON object has no error."""
    try:
        body: Any = orjson.loads(sent.body)
    except orjson.JSONDecodeError:
        body = None
    error = body if isinstance(body, dict) else {}
    error_type, error_text = (
        str(error.get(key, ""))[:MAX_TEXT_LENGTH] for key in ("error_type", "error_text")
    )
    return CallbackAnswer(sent.status, sent.location, error_type, error_text)
