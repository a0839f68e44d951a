"""The merchant's API: one call in, one answer out, written down in the journal."""

import asyncio
import logging
from functools import cache
from time import monotonic
from traceback import format_exc
from typing import Any

import orjson
from msgspec import Struct

from mockserver.api import effects
from mockserver.api.answers import (
    accepted,
    header_text,
    json_answer,
    refused,
    unauthorized,
    with_mock_headers,
)
from mockserver.api.credentials import read_credentials
from mockserver.api.exchange import Answer, Call
from mockserver.api.json_in import MalformedJsonError, parse_json
from mockserver.api.metrics import Metrics
from mockserver.api.near_misses import add_hint
from mockserver.api.operations import PREFIX, ROUTES, Row
from mockserver.api.pages import OrderPages
from mockserver.api.request_bodies import read_command
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.lifecycle import status_of
from mockserver.sandbox.actions import Delivery
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.faults import Facts
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Executed, Sandbox

IDEMPOTENCY_KEY = "Klarna-Idempotency-Key"
CREDENTIALS_WANTED = "send Authorization: Basic with base64 of user:secret, or an API key"

log = logging.getLogger("kustom_mock")
requests_log = logging.getLogger("kustom_mock.requests")


class MerchantApi(Struct, frozen=True):
    """Answers what merchants ask; ``mock_headers`` adds our own explanations."""

    sandboxes: Sandboxes[Any]
    pages: OrderPages
    metrics: Metrics
    mock_headers: bool = True

    async def answer(self, call: Call) -> Answer:
        """Answer any call outside the control API."""
        authorization = call.headers.get("Authorization")
        credentials = read_credentials(authorization)
        if credentials is None:
            found = "unreadable_credentials" if authorization else "no_credentials"
            return self._turn_away(call, f"{found}; {CREDENTIALS_WANTED}")
        sandbox = await self.sandboxes.admit(credentials.user, credentials.secret)
        if sandbox is None:
            return self._turn_away(call, "wrong_credentials", credentials.user)
        entry = Entry(
            at=sandbox.clock.now(),
            correlation_id=sandbox.ids.exchange_id(),
            method=call.method,
            path=call.path,
        )
        begun = monotonic()
        try:
            answer = await self._answer_in(sandbox, call, entry)
        except asyncio.CancelledError:
            entry.delivery = Delivery(result="nothing: the client left before the answer")
            self._observe(sandbox, entry, monotonic() - begun)
            raise
        entry.status = answer.status
        if isinstance(entry.result, Rejection):
            await add_hint(entry.result, call, sandbox, self.sandboxes)
        if self.mock_headers:
            with_mock_headers(answer, entry)
        self._observe(sandbox, entry, monotonic() - begun)
        return answer

    def _turn_away(self, call: Call, reason: str, user: str = "") -> Answer:
        """Answer a caller who may not come in; known sandboxes remember the attempt."""
        answer = unauthorized()
        if self.mock_headers:
            answer.headers["Mock-Reason"] = header_text(f"{reason} {user}".strip())
        sandbox = self.sandboxes.find(user)
        entry = Entry(
            at=sandbox.clock.now() if sandbox else wall_clock(),
            correlation_id="",
            method=call.method,
            path=call.path,
            status=answer.status,
        )
        self._observe(sandbox, entry, 0.0)
        return answer

    def _observe(self, sandbox: Sandbox | None, entry: Entry, seconds: float) -> None:
        if sandbox is not None:
            sandbox.journal.record(entry)
        self.metrics.count(entry, seconds)
        if requests_log.isEnabledFor(logging.INFO):
            fields = request_fields(sandbox.name if sandbox else "", entry, seconds)
            words = " ".join(f"{key}={value}" for key, value in fields.items())
            requests_log.info(words, extra={"fields": fields})

    async def _answer_in(self, sandbox: Sandbox, call: Call, entry: Entry) -> Answer:
        try:
            return await self._carry_out(sandbox, call, entry)
        except Rejection as rejection:
            return _refuse(rejection, sandbox, entry)
        except Exception:
            log.exception("crash in %s (%s)", call.path, entry.correlation_id)
            entry.result = Rejection(Reason.INTERNAL_ERROR, entry.operation)
            entry.crash = format_exc()
            return refused(entry.result, entry.correlation_id, sandbox.assumptions)

    async def _carry_out(self, sandbox: Sandbox, call: Call, entry: Entry) -> Answer:
        row, ids = _find_row(call)
        entry.operation, entry.order_id = row.operation, ids["order_id"]
        if not sandbox.faults:
            return await self._undisturbed(sandbox, row, ids, call, entry)
        struck = sandbox.faults.strike(_facts(call, row, ids, entry))
        answer = await effects.before(struck, sandbox, entry)
        if answer is None:
            answer = await self._undisturbed(sandbox, row, ids, call, entry)
            answer = effects.after(struck, answer, sandbox, entry)
        return answer

    async def _undisturbed(
        self,
        sandbox: Sandbox,
        row: Row,
        ids: dict[str, str],
        call: Call,
        entry: Entry,
    ) -> Answer:
        try:
            if row.command is None:
                return await self._read(sandbox, row, ids, entry)
            entry.idempotency_key = call.headers.get(IDEMPOTENCY_KEY)
            executed = await self._execute(sandbox, row, ids, call, entry)
        except Rejection as rejection:
            transaction_id = sandbox.ids.exchange_id() if row.command else None
            return _refuse(rejection, sandbox, entry, transaction_id)
        return self._conclude(sandbox, row, executed, call, entry)

    async def _execute(
        self,
        sandbox: Sandbox,
        row: Row,
        ids: dict[str, str],
        call: Call,
        entry: Entry,
    ) -> Executed:
        order_id, key = ids["order_id"], entry.idempotency_key
        try:
            command = read_command(call, row, ids)
        except Rejection:
            known = await sandbox.replay(order_id, row.operation, key) if key else None
            if known is None:
                raise
            return known
        size = len(call.body or b"") if row.schema else 0
        executed = await sandbox.execute(
            order_id,
            command,
            key,
            size=size,
            allocation_fails=entry.allocation_fails,
        )
        if executed.after is not executed.before:
            self.sandboxes.grow(sandbox, size)
        return executed

    async def _read(
        self,
        sandbox: Sandbox,
        row: Row,
        ids: dict[str, str],
        entry: Entry,
    ) -> Answer:
        order = await sandbox.find(ids["order_id"], row.operation)
        if row.view is not None:
            page = orjson.dumps(row.view(order, ids, sandbox.assumptions))
        else:
            status = status_of(order, entry.at, sandbox.assumptions)
            page = self.pages.of(order, status, sandbox.assumptions)
        return json_answer(row.success, page, entry.correlation_id)

    def _conclude(
        self,
        sandbox: Sandbox,
        row: Row,
        executed: Executed,
        call: Call,
        entry: Entry,
    ) -> Answer:
        entry.result = executed.result
        entry.before, entry.after = executed.before, executed.after
        entry.replayed = executed.replayed
        entry.body_changed = executed.body_changed
        transaction_id = sandbox.ids.exchange_id()
        if isinstance(executed.result, Rejection):
            return refused(
                executed.result,
                entry.correlation_id,
                sandbox.assumptions,
                transaction_id,
            )
        return accepted(
            row.success,
            executed.result,
            correlation_id=entry.correlation_id,
            transaction_id=transaction_id,
            order_url=f"{call.origin}{PREFIX}/{entry.order_id}",
        )


