"""Control API: play recorded requests again under other assumptions or faults."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import orjson
from msgspec import to_builtins

from mockserver.domain.assumptions import Assumptions, switch_assumptions
from mockserver.domain.operation import ORDERS_PATH
from mockserver.domain.refusal import Refusal
from mockserver.domain.wording import did_you_mean, quote
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_entry,
    find_sandbox,
)
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.merchant.endpoints import ENDPOINT_BY_OPERATION, MERCHANT_ROUTER
from mockserver.http.merchant.request_parsing import parse_command
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.recordings import Message
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.fault_parser import parse_fault_rule
from mockserver.whatif.branch import Alternative, RecordedChange, other_values
from mockserver.whatif.differences import compare_branch, playable_changes

EACH = "each"


def play_whatif(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Play the requests from a point on under other assumptions or faults.

    Nothing of the sandbox changes.
    """
    body = parse_json_object(request)
    _check_fault_specs(body.get("faults"))
    validate(body, "control.schema.json#/$defs/whatif_request")
    sandbox = find_sandbox(context, params)
    entries = _entries_from(sandbox, body.get("from"))
    recorded = Alternative(sandbox.assumptions)
    changes = playable_changes([*_recorded_changes(entries)], recorded)
    branches = []
    for assume, alternative in _alternatives(sandbox, body):
        branch = compare_branch(changes, alternative)
        if branch.differs or branch.end or len(assume) != 1 or body.get("assume") != EACH:
            branches.append({"assume": assume, **to_builtins(branch)})
    return json_response(
        {
            "sandbox": sandbox.display_name,
            "start": entries[0].correlation_id if entries else None,
            "played": len(changes),
            "not_played": sum(_is_change(entry) for entry in entries) - len(changes),
            "dropped": sandbox.journal.count - sum(1 for _ in sandbox.journal),
            "branches": branches,
        }
    )


def _check_fault_specs(specs: object) -> None:
    """Refuse what is neither a fault rule nor null: the schema would only name null.

    Raises:
        Problem: with status 422.
    """
    for name, spec in specs.items() if isinstance(specs, dict) else ():
        is_rule = isinstance(spec, dict) and ("on" in spec or "do" in spec)
        if spec is not None and not is_rule:
            expected = "expected a fault rule (`on`, `do`) or null"
            text = quote(orjson.dumps(spec).decode())
            raise Problem(422, f"faults: {quote(name)}: {expected}, got {text}")


def _entries_from(sandbox: Sandbox, point: str | None) -> Sequence[Entry]:
    """Return the entries from a request, or after a snapshot, on.

    Raises:
        Problem: with status 404 if there is neither.
    """
    entries = list(sandbox.journal)
    if point is None:
        return entries
    if point in sandbox.snapshots:
        last = sandbox.snapshots[point].journal.last_id
        return [entry for entry in entries if entry.entry_id > last]
    try:
        first = find_entry(sandbox, point)
    except Problem as problem:
        names = list(sandbox.snapshots)
        hint = f"; no snapshot '{point}', {did_you_mean(point, names)}" if names else ""
        raise Problem(problem.status, f"{problem}{hint}") from None
    return list(islice(entries, entries.index(first), None))


def _is_change(entry: Entry) -> bool:
    operation = entry.operation
    return operation is not None and operation.info.takes_idempotency_key


def _recorded_changes(entries: Sequence[Entry]) -> Iterator[RecordedChange]:
    """Parse the recorded bodies; a request whose body was not kept is left out."""
    for entry in entries:
        messages = entry.messages
        if not _is_change(entry) or messages is None or messages[0].is_cut:
            continue
        change = _parse_change(entry, messages[0])
        if change is not None:
            yield change


def _parse_change(entry: Entry, message: Message) -> RecordedChange | None:
    path = entry.path[entry.path.index(ORDERS_PATH) :] if ORDERS_PATH in entry.path else ""
    segments = tuple(filter(None, path.split("/")))
    request = Request(
        entry.method, entry.path, segments, message.headers, message.body, "http", "localhost"
    )
    match = MERCHANT_ROUTER.match(entry.method, segments)
    if match is None or match.target is None or entry.operation is None:
        return None
    try:
        command = parse_command(
            request, ENDPOINT_BY_OPERATION[entry.operation], match.path_params
        )
    except Refusal:
        return None  # refused for its body, whatever is assumed
    return RecordedChange(entry, command, partial(_load, message.body))


def _load(body: bytes) -> object:
    return orjson.loads(body) if body else {}


def _alternatives(
    sandbox: Sandbox, body: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, object], Alternative]]:
    """Yield what to play under: one alternative, or each value of each assumption."""
    added, removed = _faults(sandbox, body.get("faults", {}))
    assume = body.get("assume", {})
    if isinstance(assume, str) and assume != EACH:
        raise Problem(422, f"assume: expected '{EACH}' or assumptions by name, got '{assume}'")
    if assume != EACH:
        yield assume, Alternative(_switched(sandbox.assumptions, assume), added, removed)
        return
    for name, value in other_values(sandbox.assumptions):
        choice = {name: value}
        yield choice, Alternative(_switched(sandbox.assumptions, choice), added, removed)


def _switched(base: Assumptions, choices: Mapping[str, object]) -> Assumptions:
    try:
        return switch_assumptions(base, choices)
    except ValueError as error:
        raise Problem(422, str(error)) from None


def _faults(
    sandbox: Sandbox, specs: Mapping[str, Any]
) -> tuple[tuple[FaultRule, ...], frozenset[str]]:
    """Parse fault rules to add; ``null`` removes the effects of a recorded rule.

    Raises:
        Problem: with status 422 if ``null`` names no rule.
    """
    removed = frozenset(name for name, spec in specs.items() if spec is None)
    _check_recorded(sandbox, removed)
    added = tuple(
        parse_fault_rule(
            name, spec, sandbox.order_names, sandbox.orders, sandbox.clock.now(), (name,)
        )
        for name, spec in specs.items()
        if spec is not None
    )
    return added, removed


def _check_recorded(sandbox: Sandbox, names: Collection[str]) -> None:
    """Refuse names of rules that the sandbox neither has nor recorded."""
    if not names:
        return
    fired = (text.partition(": ")[0] for entry in sandbox.journal for text in entry.faults)
    known = dict.fromkeys([*sandbox.faults.by_name, *fired])
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) if known else "the sandbox has no fault rules"
            raise Problem(422, f"faults: unknown rule {quote(name)}, {hint}")
