"""The journal of a sandbox: what was asked, decided, injected and delivered."""

import re
from collections.abc import Iterator
from time import monotonic

from mockserver.api.control import views
from mockserver.api.control.bodies import json_answer
from mockserver.api.control.handler import Control, Values, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.times import duration

STATUS = re.compile(r"0|[1-9][0-9]{2}")
COUNT = re.compile(r"[0-9]{1,9}")
FILTERS = ("operation", "order_id", "status", "correlation_id")
WAITING = ("count", "timeout")
DEFAULT_TIMEOUT = "5s"
LONGEST_TIMEOUT = 60.0  # seconds


def list_requests(control: Control, values: Values, call: Call) -> Answer:
    """List the kept requests, oldest first, filtered by the query."""
    sandbox = sandbox_of(control, values)
    found = [views.entry_view(each) for each in _filtered(sandbox, call)]
    return json_answer({"requests": found})


def count_requests(control: Control, values: Values, call: Call) -> Answer:
    """Count requests, those that the journal has forgotten included."""
    sandbox = sandbox_of(control, values)
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


async def await_requests(control: Control, values: Values, call: Call) -> Answer:
    """Wait until ``count`` matching requests came, for at most ``timeout`` (real time)."""
    wanted, patience = _patience(call)
    deadline = monotonic() + patience
    while True:
        sandbox = sandbox_of(control, values)  # which may have been filled anew
        found = list(_filtered(sandbox, call))
        left = deadline - monotonic()
        if len(found) >= wanted or left <= 0:
            break
        await sandbox.journal.wait_for_more(left)
    page = {"satisfied": len(found) >= wanted, "requests": [views.entry_view(e) for e in found]}
    return json_answer(page)


def _patience(call: Call) -> tuple[int, float]:
    count = call.query.get("count", "1")
    if not COUNT.fullmatch(count):
        raise Problem(422, f"expected a whole number for 'count', got '{count}'")
    try:
        timeout = duration(call.query.get("timeout", DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise Problem(422, str(error)) from None
    return int(count), min(timeout, LONGEST_TIMEOUT)


def clear_requests(control: Control, values: Values, _call: Call) -> Answer:
    """Forget all requests and their counts."""
    sandbox = sandbox_of(control, values)
    sandbox.journal.clear()
    return Answer(204)


def _filtered(sandbox: Sandbox, call: Call) -> Iterator[Entry]:
    wishes = _wishes(call)
    wanted = {**wishes, "order_id": _order_id(sandbox, wishes)}
    for entry in sandbox.journal:
        if all(wish in (None, str(getattr(entry, key))) for key, wish in wanted.items()):
            yield entry


def _wishes(call: Call) -> dict[str, str]:
    waiting = WAITING if call.segments[-1] == "await" else ()
    wishes = {key: value for key, value in call.query.items() if key not in waiting}
    for key in wishes:
        if key not in FILTERS:
            raise Problem(422, f"unknown filter '{key}', {did_you_mean(key, FILTERS)}")
    operation = wishes.get("operation")
    if operation is not None and operation not in list(Operation):
        hint = did_you_mean(operation, list(Operation))
        raise Problem(422, f"unknown operation '{operation}', {hint}")
    if not STATUS.fullmatch(wishes.get("status", "200")):
        raise Problem(422, f"expected a status such as 201, got '{wishes['status']}'")
    return wishes


def _order_id(sandbox: Sandbox, wishes: dict[str, str]) -> str | None:
    wanted = wishes.get("order_id")
    return sandbox.order_names.get(wanted, wanted) if wanted else None
