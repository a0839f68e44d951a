"""One request on its way through the merchant API, and the journal entry it becomes."""

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.operation import Operation
from mockserver.http.messages import Request, Response
from mockserver.sandbox.faults.actions import Action, is_before_commit
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Execution

FiredActions: TypeAlias = Sequence[tuple[FaultRule, Action]]


class Exchange(Struct):
    """What the stations of a request found; only the pipeline writes here.

    Attributes:
        call: the request.
        at: the sandbox's time when it came in.
        correlation_id: the id that its response carries.
        operation: the operation that its path names, if it names one.
        order_id: the order that its path names.
        fired: the fault actions that are carried out on it.
        executed: how its command ended.
        refusal: why it was refused where no command was executed.
        crash: the traceback where the server itself failed.
        started: when it came in (monotonic seconds).
    """

    call: Request
    at: datetime
    correlation_id: str
    operation: Operation | None = None
    order_id: str | None = None
    fired: FiredActions = ()
    executed: Execution | None = None
    refusal: Refusal | None = None
    crash: str | None = None
    started: float = field(default_factory=monotonic)

    def record_crash(self, traceback: str) -> Refusal:
        """Record that the server itself failed; faults after the commit do not apply."""
        self.crash = traceback
        self.fired = [item for item in self.fired if is_before_commit(item[1])]
        return Refusal(Reason.INTERNAL_ERROR, self.operation)

    def build_entry(self, response: Response) -> Entry:
        """Build the journal entry of the finished exchange."""
        entry = Entry(
            at=self.at,
            correlation_id=self.correlation_id,
            method=self.call.method,
            path=self.call.path,
            operation=self.operation,
            order_id=self.order_id,
            status=response.status,
            result=self.refusal,
            damage=response.damage,
            crash=self.crash,
        )
        if self.fired:
            entry.faults = [f"{rule.name}: {action}" for rule, action in self.fired]
        executed = self.executed
        if executed is not None:
            entry.result = self.refusal or executed.result
            entry.before, entry.after = executed.before, executed.after
            entry.replayed, entry.body_changed = executed.replayed, executed.body_changed
        return entry
