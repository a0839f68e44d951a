"""Calls of the control API about checkout orders and deliveries."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from urllib.parse import urlencode

from mockserver.control_calls.control_connection import (
    ControlConnection,
    path_segment,
    without_none,
)
from mockserver.order_types import CompletionOutcome, PushTiming


class DeliveryCalls(ControlConnection):
    """Checkout orders, and the pushes, callbacks and webhooks that the merchant receives."""

    __slots__ = ()

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
        return cast("dict[str, Any]", self.call("GET", f"checkouts/{path_segment(order_id)}"))

    def complete(  # noqa: PLR0913  # one argument per key
        self,
        order_id: str,
        *,
        outcome: CompletionOutcome | None = None,
        payment_method: str | None = None,
        billing_address: Mapping[str, object] | None = None,
        shipping_address: Mapping[str, object] | None = None,
        customer: Mapping[str, str] | None = None,
        shipping_option: str | None = None,
        checkbox: bool | None = None,
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
            customer: what the shopper enters about the person, such as ``date_of_birth``.
            shipping_option: id of the option; by default, the preselected or first one.
            checkbox: answer to ``options.additional_checkbox``.
            checkboxes: answers by the ids of ``options.additional_checkboxes``.
            validation: ``skip`` does not ask the merchant's ``validation`` URL.
            push: when the first push is sent; by default, on the schedule.

        Raises:
            ControlError: with status 404 if there is no such checkout order, 409 if it
                is complete or aborted, 422 if a value is wrong.
        """
        completion = without_none(
            outcome=outcome,
            payment_method=payment_method,
            billing_address=billing_address,
            shipping_address=shipping_address,
            customer=customer,
            shipping_option=shipping_option,
            checkbox=checkbox,
            checkboxes=checkboxes,
            validation=validation,
            push=push,
        )
        path = f"checkouts/{path_segment(order_id)}/complete"
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
        filters = without_none(kind=kind, order_id=order_id, state=state)
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
        filters = without_none(
            kind=kind, order_id=order_id, state=state, count=count, timeout=timeout
        )
        path = f"deliveries/await?{urlencode(filters)}"
        return cast("dict[str, Any]", self.call("GET", path))

    def delivery(self, delivery_id: str) -> dict[str, Any]:
        """Return a delivery with its attempts, what is sent, and a ``curl`` command.

        Raises:
            ControlError: with status 404 if there is no such delivery.
        """
        return cast(
            "dict[str, Any]", self.call("GET", f"deliveries/{path_segment(delivery_id)}")
        )

    def send_delivery(self, delivery_id: str) -> dict[str, Any]:
        """Send a delivery now, whatever its state, and return it.

        Raises:
            ControlError: with status 404 if there is no such delivery, 409 if its host is not
                called.
        """
        path = f"deliveries/{path_segment(delivery_id)}/send"
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