def request_fields(sandbox: str, entry: Entry, seconds: float) -> dict[str, object]:
    """What a log line says of a request."""
    fields: dict[str, object] = {
        "sandbox": sandbox,
        "operation": entry.operation or "unknown",
        "status": entry.status,
        "correlation_id": entry.correlation_id,
        "milliseconds": round(seconds * 1000, 3),
    }
    if isinstance(entry.result, Rejection):
        fields["reason"] = str(entry.result.reason)
    if entry.injected:
        fields["faults"] = "; ".join(entry.injected)
    return fields


def _refuse(
    rejection: Rejection,
    sandbox: Sandbox,
    entry: Entry,
    transaction_id: str | None = None,
) -> Answer:
    entry.result = rejection.with_traceback(None)
    return refused(rejection, entry.correlation_id, sandbox.assumptions, transaction_id)


def _find_row(call: Call) -> tuple[Row, dict[str, str]]:
    found = ROUTES.find(call.method, call.segments)
    if found is None:
        raise Rejection(Reason.UNKNOWN_PATH, path=call.path)
    if found.row is None:
        raise Rejection(
            Reason.METHOD_NOT_ALLOWED,
            method=call.method,
            allowed=", ".join(found.methods),
        )
    return found.row, found.values


def _facts(call: Call, row: Row, ids: dict[str, str], entry: Entry) -> Facts:
    body = cache(lambda: _any_body(call))  # however many rules look into it
    return Facts(row.operation, ids["order_id"], entry.at, body)


def _any_body(call: Call) -> object:
    """Read a body for the rules that look into it; anything unreadable is nothing."""
    try:
        return parse_json(call.body or b"{}")
    except MalformedJsonError:
        return {}
