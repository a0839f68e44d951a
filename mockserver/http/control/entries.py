"""Serialize journal entries for the control API: in full, or as a row of a list."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from mockserver.domain.ledger import build_ledger
from mockserver.domain.refusal import Refusal
from mockserver.domain.refusal_hints import refusal_hint
from mockserver.domain.wording import did_you_mean, quote
from mockserver.http.json_values import JsonObject, format_time
from mockserver.http.merchant.order_serializer import serialize_explanation
from mockserver.http.merchant.responses import IDEMPOTENCY_KEY_HEADER
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.recordings import Message
from mockserver.scenario.body_fields import body_fields

MAX_NOTED_FIELDS = 10  # of one body, for each kind of note


def serialize_entry(entry: Entry, *, unmasked: bool = False) -> JsonObject:
    """Serialize an entry with its messages and the explanation of its response.

    Args:
        entry: the entry.
        unmasked: show personal data in bodies; credentials are never shown.
    """
    result, explanation = entry.result, entry.explanation
    request, response = entry.messages or (None, None)
    return {
        "id": entry.entry_id,
        "correlation_id": entry.correlation_id,
        "at": format_time(entry.at),
        "took_ms": round(entry.seconds * 1000, 3),
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "order_id": entry.order_id,
        "created_id": entry.created_id,
        "idempotency_key": request.headers.get(IDEMPOTENCY_KEY_HEADER) if request else None,
        "status": entry.status,
        "replayed": entry.replayed,
        "body_changed": entry.body_changed,
        "refusal": serialize_refusal(result) if isinstance(result, Refusal) else None,
        "allocation": explanation and serialize_explanation(explanation),
        "hints": entry.hints,
        "notes": _notes(entry, request) if request else [],
        "faults": entry.faults,
        "sent": entry.sent,
        "crash": entry.crash,
        "before": entry.before and build_ledger(entry.before),
        "after": entry.after and build_ledger(entry.after),
        "request": request and _serialize_message(request, unmasked=unmasked),
        "response": response and _serialize_message(response, unmasked=unmasked),
        "text": render_entry(entry),
    }


def serialize_row(entry: Entry) -> JsonObject:
    """Serialize an entry as a short row of a list."""
    result = entry.result
    allocation = getattr(result, "allocation", None)
    return {
        "id": entry.entry_id,
        "at": format_time(entry.at),
        "correlation_id": entry.correlation_id,
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "order_id": entry.order_id,
        "status": entry.status,
        "outcome": allocation and allocation.outcome,
        "reason": result.reason if isinstance(result, Refusal) else None,
        "replayed": entry.replayed,
        "faults": entry.faults,
        "sent": entry.sent,
        "took_ms": round(entry.seconds * 1000, 3),
    }


def render_entry(entry: Entry) -> str:
    """Render the explanation of a request as text."""
    got = f"status {entry.status}" if entry.status else "no response"
    lines = [f"{entry.method} {entry.path} got {got}."]
    if entry.faults:
        lines.append(f"Faults: {'; '.join(entry.faults)}. Sent: {entry.sent}.")
    if entry.replayed:
        changed = " with a different request" if entry.body_changed else ""
        lines.append(f"Replayed: the idempotency key was used before{changed}.")
    if isinstance(entry.result, Refusal):
        provenance = entry.result.definition.source
        lines += [f"Refused: {render_refusal(entry.result)}", f"Provenance: {provenance}."]
    elif entry.explanation:
        lines.append(entry.explanation.text)
    return "\n".join([*lines, *(f"Hint: {hint}" for hint in entry.hints)])


def render_refusal(refusal: Refusal) -> str:
    """Render a refusal with its hint."""
    return " ".join((f"{refusal}.", *refusal_hint(refusal)))


def serialize_refusal(refusal: Refusal) -> JsonObject:
    """Serialize a refusal with its reason, facts, hints and provenance."""
    source = refusal.definition.source
    return {
        "reason": refusal.reason,
        "error_code": refusal.code,
        "message": refusal.message,
        "facts": dict(refusal.known_facts),
        "hints": refusal_hint(refusal),
        "provenance": {"mark": source.mark, "source": source.source},
    }


def _serialize_message(message: Message, *, unmasked: bool) -> JsonObject:
    body = message.body.decode(errors="replace") if unmasked else message.shown_body()
    return {
        "headers": message.shown_headers(),
        "body": body,
        "bytes": message.body_bytes,
        "cut": message.is_cut,
    }


def _notes(entry: Entry, request: Message) -> list[str]:
    """Return remarks on a request body that the provider would not make."""
    return [*_note_duplicate_keys(request), *_note_ignored_fields(entry, request)]


def _note_ignored_fields(entry: Entry, request: Message) -> Iterator[str]:
    """Yield the top-level fields that the operation ignores, with the field that was meant."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return
    paths = body_fields(entry.operation) if entry.operation else ()
    fields = dict.fromkeys(path.split(".")[0] for path in paths)
    if not fields or not isinstance(body, dict):
        return
    ignored = (key for key in body if key not in fields)
    for key in islice(ignored, MAX_NOTED_FIELDS):
        yield f"unknown field {quote(key)} is ignored, {did_you_mean(key, fields)}"


def _note_duplicate_keys(request: Message) -> list[str]:
    repeated: dict[str, None] = {}

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.update(dict.fromkeys(key for key in counts if counts[key] > 1))
        return members

    try:
        json.loads(request.body, object_pairs_hook=collect)
    except (ValueError, RecursionError):
        return []
    keys = islice(repeated, MAX_NOTED_FIELDS)
    return [f"duplicate key '{key}': its last value counts" for key in keys]
