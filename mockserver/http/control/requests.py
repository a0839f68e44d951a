"""Control API: list, count, await and clear the requests in the journal."""

import re
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import orjson
from multidict import CIMultiDict

from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_entry,
    find_sandbox,
    open_sandbox,
    parse_sandbox_name,
)
from mockserver.http.control.entries import serialize_entry, serialize_row
from mockserver.http.control.parsing import (
    CONTROL_SCHEMAS,
    COUNT_PATTERN,
    parse_flag,
    parse_limit,
)
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.json_values import JsonObject
from mockserver.http.merchant.credentials import parse_authorization
from mockserver.http.merchant.responses import IDEMPOTENCY_KEY_HEADER
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.times import parse_duration, parse_time

STATUS_PATTERN = re.compile(r"0|[1-9][0-9]{2}")
REQUEST_FILTERS = ("operation", "order_id", "status", "correlation_id")
ENTRY_VIEWS = ("full", "row")
MAX_ENTRY_ID = 999_999_999
DEFAULT_TIMEOUT = "5s"
MAX_TIMEOUT = 60.0  # seconds
FEW_ENTRIES = 100  # that are rendered at once


def list_requests(context: ControlContext, params: PathParams, request: Request) -> Response:
    """List the requests in the journal, filtered by the query.

    Oldest first; ``view=row`` lists short rows, newest first. ``after``, ``before`` and
    ``limit`` page by entry id.
    """
    sandbox = find_sandbox(context, params)
    journal = sandbox.journal
    entries = _page(list(_matching_entries(sandbox, request)), request)
    if request.query.get("view") == "row":
        rows = [serialize_row(entry) for entry in reversed(entries)]
    else:
        rows = _render_entries(entries)
    first = next(iter(journal), None)
    return json_response(
        {
            "requests": rows,
            "total": journal.count,
            "first": first and first.entry_id,
            "last": journal.last_id if first else None,
        }
    )


