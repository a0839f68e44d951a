"""For each cell a scenario that covers it: its steps, its faults, its assumptions.

The order of every scenario has two lines: two T-shirts (``A``, 3000) and a pair of sneakers
(``B``, 7000). A test plays all of them and checks that each covers its cell.
"""

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from mockserver.coverage.assumption_recipes import ASSUMPTION_RECIPES
from mockserver.coverage.cells import Cell
from mockserver.coverage.checkout_recipes import accepted_checkout, delivery, refused_checkout
from mockserver.coverage.recipe import ORDER, UNKNOWN_ID, Recipe
from mockserver.coverage.refund_recipes import (
    CONDITION_RECIPES,
    FIRST_PARCEL,
    ONE_LINE,
    OUTCOME_RECIPES,
    PART_BACK,
    REFUND_RECIPES,
    WHOLE_ORDER,
)
from mockserver.coverage.refusal_recipes import REFUSAL_RECIPES
from mockserver.domain.errors import Reason, find_error_definition
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import Operation
from mockserver.scenario.spec import Spec

LINES: list[Spec] = [
    {"reference": "A", "name": "T-shirt", "quantity": 2, "unit_price": 1500},
    {"reference": "B", "name": "Sneakers", "unit_price": 7000},
]
ENDPOINT = "https://shop.example/webhooks"
TRACKED_PARCEL = {"shipping_info": [{"tracking_number": "1001"}]}
ADDRESS = {"street_address": "Storgatan 1", "city": "Stockholm"}


def write_scenario(cell: Cell) -> str:
    """Write the scenario that covers a cell, as YAML."""
    dimension, *names = cell.cell_id.split("/")
    recipe = _RECIPES[dimension](*names)
    spec: Spec = {
        "version": 1,
        "title": f"Coverage: {cell.text}",
        "seed": cell.cell_id,
        "clock": {"start": "2026-01-15T09:00:00Z", "frozen": True},
        "country": recipe.country,
        "assume": dict(recipe.assume),
        **_subject(recipe),
        "faults": dict(recipe.faults),
        "steps": list(recipe.steps),
    }
    content = {key: value for key, value in spec.items() if value}
    text: str = yaml.dump(
        content, Dumper=_RecipeDumper, sort_keys=False, default_flow_style=None, width=100
    )
    return text


def _subject(recipe: Recipe) -> Spec:
    """Return what the steps are about: an order, or a checkout order."""
    webhooks = {"webhooks": {"endpoints": [{"url": ENDPOINT}]}} if recipe.is_told else {}
    if recipe.cart is not None:
        return {"checkouts": {ORDER: {**recipe.cart, "lines": LINES}}, **webhooks}
    return {"orders": {ORDER: {**recipe.order, "lines": LINES}}, **webhooks}


