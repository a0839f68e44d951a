"""One merchant request while it is processed."""

from collections.abc import Sequence
from copy import copy
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.http.messages import Request, Response
from mockserver.sandbox.execution import Execution
from mockserver.sandbox.faults.actions import Action, is_before_commit, name_action
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.recordings import record_message
from mockserver.sandbox.sandbox import Sandbox

FiredRules: TypeAlias = Sequence[tuple[FaultRule, Action]]


class HandledRequest(Struct, frozen=True):
    """The response to a request, with its journal entry and its sandbox, if it has one."""

    response: Response
    entry: Entry
    sandbox: Sandbox | None = None


class Exchange(Struct):
    """State of one merchant request; only the handler changes it.

    Attributes:
        request: the request.
        entry: its journal entry, filled in as things become known.
        fired: the fault actions that apply.
        started: monotonic time of arrival, in seconds.
    """

    request: Request
    entry: Entry
    fired: FiredRules = ()
    started: float = field(default_factory=monotonic)

    def copy(self) -> "Exchange":
        """Return a copy; a turn that is taken again starts from the same state."""
        return Exchange(self.request, copy(self.entry), self.fired, self.started)

    def record_execution(self, execution: Execution) -> None:
        """Record what an executed command did."""
        entry = self.entry
        entry.result, entry.before, entry.after = (
            execution.result, execution.before, execution.after,
        )  # fmt: skip
        entry.replayed, entry.body_changed = execution.replayed, execution.body_changed

    def record_crash(self, traceback: str) -> Refusal:
        """Record a failure of the server itself; faults after the commit no longer apply."""
        self.fired = [fired for fired in self.fired if is_before_commit(fired[1])]
        self.entry.crash = traceback
        self.entry.result = refusal = Refusal(Reason.INTERNAL_ERROR, self.entry.operation)
        return refusal

    def finish(self, response: Response) -> Entry:
        """Complete the journal entry by the response, before its ``Mock-`` headers."""
        entry = self.entry
        entry.status, entry.damage = response.status, response.damage
        entry.retry_after = response.headers.get("Retry-After")
        if self.fired:
            entry.faults = [f"{rule.name}: {action}" for rule, action in self.fired]
            entry.fault_names = tuple([name_action(action) for _, action in self.fired])
        return entry

    def record_messages(self, response: Response) -> None:
        """Record both messages, and how long the request took."""
        body = b"" if self.request.method == "HEAD" else response.body
        self.entry.messages = (
            record_message(self.request.headers, self.request.body),
            record_message(response.headers, body),
        )
        self.entry.seconds = monotonic() - self.started
