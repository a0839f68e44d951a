"""The journal of a sandbox: what was asked, decided, injected and delivered."""

from collections.abc import Iterator

from mockserver.api.control import views
from mockserver.api.control.bodies import json_answer
from mockserver.api.control.handler import Control, Values, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.domain.operation import Operation
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.findings import did_you_mean

FILTERS = ("operation", "order_id", "status", "correlation_id")


async def list_requests(control: Control, values: Values, call: Call) -> Answer:
    """List the kept requests, oldest first, filtered by the query."""
    sandbox = await sandbox_of(control, values)
    found = [views.entry_view(each) for each in _filtered(sandbox, call)]
    return json_answer({"requests": found})


async def count_requests(control: Control, values: Values, call: Call) -> Answer:
    """Count requests, those that the journal has forgotten included."""
    sandbox = await sandbox_of(control, values)
    wishes = _wishes(call)
    if "correlation_id" in wishes:
        return json_answer({"count": sum(1 for _ in _filtered(sandbox, call))})
    operation = wishes.get("operation")
    count = sandbox.journal.count_of(
        Operation(operation) if operation else None,
        _order_id(sandbox, wishes),
        int(wishes["status"]) if "status" in wishes else None,
    )
    return json_answer({"count": count})


async def clear_requests(control: Control, values: Values, _call: Call) -> Answer:
    """Forget all requests and their counts."""
    sandbox = await sandbox_of(control, values)
    sandbox.journal.clear()
    return Answer(204)


def _filtered(sandbox: Sandbox, call: Call) -> Iterator[Entry]:
    wishes = _wishes(call)
    wanted = {**wishes, "order_id": _order_id(sandbox, wishes)}
    for entry in sandbox.journal:
        if all(wish in (None, str(getattr(entry, key))) for key, wish in wanted.items()):
            yield entry


def _wishes(call: Call) -> dict[str, str]:
    wishes = dict(call.query)
    for key in wishes:
        if key not in FILTERS:
            raise Problem(422, f"unknown filter '{key}', {did_you_mean(key, FILTERS)}")
    operation = wishes.get("operation")
    if operation is not None and operation not in list(Operation):
        hint = did_you_mean(operation, list(Operation))
        raise Problem(422, f"unknown operation '{operation}', {hint}")
    if not wishes.get("status", "0").isdecimal():
        raise Problem(422, f"expected a status such as 201, got '{wishes['status']}'")
    return wishes


def _order_id(sandbox: Sandbox, wishes: dict[str, str]) -> str | None:
    wanted = wishes.get("order_id")
    return sandbox.order_names.get(wanted, wanted) if wanted else None
