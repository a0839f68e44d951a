"""Answers to "why?": by correlation id, and for a refund before it is sent."""

from mockserver.api import request_errors
from mockserver.api.commands import Body, refund_order
from mockserver.api.control import views
from mockserver.api.control.bodies import json_answer, json_body
from mockserver.api.control.handler import Control, Values, order_of, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.effects import carried_out
from mockserver.api.exchange import Answer, Call
from mockserver.api.views import View
from mockserver.domain.allocation import explain
from mockserver.domain.commands import RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.decision import Context
from mockserver.domain.errors import Rejection
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refund_case import measure_asked
from mockserver.sandbox.actions import FailAllocation
from mockserver.sandbox.faults import Facts
from mockserver.sandbox.sandbox import Sandbox
from mockserver.schemas import schema


def explain_call(control: Control, values: Values, _call: Call) -> Answer:
    """Say why the request with a correlation id got its answer."""
    sandbox = sandbox_of(control, values)
    wanted = values["correlation_id"]
    entry = sandbox.journal.find(wanted)
    if entry is None:
        kept = sandbox.journal.size
        hint = f"; the journal keeps the latest {kept} requests"
        raise Problem(404, f"no request with correlation id {wanted}{hint}")
    return json_answer(views.entry_view(entry))


def explain_refund(control: Control, values: Values, call: Call) -> Answer:
    """Say how a refund would be allocated, without making it."""
    body = json_body(call)
    if not isinstance(body.get("order_id"), str) or "refund" not in body:
        raise Problem(422, 'expected {"order_id": "…", "refund": {…}}')
    rules = schema("requests/refund.schema.json")
    if not rules.accepts(body["refund"]):
        errors = request_errors.messages(rules.violations(body["refund"]))
        raise Problem(422, f"the refund is not valid: {'; '.join(errors)}", errors=errors)
    sandbox = sandbox_of(control, values)
    order = order_of(sandbox, body["order_id"])
    return json_answer(_foretold(sandbox, order, body["refund"]))


def _foretold(sandbox: Sandbox, order: Order, body: Body) -> View:
    refund, now = refund_order(body, {}), sandbox.clock.now()
    call_facts = Facts(Operation.REFUND, order.order_id, now, lambda: body)
    struck = carried_out(sandbox.faults.foresee(call_facts))
    case = measure_asked(
        order,
        refund,
        sandbox.assumptions,
        allocation_fails=any(isinstance(action, FailAllocation) for _, action in struck),
    )
    refused = _refusal(order, refund, Context(now, "", sandbox.assumptions))
    return views.dry_run_view(explain(case), refused, struck)


def _refusal(order: Order, refund: RefundOrder, context: Context) -> Rejection | None:
    try:
        decide(order, refund, context)
    except Rejection as rejection:
        return rejection
    return None
