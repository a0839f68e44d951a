"""Calls of the control API about checkout orders and deliveries."""

from collections.abc import Mapping, Sequence
from typing import Unpack, cast
from urllib.parse import urlencode

from mockserver.checkout_types import CheckoutCompletion, CheckoutDetails, CheckoutSummary
from mockserver.control_calls.control_connection import (
    ControlConnection,
    path_segment,
    without_none,
)
from mockserver.delivery_types import (
    AwaitDeliveriesResult,
    DeliveryEntry,
    WebhookEndpointDetails,
)
from mockserver.scenario_types import CompletionSpec


class DeliveryCalls(ControlConnection):
    """Checkout orders, and the pushes, callbacks and webhooks that the merchant receives."""

    __slots__ = ()

    def checkouts(self) -> list[CheckoutSummary]:
        """List the checkout orders, oldest first."""
        return cast("list[CheckoutSummary]", self._list("checkouts"))

    def create_checkout(self, spec: Mapping[str, object]) -> CheckoutDetails:
        """Create a checkout order from scenario syntax, such as ``{"lines": […]}``.

        Raises:
            ControlError: with status 422 and every finding.
        """
        return cast("CheckoutDetails", self.call("POST", "checkouts", spec))

    def checkout(self, order_id: str) -> CheckoutDetails:
        """Return a checkout order, whatever its status, and the order it became.

        Raises:
            ControlError: with status 404 if there is no such checkout order.
        """
        return cast("CheckoutDetails", self.call("GET", f"checkouts/{path_segment(order_id)}"))

    def complete(
        self, order_id: str, **completion: Unpack[CompletionSpec]
    ) -> CheckoutCompletion:
        """Complete a checkout order in place of the shopper; return it and its order.

        Args:
            order_id: the checkout order.
            completion: as for :class:`CompletionSpec`; every key has a default.

        Raises:
            ControlError: with status 404 if there is no such checkout order, 409 if it
                is complete or aborted, 422 if a value is wrong.
        """
        path = f"checkouts/{path_segment(order_id)}/complete"
        return cast("CheckoutCompletion", self.call("POST", path, completion))

    def deliveries(
        self,
        *,
        kind: str | None = None,
        order_id: str | None = None,
        state: str | None = None,
    ) -> list[DeliveryEntry]:
        """List the deliveries to the merchant that match all given filters, oldest first.

        Raises:
            ControlError: with status 422 if a filter is not valid.
        """
        filters = without_none(kind=kind, order_id=order_id, state=state)
        return cast("list[DeliveryEntry]", self._list("deliveries", filters))

    def await_deliveries(
        self,
        *,
        kind: str | None = None,
        order_id: str | None = None,
        state: str | None = None,
        count: int | None = None,
        timeout: str | None = None,
    ) -> AwaitDeliveriesResult:
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
        filters = without_none(
            kind=kind, order_id=order_id, state=state, count=count, timeout=timeout
        )
        path = f"deliveries/await?{urlencode(filters)}"
        return cast("AwaitDeliveriesResult", self.call("GET", path))

    def delivery(self, delivery_id: str) -> DeliveryEntry:
        """Return a delivery with its attempts, what is sent, and a ``curl`` command.

        Raises:
            ControlError: with status 404 if there is no such delivery.
        """
        return cast(
            "DeliveryEntry", self.call("GET", f"deliveries/{path_segment(delivery_id)}")
        )

    def send_delivery(self, delivery_id: str) -> DeliveryEntry:
        """Send a delivery now, whatever its state, and return it.

        Raises:
            ControlError: with status 404 if there is no such delivery, 409 if its host is not
                called.
        """
        path = f"deliveries/{path_segment(delivery_id)}/send"
        return cast("DeliveryEntry", self.call("POST", path))

    def webhooks(self) -> list[WebhookEndpointDetails]:
        """List the endpoints that receive webhooks, with their secrets."""
        document = self.call("GET", "webhooks")
        return cast("dict[str, list[WebhookEndpointDetails]]", document)["endpoints"]

    def set_webhooks(
        self, endpoints: Sequence[Mapping[str, object]]
    ) -> list[WebhookEndpointDetails]:
        """Replace the endpoints that receive webhooks, and return them.

        Args:
            endpoints: keys ``url``, ``secret`` and ``events``; only ``url`` is required.
                If the secret of a URL changes, the old one signs as well for 10 minutes.

        Raises:
            ControlError: with status 422 and every finding; nothing is changed.
        """
        document = self.call("PUT", "webhooks", {"endpoints": list(endpoints)})
        return cast("dict[str, list[WebhookEndpointDetails]]", document)["endpoints"]
