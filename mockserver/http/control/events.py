"""Control API: what happens in a sandbox, live, as server-sent events.

A stream holds a position, not a queue: it reads the entries after its position, writes them
in one piece, and waits. A client that does not read slows down only its own stream. Nothing
is rendered without subscribers.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import monotonic
from typing import Any

import orjson
from msgspec import Struct

from mockserver import __version__
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    parse_sandbox_name,
)
from mockserver.http.control.entries import serialize_row
from mockserver.http.control.parsing import COUNT_PATTERN
from mockserver.http.control.sandboxes import summarize_sandbox
from mockserver.http.json_values import JsonObject
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.times import parse_duration

EVENT_STREAM = "text/event-stream"
BATCH = 500  # entries of one write
BATCH_INTERVAL = 0.1  # seconds between two writes
CHECK_INTERVAL = 1.0  # seconds; changes that are not in the journal are noticed by then
LONGEST_STREAM = "1d"
PING_INTERVAL = 15.0  # seconds; a write also finds clients that have left
RETRY = b"retry: 1000\n\n"  # milliseconds
PING = b": ping\n\n"
STREAM_HEADERS = {
    "Content-Type": EVENT_STREAM,
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}


class State(Struct):
    """What a stream has sent: the position in the journal, and the rest of the sandbox.

    ``deadline`` is the monotonic time at which the stream ends.
    """

    position: int
    deadline: float
    journal: Journal | None = None
    summary: JsonObject | None = None


async def stream_events(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Stream events: ``entry`` for each request, ``sandbox`` for any other change.

    ``Last-Event-ID`` or ``after`` continue after that entry; by default only new entries are
    sent. ``reset`` says that entries are gone, so lists must be read again. ``timeout`` ends
    the stream after a while; it may end earlier, and a client continues then.
    """
    name = parse_sandbox_name(context, params)
    sandbox = await context.home.take_turn(name, find_sandbox, context, params)
    state = State(_position(request, sandbox.journal.last_id), monotonic() + _timeout(request))
    stream = _stream(context, name, params, state)
    return Response(200, headers=dict(STREAM_HEADERS), stream=stream)


def _position(request: Request, last_id: int) -> int:
    text = request.headers.get("Last-Event-ID") or request.query.get("after")
    if text is None:
        return last_id
    if not COUNT_PATTERN.fullmatch(text):
        raise Problem(422, f"expected an entry id to continue after, got '{text}'")
    return int(text)


def _timeout(request: Request) -> float:
    try:
        timeout = parse_duration(request.query.get("timeout", LONGEST_STREAM))
    except ValueError as error:
        raise Problem(422, f"timeout: {error}") from None
    return timeout.total_seconds()


async def _stream(
    context: ControlContext, name: str, params: PathParams, state: State
) -> AsyncIterator[bytes]:
    yield RETRY
    last_write = monotonic()
    while True:
        try:
            sandbox, data = await context.home.take_turn(name, _collect, context, params, state)
        except Problem:
            yield _event("gone", {"sandbox": name})
            return
        if data or monotonic() - last_write >= PING_INTERVAL:
            yield data or PING
            last_write = monotonic()
        seconds_left = state.deadline - monotonic()
        if seconds_left <= 0:
            return
        if data:
            await asyncio.sleep(min(BATCH_INTERVAL, seconds_left))  # gather what follows
        else:
            await sandbox.journal.wait_for_entry(min(CHECK_INTERVAL, seconds_left))


def _collect(
    context: ControlContext, params: PathParams, state: State
) -> tuple[Sandbox, bytes]:
    """Render what happened since the last call, and move the position."""
    sandbox = find_sandbox(context, params)
    journal = sandbox.journal
    events: list[bytes] = []
    if state.journal is None:
        events.append(_event("hello", {"version": __version__, "last": journal.last_id}))
    if _has_lost_entries(journal, state):
        events.append(_event("reset", {"last": journal.last_id}))
        state.position = journal.last_id
    entries = journal.entries_after(state.position)[:BATCH]
    events += map(_entry_event, entries)
    state.position = entries[-1].entry_id if entries else state.position
    state.journal = journal
    summary = _summarize(context, sandbox, entries)
    if summary != state.summary:
        state.summary = summary
        events.append(_event("sandbox", summary))
    return sandbox, b"".join(events)


def _has_lost_entries(journal: Journal, state: State) -> bool:
    """Return whether the journal was replaced or no longer has what comes next."""
    replaced = state.journal is not None and state.journal is not journal
    first = next(iter(journal), None)
    dropped = first is not None and first.entry_id > state.position + 1
    return replaced or state.position > journal.last_id or dropped


def _summarize(
    context: ControlContext, sandbox: Sandbox, entries: Sequence[Entry]
) -> JsonObject:
    summary: dict[str, Any] = summarize_sandbox(context, sandbox)
    if not summary["frozen"] and not entries:
        summary.pop("now")  # it passes all the time
    summary.pop("requests")
    summary["fired"] = sum(sandbox.faults.fired.values())
    deliveries = sandbox.deliveries  # counted: many streams look often
    summary["deliveries"] = len(deliveries.by_id) + deliveries.attempt_count
    summary["snapshots"] = len(sandbox.snapshots)
    return summary


def _entry_event(entry: Entry) -> bytes:
    return b"id: %d\n%b" % (entry.entry_id, _event("entry", serialize_row(entry)))


def _event(kind: str, data: JsonObject) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(data))
