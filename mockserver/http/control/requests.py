"""Control API: list, count, await and clear the requests in the journal."""

import re
from collections.abc import Iterator
from time import monotonic

from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean
from mockserver.http.control import serializers
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.control.parsing import json_response
from mockserver.http.control.problems import Problem
from mockserver.http.messages import Request, Response
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.times import parse_duration

STATUS_PATTERN = re.compile(r"0|[1-9][0-9]{2}")
COUNT_PATTERN = re.compile(r"[0-9]{1,9}")
AWAIT_PARAMETERS = ("count", "timeout")
DEFAULT_TIMEOUT = "5s"
MAX_TIMEOUT = 60.0  # seconds


def list_requests(context: ControlContext, params: PathParams, request: Request) -> Response:
    """List the requests in the journal, oldest first, filtered by the query."""
    sandbox = find_sandbox(context, params)
    entries = [
        serializers.serialize_entry(entry) for entry in _matching_entries(sandbox, request)
    ]
    return json_response({"requests": entries})


def count_requests(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Count requests, including those no longer in the journal."""
    sandbox = find_sandbox(context, params)
    filters = _filters(request)
    if "correlation_id" in filters:
        return json_response({"count": sum(1 for _ in _matching_entries(sandbox, request))})
    operation = filters.get("operation")
    count = sandbox.journal.count_matching(
        Operation(operation) if operation else None,
        _order_id(sandbox, filters),
        int(filters["status"]) if "status" in filters else None,
    )
    return json_response({"count": count})


async def await_requests(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Wait until ``count`` matching requests have arrived, at most ``timeout`` (real time)."""
    expected_count, timeout = parse_await_parameters(request)
    deadline = monotonic() + timeout
    while True:
        sandbox = find_sandbox(context, params)  # it may have been replaced
        entries = list(_matching_entries(sandbox, request))
        seconds_left = deadline - monotonic()
        if len(entries) >= expected_count or seconds_left <= 0:
            break
        await sandbox.journal.wait_for_entry(seconds_left)
    return json_response(
        {
            "satisfied": len(entries) >= expected_count,
            "requests": [serializers.serialize_entry(entry) for entry in entries],
        }
    )


def parse_await_parameters(request: Request) -> tuple[int, float]:
    """Return how many matches to wait for, and for how many seconds.

    Raises:
        Problem: a parameter is invalid.
    """
    count = request.query.get("count", "1")
    if not COUNT_PATTERN.fullmatch(count):
        raise Problem(422, f"expected an integer for 'count', got '{count}'")
    try:
        timeout = parse_duration(request.query.get("timeout", DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise Problem(422, str(error)) from None
    return int(count), min(timeout, MAX_TIMEOUT)


def clear_requests(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Clear the journal and its counts."""
    sandbox = open_sandbox(context, params)
    sandbox.journal.clear()
    return Response(204)


def _matching_entries(sandbox: Sandbox, request: Request) -> Iterator[Entry]:
    filters = _filters(request)
    expected_values = {**filters, "order_id": _order_id(sandbox, filters)}
    for entry in sandbox.journal:
        if all(
            value in (None, str(getattr(entry, key))) for key, value in expected_values.items()
        ):
            yield entry


def _filters(request: Request) -> dict[str, str]:
    others = AWAIT_PARAMETERS if request.segments[-1] == "await" else ()
    filters = {key: value for key, value in request.query.items() if key not in others}
    operation = filters.get("operation")
    if operation is not None and operation not in list(Operation):
        hint = did_you_mean(operation, list(Operation))
        raise Problem(422, f"unknown operation '{operation}', {hint}")
    if not STATUS_PATTERN.fullmatch(filters.get("status", "200")):
        raise Problem(422, f"expected a status such as 201, got '{filters['status']}'")
    return filters


def _order_id(sandbox: Sandbox, filters: dict[str, str]) -> str | None:
    name_or_id = filters.get("order_id")
    return sandbox.order_names.get(name_or_id, name_or_id) if name_or_id else None
