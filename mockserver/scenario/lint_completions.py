"""Lint of completions: what the shopper cannot do at a checkout order of the scenario."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.choices import (
    ChoiceError,
    answer_checkboxes,
    check_required_checkboxes,
    choose_shipping_option,
)
from mockserver.domain.checkout.completion import ShopperOutcome
from mockserver.domain.operation import Operation
from mockserver.sandbox.deliveries.delivery import UPDATE_CALLBACKS
from mockserver.scenario.diagnostics import Finding
from mockserver.scenario.lint_context import LintContext
from mockserver.scenario.steps import ControlSandbox

CHANGES = (Operation.CREATE_CHECKOUT, Operation.UPDATE_CHECKOUT)


def check_completions(subject: LintContext) -> Iterator[Finding]:
    """Warn of completions that are refused, unless a step changes the checkout order."""
    changed = {call.order for call in subject.calls if call.operation in CHANGES}
    sandbox = subject.sandbox
    for step in subject.scenario.steps:
        instruction = step.instruction
        if not isinstance(instruction, ControlSandbox) or instruction.action != "complete":
            continue
        name = str(instruction.value["order"])
        checkout = sandbox.checkouts.get(sandbox.order_names.get(name, name))
        if checkout is None or name in changed:
            continue
        try:
            _check_choices(checkout, instruction.value, sandbox.assumptions)
        except ChoiceError as error:
            yield Finding("W309", ("steps", step.number - 1, "complete"), str(error))


def _check_choices(
    checkout: Checkout, spec: Mapping[str, Any], assumptions: Assumptions
) -> None:
    """Check the choices of a completion.

    Raises:
        ChoiceError: the checkout has no such choice, or a required checkbox is not ticked.
    """
    if not any(map(checkout.merchant_url, UPDATE_CALLBACKS)):  # they may bring other options
        choose_shipping_option(checkout, spec.get("shipping_option"))
    answers = answer_checkboxes(
        checkout, checkbox=spec.get("checkbox"), checkboxes=spec.get("checkboxes", {})
    )
    if spec.get("outcome") != ShopperOutcome.ABANDONED:
        check_required_checkboxes(checkout, answers, assumptions)
