"""Orders of a sandbox: list, make, look into, force outcomes."""

from itertools import count

from mockserver.api.control import views
from mockserver.api.control.bodies import checked, json_answer, json_body
from mockserver.api.control.handler import Control, Values, order_of, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.domain.forced import FORCED
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.sandbox import BYTES_KEPT, Sandbox
from mockserver.scenario.world import add_order

ORDERS_KEPT = 200_000


def list_orders(control: Control, values: Values, _call: Call) -> Answer:
    """List the orders of a sandbox."""
    sandbox = sandbox_of(control, values)
    orders = sandbox.orders.values()
    return json_answer({"orders": views.order_summaries(sandbox, orders)})


def make_order(control: Control, values: Values, call: Call) -> Answer:
    """Make an order from scenario syntax."""
    spec = checked(json_body(call), "scenario.schema.json#/$defs/order")
    sandbox = sandbox_of(control, values)
    if len(sandbox.order_names) >= ORDERS_KEPT:
        raise Problem(409, f"the sandbox has {ORDERS_KEPT} orders; reset it to make more")
    size = len(call.body or b"")
    if not sandbox.has_room(size):
        raise Problem(409, f"the sandbox holds {BYTES_KEPT} bytes; reset it to make more")
    name = spec.get("name") or _free_name(sandbox)
    order = add_order(sandbox, name, spec, size=size)
    return json_answer(views.order_page(sandbox, order), status=201)


def _free_name(sandbox: Sandbox) -> str:
    numbers = count(len(sandbox.order_names) + 1)
    return next(n for n in map("order-{}".format, numbers) if n not in sandbox.order_names)


def get_order(control: Control, values: Values, _call: Call) -> Answer:
    """Show the inner side of an order."""
    sandbox = sandbox_of(control, values)
    order = order_of(sandbox, values["order_id"])
    return json_answer(views.inner_view(sandbox, order))


def force_outcome(control: Control, values: Values, call: Call) -> Answer:
    """Bring an outcome about that is the provider's or time's."""
    outcome = json_body(call).get("outcome")
    if not isinstance(outcome, str):
        raise Problem(422, f"expected a text for 'outcome', one of {', '.join(FORCED)}")
    if outcome not in FORCED:
        hint = did_you_mean(outcome, list(FORCED))
        raise Problem(422, f"unknown outcome '{outcome}', {hint}")
    sandbox = sandbox_of(control, values)
    order = order_of(sandbox, values["order_id"])
    changed = sandbox.force(order.order_id, outcome)
    return json_answer(views.inner_view(sandbox, changed or order))
