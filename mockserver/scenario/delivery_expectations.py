"""Check what is expected of checkout orders and of the calls to the merchant."""

from collections.abc import Iterator

from mockserver.domain.checkout.checkout import Checkout, derive_checkout_status
from mockserver.sandbox.deliveries.delivery import Delivery
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checked_expectation import CheckedExpectation, check_number
from mockserver.scenario.diagnostics import ValuePath
from mockserver.scenario.spec import Spec


def check_checkout(
    spec: Spec, checkout: Checkout | None, sandbox: Sandbox, path: ValuePath
) -> Iterator[CheckedExpectation]:
    """Compare a checkout order with what is expected of it."""
    if checkout is None:
        expected = "a checkout order"
        yield CheckedExpectation(path, passed=False, expected=expected, actual=None)
        return
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    facts = {
        "status": str(derive_checkout_status(checkout, now, assumptions)),
        "order_amount": checkout.fields["order_amount"],
    }
    for key, expected in spec.items():
        passed = facts[key] == expected
        yield CheckedExpectation((*path, key), passed, expected, facts[key])


def check_deliveries(spec: Spec, sandbox: Sandbox, path: ValuePath) -> CheckedExpectation:
    """Compare the number of calls with what is expected.

    Every attempt counts as a call. A delivery that is held without an attempt counts
    once, so that a shop that cannot be reached makes no difference.
    """
    order = spec.get("order")
    order_id = sandbox.order_names.get(order, order) if order is not None else None
    calls = sum(
        _count_calls(delivery, spec.get("answered"))
        for delivery in sandbox.deliveries
        if delivery.kind == spec["kind"] and order_id in (None, delivery.order_id)
    )
    return check_number(spec, calls, (*path, spec["kind"]))


def _count_calls(delivery: Delivery, answered: bool | int | None) -> int:  # noqa: FBT001
    """Count the calls of a delivery, or only those with this response; ``True`` is any 2xx.

    Responses are known of the latest attempts only.
    """
    if answered is None:
        return delivery.attempt_count or bool(delivery.held)
    if isinstance(answered, bool):
        return sum(attempt.succeeded is answered for attempt in delivery.attempts)
    return sum(attempt.status == answered for attempt in delivery.attempts)
