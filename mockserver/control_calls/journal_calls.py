"""Calls of the control API about requests and fault rules."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from mockserver.control_calls.control_connection import (
    ControlConnection,
    path_segment,
    without_none,
)
from mockserver.control_types import AwaitResult, FaultStatus, RequestEntry
from mockserver.order_types import OperationName


class JournalCalls(ControlConnection):
    """The journal of requests, and the fault rules that apply to them."""

    __slots__ = ()

    def faults(self) -> list[FaultStatus]:
        """List the fault rules with their counts."""
        return cast("list[FaultStatus]", self._list("faults"))

    def add_fault(self, spec: Mapping[str, object]) -> FaultStatus:
        """Add a fault rule; ``id`` names it.

        Raises:
            ControlError: with status 422 if the rule is not valid.
        """
        return cast("FaultStatus", self.call("POST", "faults", spec))

    def remove_fault(self, name: str) -> None:
        """Remove a fault rule.

        Raises:
            ControlError: with status 404 if there is no such rule.
        """
        self.call("DELETE", f"faults/{path_segment(name)}")

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self.call("DELETE", "faults")

    def requests(  # noqa: PLR0913  # one argument per filter
        self,
        *,
        operation: OperationName | None = None,
        order_id: str | None = None,
        status: int | None = None,
        correlation_id: str | None = None,
        after: int | None = None,
        before: int | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> list[RequestEntry]:
        """List the journal entries that match all given filters, oldest first.

        Args:
            operation: such as ``capture`` or ``refund``.
            order_id: id or name of an order.
            status: the decided HTTP status.
            correlation_id: that of one response.
            after: only entries with a greater ``id``.
            before: only entries with a smaller ``id``.
            since: only entries from this time on, on the sandbox's clock.
            limit: the first entries with ``after``, otherwise the latest.

        Raises:
            ControlError: with status 422 if a filter is not valid.
        """
        filters = without_none(
            operation=operation,
            order_id=order_id,
            status=status,
            correlation_id=correlation_id,
            after=after,
            before=before,
            since=since,
            limit=limit,
        )
        return cast("list[RequestEntry]", self._list("requests", filters))

    def await_requests(
        self,
        *,
        operation: OperationName | None = None,
        order_id: str | None = None,
        status: int | None = None,
        correlation_id: str | None = None,
        count: int | None = None,
        timeout: str | None = None,
    ) -> AwaitResult:
        """Wait until enough requests match all given filters.

        Args:
            operation: such as ``capture`` or ``refund``.
            order_id: id or name of an order.
            status: the decided HTTP status.
            correlation_id: that of one response.
            count: how many requests to wait for; 1 by default.
            timeout: a duration in real time, such as ``5s`` (the default); at most ``60s``.

        Returns:
            The matching requests; ``satisfied`` is false if too few came in time.

        Raises:
            ControlError: with status 422 if an argument is not valid.
        """
        filters = without_none(
            operation=operation,
            order_id=order_id,
            status=status,
            correlation_id=correlation_id,
            count=count,
            timeout=timeout,
        )
        return cast("AwaitResult", self.call("GET", f"requests/await?{urlencode(filters)}"))

    def clear_requests(self) -> None:
        """Delete all journal entries and their counts."""
        self.call("DELETE", "requests")