class _RecipeDumper(yaml.SafeDumper):
    """Writes short mappings on one line, and no anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        """Repeat equal values."""
        return True


ORDER_CALLS: Mapping[Operation, Spec] = {
    Operation.UPDATE_AUTHORIZATION: {"amount": 10000, "lines": ["A", "B"]},
    Operation.UPDATE_CUSTOMER_DETAILS: {"shipping_address": ADDRESS},
    Operation.UPDATE_MERCHANT_REFERENCES: {"merchant_reference1": "1001"},
    Operation.ADD_ORDER_SHIPPING_INFO: TRACKED_PARCEL,
    Operation.CAPTURE: {"lines": ["B"]},
    Operation.ADD_CAPTURE_SHIPPING_INFO: TRACKED_PARCEL,
    Operation.EXTEND_DUE_DATE: {"number_of_days": 14},
    Operation.REFUND: {"lines": [{"reference": "A", "quantity": 1}]},
}
"""Bodies of operations; the others have none."""

PATH_TO_STATUS: Mapping[Status, tuple[Spec, ...]] = {
    Status.AUTHORIZED: (),
    Status.PART_CAPTURED: (FIRST_PARCEL,),
    Status.CAPTURED: (WHOLE_ORDER,),
    Status.CANCELLED: ({"cancel": {"order": ORDER}},),
    Status.EXPIRED: (FIRST_PARCEL, {"advance": "60d"}),
    Status.CLOSED: (
        WHOLE_ORDER,
        {"refund": {"order": ORDER, "lines": ["A", "B"], "name": "back"}},
    ),
}
"""The steps that bring the order into a status."""

INVALID_BODIES: Mapping[Operation, Spec] = {
    Operation.UPDATE_CUSTOMER_DETAILS: {"shipping_address": 1},
    Operation.UPDATE_MERCHANT_REFERENCES: {"merchant_reference1": []},
}
"""Bodies with an invalid field; for the others, one without the fields they need."""

FAULT_VALUES: Mapping[str, object] = {
    "respond": {"status": 500},
    "respond_after": {"status": 500},
    "refuse": "temporarily_unavailable",
    "delay": "1s",
    "rate_limit": {"retry_after": "5s"},
    "truncate": 1,
    "slow_body": 1000,
}
"""The value of an action; ``true`` for the others without a kind."""


def _complete(call: Spec, operation: Operation) -> Spec:
    """Add the order, and the capture or refund that the path of an operation names."""
    info = operation.info
    named: dict[str, Any] = {"order": ORDER}
    if "{capture_id}" in info.path:
        named["capture"] = "first"
    if "{refund_id}" in info.path:
        named["refund"] = "back"
    return {**named, **call}


def _step(operation: Operation, **changes: object) -> Spec:
    """Return the step that sends an operation."""
    return {str(operation): {**_complete(ORDER_CALLS.get(operation, {}), operation), **changes}}


def _path(operation: Operation, status: Status) -> tuple[Spec, ...]:
    """Return the steps before an operation, with the refund that it may read."""
    steps = PATH_TO_STATUS[status]
    if operation is Operation.GET_REFUND and status is not Status.CLOSED:
        return (*steps, PART_BACK)
    return steps


def _refused(step: Spec, reason: Reason) -> Spec:
    """Return a step that expects a refusal."""
    operation = Operation(next(iter(step)))
    status = find_error_definition(reason, operation).status
    return {**step, "response": {"status": status}}


def _status_recipe(name: str, status_name: str) -> Recipe:
    operation, status = Operation(name), Status(status_name)
    reason = LIFECYCLE[operation][status].reason
    path = _path(operation, status)
    has_capture = any("capture" in step for step in path)
    changes: Spec = {}
    if not has_capture and "{capture_id}" in operation.info.path:
        changes = {"capture": UNKNOWN_ID}
    elif not has_capture and operation is Operation.REFUND:
        changes = {"amount": 1000}
    step = _step(operation, **changes)
    closed = {"fully_refunded_status": "CLOSED"} if status is Status.CLOSED else {}
    return Recipe((*path, _refused(step, reason) if reason else step), assume=closed)


def _refusal_recipe(name: str, reason_name: str) -> Recipe:
    operation, reason = Operation(name), Reason(reason_name)
    if operation not in LIFECYCLE:
        return refused_checkout(operation, reason)
    recipe = REFUSAL_RECIPES.get((operation, reason))
    if recipe is not None:
        *before, last = recipe.steps
        call = _complete(last[operation], operation)
        steps = (*before, _refused({str(operation): call}, reason))
        return Recipe(steps, assume=recipe.assume, order=recipe.order, country=recipe.country)
    changes: Spec = {}
    match reason:
        case Reason.ORDER_NOT_FOUND:
            changes = _unknown_order(operation)
        case Reason.CAPTURE_NOT_FOUND:
            changes = {"capture": UNKNOWN_ID}
        case Reason.REFUND_NOT_FOUND:
            changes = {"refund": UNKNOWN_ID}
        case Reason.INVALID_FIELDS:
            changes = {"body": INVALID_BODIES.get(operation, {})}
        case Reason.MALFORMED_JSON:
            changes = {"body": "{"}
    return Recipe((FIRST_PARCEL, _refused(_step(operation, **changes), reason)))


def _unknown_order(operation: Operation) -> Spec:
    changes: dict[str, Any] = {"order": UNKNOWN_ID}
    if "{capture_id}" in operation.info.path:
        changes["capture"] = UNKNOWN_ID
    if "{refund_id}" in operation.info.path:
        changes["refund"] = UNKNOWN_ID
    if "lines" in ORDER_CALLS.get(operation, {}):
        changes |= {"amount": 1000, "lines": [ONE_LINE]}
    return changes


def _accepted_in(operation: Operation) -> Status:
    """Return a status in which an operation is accepted and finds what it names."""
    for_parts = (Status.PART_CAPTURED, Status.AUTHORIZED)
    needs_part = operation.info.path.count("{") > 1 or operation is Operation.REFUND
    return next(
        status
        for status in (for_parts if needs_part else (Status.AUTHORIZED, *for_parts))
        if LIFECYCLE[operation][status].reason is None
    )


def _fault_recipe(name: str, variant: str) -> Recipe:
    operation, (action, _, end) = Operation(name), variant.partition("-")
    value = end or FAULT_VALUES.get(action, True)
    before = _path(operation, _accepted_in(operation))
    rule = {"on": str(operation), "calls": 1, "do": {action: value}}
    step = {**_step(operation), **_response_under(action, operation)}
    return Recipe((*before, step), {"fault": rule})


def _response_under(action: str, operation: Operation) -> Spec:
    """Return what a step expects under a fault action."""
    match action:
        case "respond" | "respond_after":
            return {"response": {"status": 500}}
        case "refuse":
            return {"response": {"status": 503}}
        case "rate_limit":
            return {"response": {"status": 429}}
        case "drop" | "lose_answer" | "truncate":
            return {"response": "lost", "timeout": "2s"}
        case "garbage" if operation.info.success == 204:  # noqa: PLR2004  # HTTP No Content
            return {"response": {"status": 200}}
    return {}


def _lost_recipe(name: str) -> Recipe:
    operation = Operation(name)
    before = PATH_TO_STATUS[_accepted_in(operation)]
    step = _step(operation, idempotency_key="key-1")
    rule = {"on": name, "calls": 1, "do": {"lose_answer": "reset"}}
    return Recipe((*before, {**step, "response": "lost"}, step), {"lost": rule})


def _replay_recipe(name: str, kind: str) -> Recipe:
    operation = Operation(name)
    before = PATH_TO_STATUS[_accepted_in(operation)]
    step = _step(operation, idempotency_key="key-1")
    again = step
    if kind == "changed":
        changes: Spec = {"body": {}} if operation.info.schema else {"capture": UNKNOWN_ID}
        again = _step(operation, idempotency_key="key-1", **changes)
    return Recipe((*before, step, again))


def _answer_recipe(status: str) -> Recipe:
    action = "rate_limit" if status == "429" else "refuse"
    rule = {"on": "any", "calls": 1, "do": {action: FAULT_VALUES[action]}}
    refused = {**_step(Operation.CAPTURE), "response": {"status": int(status)}}
    return Recipe((refused, {"advance": "5s"}, _step(Operation.CAPTURE)), {"fault": rule})


_RECIPES: Mapping[str, Callable[..., Recipe]] = {
    "status": _status_recipe,
    "refusal": _refusal_recipe,
    "fault": _fault_recipe,
    "lost": _lost_recipe,
    "replay": _replay_recipe,
    "answer": _answer_recipe,
    "outcome": OUTCOME_RECIPES.__getitem__,
    "condition": CONDITION_RECIPES.__getitem__,
    "refund": REFUND_RECIPES.__getitem__,
    "assumption": ASSUMPTION_RECIPES.__getitem__,
    "checkout": accepted_checkout,
    "delivery": delivery,
}
"""The recipe of a cell by its dimension."""
