"""The merchant's API: one call in, one answer out, written down in the journal."""

import logging
from asyncio import CancelledError, sleep
from datetime import datetime
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
from mockserver.api.merchant_exchange import Exchange
from mockserver.api.metrics import Metrics
from mockserver.api.near_misses import add_hint
from mockserver.api.operations import ROUTES, Row
from mockserver.api.pages import OrderPages
from mockserver.api.request_bodies import read_command
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.lifecycle import status_of
from mockserver.domain.operation import ORDERS_PATH
from mockserver.sandbox.actions import Delivery
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.faults import Facts
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Executed, Sandbox

IDEMPOTENCY_KEY = "Klarna-Idempotency-Key"
ABANDONED = Delivery(result="nothing: the client left before the answer")
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
        """Answer any call outside the control API; every line is a station on its way.

        A request is a *turn* on its sandbox: it runs to its end without awaiting, so no
        other request sees or changes what is half done.
        """
        sandbox = self._authenticate(call)
        if isinstance(sandbox, Answer):
            return sandbox
        now = sandbox.clock.now()
        exchange = Exchange(call, now, sandbox.ids.exchange_id())
        try:
            row, ids = _find_row(call)
            exchange.operation, exchange.order_id = row.operation, ids["order_id"]
            answer = None
            if sandbox.faults:
                struck = sandbox.faults.strike(_facts(call, row, ids, now))
                exchange.fired = effects.carried_out(struck)
                delay = effects.draw_delay(exchange.fired, sandbox)
                if delay:
                    # One turn ends here and another begins: others change the sandbox
                    # meanwhile, so what follows reads its orders and its time anew.
                    await sleep(delay)
                now = sandbox.clock.now()
                answer = effects.apply_before(exchange)
            if answer is None and row.command is None:
                answer = self._read(sandbox, exchange, row, ids, now)
            elif answer is None:
                exchange.executed = _execute(sandbox, exchange, row, ids)
                answer = _render(sandbox, exchange, row, exchange.executed)
        except Rejection as rejection:
            exchange.refusal = rejection.with_traceback(None)
            answer = refused(rejection, exchange.correlation_id, sandbox.assumptions)
        except CancelledError:  # the client disconnected during the delay
            self._record_exchange(sandbox, exchange, Answer(0, delivery=ABANDONED))
            raise
        except Exception:
            log.exception("crash in %s (%s)", call.path, exchange.correlation_id)
            exchange.refusal = crash = exchange.record_crash(format_exc())
            answer = refused(crash, exchange.correlation_id, sandbox.assumptions)
        if exchange.fired:
            answer = effects.after(exchange, answer, sandbox)
        return self._record_exchange(sandbox, exchange, answer)

    def _authenticate(self, call: Call) -> Sandbox | Answer:
        """Find the sandbox of a caller, or answer 401."""
        authorization = call.headers.get("Authorization")
        credentials = read_credentials(authorization)
        if credentials is None:
            problem = "unreadable_credentials" if authorization else "no_credentials"
            return self._turn_away(call, f"{problem}; {CREDENTIALS_WANTED}")
        user = credentials.user
        sandbox = self.sandboxes.admit(user, credentials.secret)
        return sandbox or self._turn_away(call, "wrong_credentials", user)

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

    def _read(
        self,
        sandbox: Sandbox,
        exchange: Exchange,
        row: Row,
        ids: dict[str, str],
        now: datetime,
    ) -> Answer:
        """Render an order, or the part of it that the path names."""
        order = sandbox.find(ids["order_id"], row.operation)
        if row.view is not None:
            page = orjson.dumps(row.view(order, ids, sandbox.assumptions))
        else:
            status = status_of(order, now, sandbox.assumptions)
            page = self.pages.of(order, status, sandbox.assumptions)
        return json_answer(row.success, page, exchange.correlation_id)

    def _record_exchange(self, sandbox: Sandbox, exchange: Exchange, answer: Answer) -> Answer:
        """Write an exchange into journal, metrics, log and ``Mock-`` headers."""
        entry = exchange.build_entry(answer)
        if isinstance(entry.result, Rejection):
            add_hint(entry.result, exchange.call, sandbox, self.sandboxes)
        if self.mock_headers:
            with_mock_headers(answer, entry)
        self._observe(sandbox, entry, monotonic() - exchange.started)
        return answer

    def _observe(self, sandbox: Sandbox | None, entry: Entry, seconds: float) -> None:
        if sandbox is not None:
            sandbox.journal.record(entry)
        self.metrics.count(entry, seconds)
        if requests_log.isEnabledFor(logging.INFO):
            fields = request_fields(sandbox.name if sandbox else "", entry, seconds)
            words = " ".join(f"{key}={value}" for key, value in fields.items())
            requests_log.info(words, extra={"fields": fields})


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
    if entry.faults:
        fields["faults"] = "; ".join(entry.faults)
    return fields


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


def _facts(call: Call, row: Row, ids: dict[str, str], now: datetime) -> Facts:
    body = cache(lambda: _any_body(call))  # however many rules look into it
    return Facts(row.operation, ids["order_id"], now, body)


def _any_body(call: Call) -> object:
    """Read a body for the rules that look into it; anything unreadable is nothing."""
    try:
        return parse_json(call.body or b"{}")
    except MalformedJsonError:
        return {}


def _execute(
    sandbox: Sandbox,
    exchange: Exchange,
    row: Row,
    ids: dict[str, str],
) -> Executed:
    """Parse the command of a request and execute it."""
    call, order_id = exchange.call, ids["order_id"]
    key = call.headers.get(IDEMPOTENCY_KEY)
    try:
        command = read_command(call, row, ids)
    except Rejection as rejection:
        known = sandbox.replay(order_id, row.operation, key) if key else None
        return known or Executed(rejection.with_traceback(None), None, None)
    return sandbox.execute(
        order_id,
        command,
        key,
        size=len(call.body or b"") if row.schema else 0,
        allocation_fails=bool(exchange.fired) and effects.fails_allocation(exchange.fired),
    )


def _render(sandbox: Sandbox, exchange: Exchange, row: Row, executed: Executed) -> Answer:
    """Answer an executed command, accepted or refused."""
    result, correlation_id = executed.result, exchange.correlation_id
    transaction_id = sandbox.ids.exchange_id()
    if isinstance(result, Rejection):
        return refused(result, correlation_id, sandbox.assumptions, transaction_id)
    return accepted(
        row.success,
        result,
        correlation_id=correlation_id,
        transaction_id=transaction_id,
        order_url=f"{exchange.call.origin}{ORDERS_PATH}/{exchange.order_id}",
    )
