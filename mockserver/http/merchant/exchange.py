"""One merchant request while it is processed, and the journal entry made from it."""

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.http.messages import Request, Response
from mockserver.sandbox.faults.actions import Action, is_before_commit, name_action
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Execution

FiredRules: TypeAlias = Sequence[tuple[FaultRule, Action]]


class Exchange(Struct):
    """State of one merchant request; only the handler changes it.

    Attributes:
        request: the request.
        at: the sandbox's time on arrival.
        correlation_id: id of the response.
        operation: the operation of the path; ``None`` if the path is unknown.
        order_id: the order id in the path.
        fired: the fault actions that apply.
        execution: the result of the command, if one was executed.
        refusal: why the request was refused before a command was executed.
        has_secret_in_url: whether path or query contain the secret of the caller.
        idempotency_key: the key of a request whose command was executed.
        crash: the traceback if the server itself failed.
        started: monotonic time of arrival, in seconds.
    """

    request: Request
    at: datetime
    correlation_id: str
    operation: Operation | None = None
    order_id: str | None = None
    fired: FiredRules = ()
    execution: Execution | None = None
    refusal: Refusal | None = None
    has_secret_in_url: bool = False
    idempotency_key: str | None = None
    crash: str | None = None
    started: float = field(default_factory=monotonic)

    def record_crash(self, traceback: str) -> Refusal:
        """Record a failure of the server itself; faults after the commit no longer apply."""
        self.crash = traceback
        self.fired = [fired for fired in self.fired if is_before_commit(fired[1])]
        return Refusal(Reason.INTERNAL_ERROR, self.operation)

    def build_entry(self, response: Response) -> Entry:
        """Build the journal entry of the finished request."""
        entry = Entry(
            at=self.at,
            correlation_id=self.correlation_id,
            method=self.request.method,
            path=self.request.path,
            operation=self.operation,
            order_id=self.order_id,
            status=response.status,
            result=self.refusal,
            idempotency_key=self.idempotency_key,
            has_secret_in_url=self.has_secret_in_url,
            retry_after=response.headers.get("Retry-After"),
            damage=response.damage,
            crash=self.crash,
        )
        if self.fired:
            entry.faults = [f"{rule.name}: {action}" for rule, action in self.fired]
            entry.fault_names = tuple([name_action(action) for _, action in self.fired])
        execution = self.execution
        if execution is not None:
            entry.result = self.refusal or execution.result
            entry.before, entry.after = execution.before, execution.after
            entry.replayed, entry.body_changed = execution.replayed, execution.body_changed
        return entry
