"""What the shopper enters at checkout, and the callbacks that ask the merchant about it.

No state is held while the merchant is asked: the checkout order is read again after each
answer. A change that the merchant does not accept is taken back.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar, TypeVarTuple

from msgspec.structs import replace

from mockserver.domain.checkout.checkout import (
    Checkout,
    CheckoutStatus,
    derive_checkout_status,
)
from mockserver.domain.checkout.choices import ChoiceError
from mockserver.domain.checkout.validation import SKIPPED, UPDATE_FAILED, Validation
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.http.deliveries.callbacks import (
    RESPONSE_FIELDS,
    ask_for_update,
    changed_by_shopper,
)
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.json_values import JsonObject
from mockserver.http.problems import Problem
from mockserver.sandbox import checkouts
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.sandbox import Sandbox

ADDRESS_CALLBACKS = (DeliveryKind.ADDRESS_UPDATE, DeliveryKind.COUNTRY_CHANGE)
OPTION_CALLBACKS = (DeliveryKind.SHIPPING_OPTION_UPDATE,)

ResultT = TypeVar("ResultT")
ArgumentsT = TypeVarTuple("ArgumentsT")
Entering: TypeAlias = Callable[[Sandbox, Checkout], Checkout]
"""Turn that records what the shopper entered, and returns the changed checkout order."""


async def enter_changes(
    deliveries: DeliveryRunner,
    sandbox: Sandbox,
    order_id: str,
    enter: Entering,
    shipping_option: str | None,
) -> Validation:
    """Record what the shopper entered, and ask the merchant about each change.

    The option is chosen last, because responses about the address may offer others.

    Args:
        deliveries: asks the merchant.
        sandbox: where.
        order_id: id of the checkout order.
        enter: records everything but the shipping option.
        shipping_option: its id; ``None`` for the one chosen before, or the preselected one.

    Returns:
        The last response; skipped if nothing was asked.

    Raises:
        Problem: the checkout order cannot be changed; or the sandbox was reset meanwhile.
    """
    before = await take_checkout_turn(deliveries, sandbox, _enter, order_id, enter)
    answers = await _ask_about(deliveries, sandbox, before, ADDRESS_CALLBACKS)
    problem = ""
    if all(answer.lets_pass for answer in answers):
        problem = await take_checkout_turn(
            deliveries, sandbox, _choose, order_id, shipping_option
        )
        if problem and answers:
            answers.append(replace(UPDATE_FAILED, error_text=problem))
        elif not problem:
            answers += await _ask_about_option(deliveries, sandbox, before)
    if problem or not all(answer.lets_pass for answer in answers):
        # The first response was applied if there is a second one.
        applied = RESPONSE_FIELDS if len(answers) > 1 else ()
        restore = checkouts.restore_checkout
        await take_checkout_turn(deliveries, sandbox, restore, before, applied)
    if problem and not answers:
        raise Problem(422, problem)
    return answers[-1] if answers else SKIPPED


async def _ask_about(
    deliveries: DeliveryRunner,
    sandbox: Sandbox,
    before: Checkout,
    kinds: Iterable[DeliveryKind],
) -> list[Validation]:
    """Ask the merchant about changes until a response stops the shopper."""
    answers: list[Validation] = []
    for kind in kinds:
        current = deliveries.current(sandbox).checkouts[before.order_id]
        if kind not in changed_by_shopper(before, current):
            continue
        answers.append(await ask_for_update(deliveries, sandbox, current, kind))
        check_in_use(deliveries, sandbox)
        if not answers[-1].lets_pass:
            break
    return answers


async def _ask_about_option(
    deliveries: DeliveryRunner, sandbox: Sandbox, before: Checkout
) -> list[Validation]:
    """Ask the merchant about the shipping option, which must still be offered afterwards."""
    chosen = _chosen_option(deliveries, sandbox, before.order_id)
    answers = await _ask_about(deliveries, sandbox, before, OPTION_CALLBACKS)
    if chosen and not _chosen_option(deliveries, sandbox, before.order_id):
        problem = f"the shop no longer offers the chosen shipping option '{chosen}'"
        answers.append(replace(UPDATE_FAILED, error_text=problem))
    return answers


def _chosen_option(deliveries: DeliveryRunner, sandbox: Sandbox, order_id: str) -> str | None:
    """Return the id of the chosen shipping option."""
    shopper = deliveries.current(sandbox).checkouts[order_id].shopper
    option_id: str | None = shopper.get("selected_shipping_option", {}).get("id")
    return option_id


def _enter(sandbox: Sandbox, order_id: str, enter: Entering) -> Checkout:
    """Record what the shopper entered; return the checkout order as it was before."""
    before = checkouts.find_checkout(sandbox, order_id, Operation.UPDATE_CHECKOUT)
    enter(sandbox, before)
    return before


def _choose(sandbox: Sandbox, order_id: str, shipping_option: str | None) -> str:
    """Choose a shipping option; return why it cannot be chosen, or an empty text."""
    try:
        checkouts.identify_shopper(sandbox, order_id, {}, shipping_option)
    except ChoiceError as error:
        return str(error)
    return ""


async def take_checkout_turn(
    deliveries: DeliveryRunner,
    sandbox: Sandbox,
    turn: Callable[[Sandbox, *ArgumentsT], ResultT],
    *args: *ArgumentsT,
) -> ResultT:
    """Take a turn on a checkout order.

    Raises:
        Problem: it is refused, or the sandbox was replaced; nothing is changed.
    """
    try:
        result = await deliveries.take_turn(sandbox, turn, *args)
    except ChoiceError as error:
        raise Problem(422, str(error)) from None
    except Refusal as refusal:
        raise _refusal_problem(deliveries.current(sandbox), refusal) from None
    if result is None:
        raise Problem(409, "the sandbox was reset or dropped meanwhile")
    return result


STATUS_WORDS = {
    CheckoutStatus.COMPLETE: "is already complete, so it is read-only",
    CheckoutStatus.ABORTED: "was aborted, so it is read-only",
    CheckoutStatus.EXPIRED: "has expired",
}


def _refusal_problem(sandbox: Sandbox, refusal: Refusal) -> Problem:
    """Word why a checkout order cannot be completed."""
    status = 404 if refusal.reason is Reason.CHECKOUT_NOT_FOUND else 409
    checkout = sandbox.checkouts.get(str(refusal.facts.get("order_id")))
    if checkout is None:
        return Problem(status, f"the checkout cannot be completed: {refusal}")
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    words = STATUS_WORDS.get(derive_checkout_status(checkout, now, assumptions), str(refusal))
    return Problem(status, f"checkout '{checkout.order_id}' {words}")


def check_in_use(deliveries: DeliveryRunner, sandbox: Sandbox) -> None:
    """Check that a sandbox was not replaced while the merchant was asked.

    Raises:
        Problem: it was.
    """
    if not deliveries.is_in_use(sandbox):
        raise Problem(409, "the sandbox was reset or dropped while the merchant was asked")


def serialize_validation(validation: Validation) -> JsonObject:
    """Show the merchant's response to a callback."""
    return {
        "result": validation.result,
        "error_type": validation.error_type or None,
        "error_text": validation.error_text or None,
        "redirect_url": validation.redirect_url or None,
    }
