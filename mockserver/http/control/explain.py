"""Control API: explain a response by correlation id, and dry-run a refund."""

from collections.abc import Sequence

from mockserver.domain.allocation.allocate import explain_case
from mockserver.domain.allocation.case import build_case_for_command
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.commands import RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.decision import Context
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.http.control import serializers
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_entry,
    find_order,
    find_sandbox,
)
from mockserver.http.control.entries import serialize_entry
from mockserver.http.json_bodies import json_response, parse_json_object
from mockserver.http.merchant import validation_errors
from mockserver.http.merchant.command_parsing import Body, parse_refund
from mockserver.http.merchant.fault_injection import effective_actions
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.faults.actions import Action, FailAllocation
from mockserver.sandbox.faults.rules import FaultRule, RequestFacts
from mockserver.sandbox.sandbox import Sandbox
from mockserver.schemas import get_schema


def explain_request(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Explain the response to the request with a correlation id."""
    sandbox = find_sandbox(context, params)
    entry = find_entry(sandbox, params["correlation_id"])
    return json_response(serialize_entry(entry))


def explain_refund(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Predict the allocation of a refund without creating it."""
    body = parse_json_object(request)
    if not isinstance(body.get("order_id"), str) or "refund" not in body:
        raise Problem(422, 'expected {"order_id": "…", "refund": {…}}')
    validate_refund(body["refund"])
    sandbox = find_sandbox(context, params)
    order = find_order(sandbox, body["order_id"])
    dry_run = try_refund(sandbox, order, body["refund"])
    return json_response(serializers.serialize_dry_run(*dry_run))


def validate_refund(body: object) -> None:
    """Check the body of a refund request.

    Raises:
        Problem: with status 422 and every violation.
    """
    schema = get_schema("requests/refund.schema.json")
    if not schema.is_valid(body):
        errors = validation_errors.violation_messages(schema.violations(body))
        raise Problem(422, f"the refund is not valid: {'; '.join(errors)}", errors=errors)


def try_refund(
    sandbox: Sandbox, order: Order, body: Body
) -> tuple[Explanation, Refusal | None, Sequence[tuple[FaultRule, Action]]]:
    """Predict what a refund would get: its allocation, a refusal, and faults."""
    refund, now = parse_refund(body, {}), sandbox.clock.now()
    facts = RequestFacts(Operation.REFUND, order.order_id, now, lambda: body)
    fired_actions = effective_actions(sandbox.faults.dry_run(facts))
    case = build_case_for_command(
        order,
        refund,
        sandbox.assumptions,
        fail_allocation=any(isinstance(action, FailAllocation) for _, action in fired_actions),
    )
    refusal = _refusal(order, refund, Context(now, "", sandbox.assumptions))
    return explain_case(case), refusal, fired_actions


def _refusal(order: Order, refund: RefundOrder, context: Context) -> Refusal | None:
    try:
        decide(order, refund, context)
    except Refusal as refusal:
        return refusal
    return None
