"""Typed client of the control API; uses the standard library only.

>>> control = ControlClient("http://127.0.0.1:8566", "my-test")
>>> control.use("split-shipment")["two-shipments"]
'7ce4ee13-973c-6f49-a30e-85a0bc675997'
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

from mockserver.control_types import (
    AuditReport,
    AwaitResult,
    ClockChange,
    ClockState,
    CompletionOutcome,
    CoverageCounts,
    FaultStatus,
    ForcedOutcome,
    InvariantsReport,
    OperationName,
    OrderDetails,
    OrderSummary,
    ProblemDetails,
    PushTiming,
    RefundDryRun,
    RequestEntry,
    SandboxSummary,
    SnapshotSummary,
    VerdictReport,
    WhatifReport,
)
from mockserver.http_client import HttpClient, HttpClientError, HttpResponse, basic_auth
from mockserver.merchant_types import MerchantOrder

REQUEST_TIMEOUT = 70.0  # seconds; longer than the longest await of requests


class ControlError(Exception):
    """Raised when the control API refuses a request; ``status`` is 0 without a response.

    Attributes:
        status: the HTTP status; 0 if no server answered.
        problem: the problem document; ``None`` if no server answered, or not with one.
    """

    def __init__(self, status: int, detail: str, problem: ProblemDetails | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ControlClient:
    """Client for one sandbox of a running server.

    Orders are named by their name in the scenario or by their id. Every method raises
    :class:`ControlError` if the server refuses or does not answer.

    Attributes:
        url: address of the server, such as ``http://127.0.0.1:8566``.
        sandbox: name of the sandbox: the user name of the merchant.
        token: the server's ``--admin-token``, if it has one.
        ca_file: PEM file of the authorities to trust over HTTPS; the system's by default.
        verify: ``False`` accepts any certificate.
        secret: the password of the merchant, which a server with ``--owned`` asks for.
    """

    url: str
    sandbox: str
    token: str | None = None
    ca_file: str | PathLike[str] | None = None
    verify: bool = True
    secret: str | None = None

    def info(self) -> SandboxSummary:
        """Return the sandbox in figures.

        Raises:
            ControlError: with status 404 if the sandbox is not in use.
        """
        return cast("SandboxSummary", self.call("GET", ""))

    def use(self, name: str) -> dict[str, str]:
        """Fill the sandbox from a shipped scenario.

        Returns:
            The order ids by the names of the scenario.

        Raises:
            ControlError: with status 404 or 422 if there is no such scenario.
        """
        return self.load({"use": name})

    def load(self, scenario: str | bytes | Mapping[str, object]) -> dict[str, str]:
        """Fill the sandbox from a scenario.

        Args:
            scenario: the YAML or JSON text of a scenario, or its content as a mapping.

        Returns:
            The order ids by the names of the scenario.

        Raises:
            ControlError: with status 422 and every finding; the sandbox is unchanged.
        """
        return self._seed("PUT", "scenario", scenario)

    def export(self) -> str:
        """Return the sandbox as scenario YAML, with personal data masked."""
        return str(self.call("GET", "scenario"))

    def reset(self) -> dict[str, str]:
        """Return to the state that the scenario describes.

        Returns:
            The order ids by the names of the scenario.
        """
        return self._seed("POST", "reset")

    def drop(self) -> None:
        """Delete the sandbox.

        Raises:
            ControlError: with status 404 if the sandbox is not in use.
        """
        self.call("DELETE", "")

    def orders(
        self,
        *,
        text: str | None = None,
        status: str | None = None,
        outcome: Literal["allocated", "failed", "not_attempted"] | None = None,
        limit: int | None = None,
    ) -> list[OrderSummary]:
        """List the orders, oldest first.

        Args:
            text: words that must all be in the order's name, id or references.
            status: only orders in this status.
            outcome: only orders with a refund whose allocation has this outcome.
            limit: at most so many, the latest.

        Raises:
            ControlError: with status 404 if the sandbox is not in use, or 422 for a wrong
                filter.
        """
        filters = _without_none(text=text, status=status, outcome=outcome, limit=limit)
        return cast("list[OrderSummary]", self._list("orders", filters))

    def create_order(self, spec: Mapping[str, object], *, mask: bool = False) -> MerchantOrder:
        """Create an order.

        Args:
            spec: scenario syntax, such as ``{"lines": [{"unit_price": 500}]}``, or an order as
                the provider shows it.
            mask: leave the personal data of a provider's order out.

        Returns:
            The order as the merchant sees it.

        Raises:
            ControlError: with status 422 and every finding.
        """
        return cast("MerchantOrder", self.call("POST", f"orders{'?mask=true' * mask}", spec))

    def order(self, order: str) -> OrderDetails:
        """Return everything known about an order.

        Raises:
            ControlError: with status 404 if there is no such order.
        """
        return cast("OrderDetails", self.call("GET", f"orders/{_segment(order)}"))

    def picture(self, order: str, *, step: int | None = None, width: int | None = None) -> str:
        """Draw an order as SVG.

        Args:
            order: name or id of the order.
            step: draw it as it was after this step of its timeline.
            width: pixels, from 320 to 2000.

        Raises:
            ControlError: with status 404 if there is no such order, or 422 if an argument is
                not valid.
        """
        query = urlencode(_without_none(step=step, width=width))
        return str(self.call("GET", f"orders/{_segment(order)}/picture.svg?{query}"))

    def force(self, order: str, outcome: ForcedOutcome) -> OrderDetails:
        """Force an outcome that the provider or time would cause.

        Raises:
            ControlError: with status 404 if there is no such order, or 422 if the outcome is
                unknown.
        """
        path = f"orders/{_segment(order)}/force"
        return cast("OrderDetails", self.call("POST", path, {"outcome": outcome}))

    def checkouts(self) -> list[dict[str, Any]]:
        """List the checkout orders, oldest first."""
        return cast("list[dict[str, Any]]", self._list("checkouts"))

    def create_checkout(self, spec: Mapping[str, object]) -> dict[str, Any]:
        """Create a checkout order from scenario syntax, such as ``{"lines": […]}``.

        Raises:
            ControlError: with status 422 and every finding.
        """
        return cast("dict[str, Any]", self.call("POST", "checkouts", spec))

    def checkout(self, order_id: str) -> dict[str, Any]:
        """Return a checkout order, whatever its status, and the order it became.

        Raises:
            ControlError: with status 404 if there is no such checkout order.
        """
        return cast("dict[str, Any]", self.call("GET", f"checkouts/{_segment(order_id)}"))

    def complete(  # noqa: PLR0913  # one argument per key
        self,
        order_id: str,
        *,
        outcome: CompletionOutcome | None = None,
        payment_method: str | None = None,
        billing_address: Mapping[str, object] | None = None,
        shipping_address: Mapping[str, object] | None = None,
        shipping_option: str | None = None,
        checkboxes: Mapping[str, bool] | None = None,
        validation: Literal["run", "skip"] | None = None,
        push: PushTiming | None = None,
    ) -> dict[str, Any]:
        """Complete a checkout order in place of the shopper; return it and its order.

        Args:
            order_id: the checkout order.
            outcome: how the attempt ends; by default, the e-mail address decides.
            payment_method: such as ``INVOICE`` (the default) or ``CARD``.
            billing_address: its fields; missing ones are filled in.
            shipping_address: its fields; missing ones are copied from the billing address.
            shipping_option: id of the option; by default, the preselected or first one.
            checkboxes: answers by the ids of ``options.additional_checkboxes``.
            validation: ``skip`` does not ask the merchant's ``validation`` URL.
            push: when the first push is sent; by default, on the schedule.

        Raises:
            ControlError: with status 404 if there is no such checkout order, 409 if it
                is complete or aborted, 422 if a value is wrong.
        """
        completion = _without_none(
            outcome=outcome,
            payment_method=payment_method,
            billing_address=billing_address,
            shipping_address=shipping_address,
            shipping_option=shipping_option,
            checkboxes=checkboxes,
            validation=validation,
            push=push,
        )
        path = f"checkouts/{_segment(order_id)}/complete"
        return cast("dict[str, Any]", self.call("POST", path, completion))

    def deliveries(
        self,
        *,
        kind: str | None = None,
        order_id: str | None = None,
        state: str | None = None,
    ) -> list[dict[str, Any]]:
        """List the deliveries to the merchant that match all given filters, oldest first.

        Raises:
            ControlError: with status 422 if a filter is not valid.
        """
        filters = _without_none(kind=kind, order_id=order_id, state=state)
        return cast("list[dict[str, Any]]", self._list("deliveries", filters))

    def await_deliveries(
        self,
        *,
        kind: str | None = None,
        order_id: str | None = None,
        state: str | None = None,
        count: int | None = None,
        timeout: str | None = None,
    ) -> dict[str, Any]:
        """Wait until enough deliveries match all given filters.

        Args:
            kind: such as ``push`` or ``webhook``.
            order_id: id or name of an order.
            state: such as ``delivered``.
            count: how many deliveries to wait for; 1 by default.
            timeout: a duration in real time, such as ``5s`` (the default); at most ``60s``.

        Returns:
            ``deliveries`` that match; ``satisfied`` is false if too few came in time.

        Raises:
            ControlError: with status 422 if an argument is not valid.
        """
        filters = _without_none(
            kind=kind, order_id=order_id, state=state, count=count, timeout=timeout
        )
        path = f"deliveries/await?{urlencode(filters)}"
        return cast("dict[str, Any]", self.call("GET", path))

    def delivery(self, delivery_id: str) -> dict[str, Any]:
        """Return a delivery with its attempts, what is sent, and a ``curl`` command.

        Raises:
            ControlError: with status 404 if there is no such delivery.
        """
        return cast("dict[str, Any]", self.call("GET", f"deliveries/{_segment(delivery_id)}"))

    def send_delivery(self, delivery_id: str) -> dict[str, Any]:
        """Send a delivery now, whatever its state, and return it.

        Raises:
            ControlError: with status 404 if there is no such delivery.
        """
        path = f"deliveries/{_segment(delivery_id)}/send"
        return cast("dict[str, Any]", self.call("POST", path))

    def webhooks(self) -> list[dict[str, Any]]:
        """List the endpoints that receive webhooks, with their secrets."""
        document = self.call("GET", "webhooks")
        return cast("dict[str, list[dict[str, Any]]]", document)["endpoints"]

    def set_webhooks(self, endpoints: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
        """Replace the endpoints that receive webhooks, and return them.

        Args:
            endpoints: keys ``url``, ``secret`` and ``events``; only ``url`` is required.
                If the secret of a URL changes, the old one signs as well for 10 minutes.

        Raises:
            ControlError: with status 422 and every finding; nothing is changed.
        """
        document = self.call("PUT", "webhooks", {"endpoints": list(endpoints)})
        return cast("dict[str, list[dict[str, Any]]]", document)["endpoints"]

    def explain(self, correlation_id: str) -> RequestEntry:
        """Explain the response that carried a correlation id.

        Raises:
            ControlError: with status 404 if the journal has no such request.
        """
        return cast("RequestEntry", self.call("GET", f"explain/{_segment(correlation_id)}"))

    def explain_refund(self, order: str, refund: Mapping[str, object]) -> RefundDryRun:
        """Predict the allocation of a refund without making it.

        Args:
            order: name or id of the order.
            refund: the body of a refund request; amounts in minor units.

        Raises:
            ControlError: with status 404 if there is no such order, or 422 if the refund is
                not valid.
        """
        body = {"order_id": order, "refund": refund}
        return cast("RefundDryRun", self.call("POST", "explain", body))

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
        self.call("DELETE", f"faults/{_segment(name)}")

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self.call("DELETE", "faults")

    def clear_requests(self) -> None:
        """Delete all journal entries and their counts."""
        self.call("DELETE", "requests")

    def clock(self) -> ClockState:
        """Return the sandbox's time."""
        return cast("ClockState", self.call("GET", "clock"))

    def set_clock(
        self,
        *,
        advance: str | None = None,
        set: str | None = None,  # noqa: A002  # the key of the control API
        freeze: bool | None = None,
    ) -> ClockChange:
        """Set, advance or freeze the clock.

        Args:
            advance: a duration, such as ``28d`` or ``90s``.
            set: a time not before now, such as ``2026-03-01T00:00:00Z``.
            freeze: ``True`` freezes the clock, ``False`` unfreezes it.

        Raises:
            ControlError: with status 422 if the change is not valid; the clock is unchanged.
        """
        change = _without_none(advance=advance, set=set, freeze=freeze)
        return cast("ClockChange", self.call("POST", "clock", change))

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
        filters = _without_none(
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
        filters = _without_none(
            operation=operation,
            order_id=order_id,
            status=status,
            correlation_id=correlation_id,
            count=count,
            timeout=timeout,
        )
        return cast("AwaitResult", self.call("GET", f"requests/await?{urlencode(filters)}"))

    def verdict(self) -> VerdictReport:
        """Check the expectations of the scenario."""
        return cast("VerdictReport", self.call("GET", "verdict"))

    def check_expectations(self, expect: Mapping[str, object]) -> VerdictReport:
        """Check expectations in the syntax of a scenario's ``expect``.

        Raises:
            ControlError: with status 422 and every finding.
        """
        return cast("VerdictReport", self.call("POST", "verdict", expect))

    def name_movements(self, names: Mapping[str, str]) -> dict[str, str]:
        """Name captures, refunds and checkout orders, by their ids, for use in expectations.

        Returns:
            All names by id, with those given before.
        """
        response = cast("dict[str, dict[str, str]]", self.call("PUT", "names", names))
        return response["names"]

    def invariants(self) -> InvariantsReport:
        """Check the money invariants of every order."""
        return cast("InvariantsReport", self.call("GET", "invariants"))

    def audit(self, allow: Iterable[str] = ()) -> AuditReport:
        """Audit how the client behaved, from the journal.

        Args:
            allow: codes of rules whose findings are left out, such as ``A301``.

        Raises:
            ControlError: with status 404 if the sandbox is not in use, or 422 if a code is
                unknown.
        """
        query = urlencode({"allow": ",".join(allow)})
        return cast("AuditReport", self.call("GET", f"audit?{query}"))

    def coverage(self) -> CoverageCounts:
        """Return what of the contract the requests of the sandbox have met.

        Raises:
            ControlError: with status 404 if the sandbox is not in use.
        """
        return cast("CoverageCounts", self.call("GET", "coverage"))

    def whatif(
        self,
        start: str | None = None,
        assume: Mapping[str, object] | None = None,
        faults: Mapping[str, object] | None = None,
    ) -> WhatifReport:
        """Play the recorded requests again under other assumptions or faults.

        Args:
            start: a correlation id or the name of a snapshot; by default the oldest request
                of the journal.
            assume: assumptions by name; by default each is changed on its own.
            faults: fault rules by name; ``None`` removes the effects of a recorded rule.

        Raises:
            ControlError: with status 404 or 422 if a name is unknown.
        """
        choices = "each" if assume is None and faults is None else dict(assume or {})
        body = {"assume": choices, "faults": dict(faults or {})}
        if start is not None:
            body["from"] = start
        return cast("WhatifReport", self.call("POST", "whatif", body))

    def take_snapshot(self, name: str) -> SnapshotSummary:
        """Store the state of the sandbox under a name.

        Raises:
            ControlError: with status 422 if the name is not valid.
        """
        return cast("SnapshotSummary", self.call("POST", "snapshots", {"name": name}))

    def restore_snapshot(self, name: str) -> SnapshotSummary:
        """Return to the state of a snapshot.

        Raises:
            ControlError: with status 404 if there is no such snapshot.
        """
        path = f"snapshots/{_segment(name)}/restore"
        return cast("SnapshotSummary", self.call("POST", path))

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | str | bytes | None = None,
    ) -> object:
        """Call a path below the sandbox's own.

        Args:
            method: the HTTP method.
            path: relative to ``/__admin/sandboxes/{sandbox}/``, with its query.
            body: a mapping or a JSON text is sent as JSON, any other text as YAML.

        Returns:
            The parsed JSON, or the text of any other response.

        Raises:
            ControlError: the server refused, or did not answer.
        """
        headers = self._authorization()
        if isinstance(body, str | bytes):
            headers["Content-Type"] = _media_type(body)
        full_path = f"/__admin/sandboxes/{_segment(self.sandbox)}/{path}".rstrip("/")
        try:
            response = self.send(method, full_path, body, headers)
        except HttpClientError as error:
            raise ControlError(0, f"no response from {self.url}: {error}") from error
        content = response.json()
        if response.status >= 400:  # noqa: PLR2004  # where errors begin
            problem = cast("ProblemDetails", content) if isinstance(content, dict) else None
            detail = problem.get("detail") if problem else None
            raise ControlError(response.status, detail or f"status {response.status}", problem)
        return response.body.decode() if content is None else content

    def _authorization(self) -> dict[str, str]:
        """Return the header with the admin token, else with the secret of the sandbox."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {} if self.secret is None else basic_auth(self.sandbox, self.secret)

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | str | bytes | None,
        headers: Mapping[str, str],
    ) -> HttpResponse:
        """Send a request to the server; ``path`` is the whole path.

        Raises:
            HttpClientError: no server answered.
        """
        client = HttpClient(self.url, REQUEST_TIMEOUT, ca_file=self.ca_file, verify=self.verify)
        return client.send(method, path, body, headers)

    def _list(self, key: str, filters: Mapping[str, object] | None = None) -> object:
        """Return the list that a path answers under its own name."""
        query = f"?{urlencode(filters)}" if filters else ""
        return cast("dict[str, object]", self.call("GET", key + query))[key]

    def _seed(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | str | bytes | None = None,
    ) -> dict[str, str]:
        return cast("dict[str, dict[str, str]]", self.call(method, path, body))["orders"]


def _media_type(text: str | bytes) -> str:
    """Return the media type of a scenario's text; JSON has escapes that YAML does not know."""
    try:
        json.loads(text)
    except ValueError:
        return "application/yaml"
    return "application/json"


def _segment(name: str) -> str:
    return quote(name, safe="")


def _without_none(**values: Any) -> dict[str, Any]:  # noqa: ANN401  # several types
    return {key: value for key, value in values.items() if value is not None}