def get_request(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Return one request with its response; ``unmasked=true`` shows personal data."""
    sandbox = find_sandbox(context, params)
    entry = find_entry(sandbox, params["correlation_id"])
    unmasked = parse_flag(request, "unmasked")
    return json_response(serialize_entry(entry, unmasked=unmasked))


async def send_request(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Send a request to the merchant API in the name of the sandbox's user.

    Faults apply, and the journal records it. ``lost`` says that a fault damaged the response.
    """
    spec = validate(parse_json_object(request), f"{CONTROL_SCHEMAS}#/$defs/merchant_request")
    name = parse_sandbox_name(context, params)
    sandbox = await context.home.take_turn(name, find_sandbox, context, params)
    response = await context.send_to_merchant_api(_as_merchant(sandbox, spec, request))
    try:
        content = orjson.loads(response.body) if response.body else None
    except orjson.JSONDecodeError:
        content = response.body.decode(errors="replace")
    return json_response(
        {
            "status": response.status,
            "headers": response.headers,
            "body": content,
            "lost": response.damage is not None,
        }
    )


def _as_merchant(sandbox: Sandbox, spec: dict[str, Any], request: Request) -> Request:
    """Build the request; where the scenario lists no secret, any is accepted."""
    own = parse_authorization(request.headers.get("Authorization"))
    secret = own.secret if own and own.user == sandbox.name else "dashboard"
    secret = sandbox.credentials.get(sandbox.name, secret)
    basic = b64encode(f"{sandbox.name}:{secret}".encode()).decode()
    headers = CIMultiDict(
        {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    )
    if "idempotency_key" in spec:
        headers[IDEMPOTENCY_KEY_HEADER] = spec["idempotency_key"]
    return Request(
        method=spec["method"],
        path=spec["path"],
        segments=tuple(filter(None, spec["path"].split("/"))),
        headers=headers,
        body=orjson.dumps(spec["body"]) if "body" in spec else b"",
        scheme=request.scheme,
        host=request.host,
        client=request.client,
    )


def count_requests(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Count requests, including those no longer in the journal."""
    sandbox = find_sandbox(context, params)
    filters = _filters(request)
    if "correlation_id" in filters:
        return json_response({"count": sum(1 for _ in _matching_entries(sandbox, request))})
    operation = filters.get("operation")
    count = sandbox.journal.count_matching(
        Operation(operation) if operation else None,
        _order_id(sandbox, filters["order_id"]) if "order_id" in filters else None,
        int(filters["status"]) if "status" in filters else None,
    )
    return json_response({"count": count})


async def await_requests(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Wait until ``count`` matching requests have arrived, at most ``timeout`` (real time)."""
    expected_count, timeout = parse_await_parameters(request)
    deadline = monotonic() + timeout
    name, journal, entries, last_id = (
        parse_sandbox_name(context, params),
        None,
        deque[Entry](),
        0,
    )
    while True:
        look = await context.home.take_turn(
            name, _look_for_entries, context, params, request, journal, last_id
        )
        if look.journal is not journal:  # it was replaced, maybe with the sandbox
            entries.clear()
        journal, last_id = look.journal, look.last_id
        entries.extend(look.entries)
        while entries and entries[0].entry_id < look.first_id:
            entries.popleft()  # the journal has dropped it
        seconds_left = deadline - monotonic()
        if len(entries) >= expected_count or seconds_left <= 0:
            break
        await context.home.wait_for_change(name, seconds_left)
    render = partial(_render_entries, entries)
    rows = await context.workers.run_if(render, is_long=len(entries) > FEW_ENTRIES)
    return json_response({"satisfied": len(entries) >= expected_count, "requests": rows})


class _Look(NamedTuple):
    """The matching entries that a journal has got since another look at it."""

    journal: Journal
    entries: list[Entry]
    first_id: int
    last_id: int


def _look_for_entries(
    context: ControlContext,
    params: PathParams,
    request: Request,
    journal: Journal | None,
    last_id: int,
) -> _Look:
    sandbox = find_sandbox(context, params)
    found = sandbox.journal
    new = found.entries_after(last_id if found is journal else 0)
    matches = list(filter(_entry_filter(sandbox, request), new))
    return _Look(found, matches, found.first_id, found.last_id)


def parse_await_parameters(request: Request) -> tuple[int, float]:
    """Return how many matches to wait for, and for how many seconds.

    Raises:
        Problem: a parameter is invalid.
    """
    count = request.query.get("count", "1")
    if not COUNT_PATTERN.fullmatch(count) or not int(count):
        raise Problem(422, f"expected an integer from 1 for 'count', got '{count}'")
    text = request.query.get("timeout", DEFAULT_TIMEOUT)
    try:
        timeout = parse_duration(text).total_seconds()
    except ValueError as error:
        raise Problem(422, str(error)) from None
    if timeout > MAX_TIMEOUT:
        raise Problem(422, f"expected at most {MAX_TIMEOUT:g}s for 'timeout', got '{text}'")
    return int(count), timeout


def clear_requests(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Clear the journal and its counts."""
    sandbox = open_sandbox(context, params)
    sandbox.journal.clear()
    return Response(204)


def _matching_entries(sandbox: Sandbox, request: Request) -> Iterator[Entry]:
    return filter(_entry_filter(sandbox, request), sandbox.journal)


def _entry_filter(sandbox: Sandbox, request: Request) -> Callable[[Entry], bool]:
    """Return whether an entry matches the query."""
    filters = _filters(request)
    if "order_id" in filters:
        filters["order_id"] = _order_id(sandbox, filters["order_id"])
    after, before = _entry_id(request, "after", 0), _entry_id(request, "before", MAX_ENTRY_ID)
    since = _since(request)

    def matches(entry: Entry) -> bool:
        in_range = after < entry.entry_id < before and (since is None or entry.at >= since)
        return in_range and all(
            value == str(getattr(entry, key)) for key, value in filters.items()
        )

    return matches


def _render_entries(entries: Iterable[Entry]) -> list[JsonObject]:
    return [serialize_entry(entry) for entry in entries]


def _page(entries: list[Entry], request: Request) -> list[Entry]:
    """Apply ``limit``: the first entries after an id, otherwise the latest ones."""
    limit = parse_limit(request)
    if limit is None:
        return entries
    return entries[:limit] if "after" in request.query else entries[-limit:]


def _entry_id(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not COUNT_PATTERN.fullmatch(text):
        raise Problem(422, f"expected an entry id for '{name}', got '{text}'")
    return int(text)


def _since(request: Request) -> datetime | None:
    text = request.query.get("since")
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise Problem(422, f"since: {error}") from None


def _filters(request: Request) -> dict[str, str]:
    filters = {key: request.query[key] for key in REQUEST_FILTERS if key in request.query}
    if not filters.get("order_id"):
        filters.pop("order_id", None)  # an empty one is none
    view = request.query.get("view", "full")
    if view not in ENTRY_VIEWS:
        raise Problem(422, f"unknown view '{view}', {did_you_mean(view, ENTRY_VIEWS)}")
    operation = filters.get("operation")
    if operation is not None and operation not in list(Operation):
        raise Problem(422, f"unknown operation '{operation}', {_operation_hint(operation)}")
    if not STATUS_PATTERN.fullmatch(filters.get("status", "200")):
        raise Problem(422, f"expected a status such as 201, got '{filters['status']}'")
    return filters


def _operation_hint(operation: str) -> str:
    if operation in list(DeliveryKind):
        return f"calls to the merchant are deliveries: GET …/deliveries?kind={operation}"
    return did_you_mean(operation, list(Operation))


def _order_id(sandbox: Sandbox, name_or_id: str) -> str:
    return sandbox.order_names.get(name_or_id, name_or_id)
