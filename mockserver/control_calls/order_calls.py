"""Calls of the control API about orders."""

from collections.abc import Mapping
from typing import Literal, cast
from urllib.parse import urlencode

from mockserver.control_calls.control_connection import (
    ControlConnection,
    path_segment,
    without_none,
)
from mockserver.control_types import RequestEntry
from mockserver.merchant_types import MerchantOrder
from mockserver.order_types import ForcedOutcome, OrderDetails, OrderSummary, RefundDryRun


class OrderCalls(ControlConnection):
    """Orders of a sandbox, and the explanation of what happened to them."""

    __slots__ = ()

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
        filters = without_none(text=text, status=status, outcome=outcome, limit=limit)
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
        return cast("OrderDetails", self.call("GET", f"orders/{path_segment(order)}"))

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
        query = urlencode(without_none(step=step, width=width))
        return str(self.call("GET", f"orders/{path_segment(order)}/picture.svg?{query}"))

    def force(self, order: str, outcome: ForcedOutcome) -> OrderDetails:
        """Force an outcome that the provider or time would cause.

        Raises:
            ControlError: with status 404 if there is no such order, or 422 if the outcome is
                unknown.
        """
        path = f"orders/{path_segment(order)}/force"
        return cast("OrderDetails", self.call("POST", path, {"outcome": outcome}))

    def name_movements(self, names: Mapping[str, str]) -> dict[str, str]:
        """Name captures, refunds and checkout orders, by their ids, for use in expectations.

        Returns:
            All names by id, with those given before.
        """
        response = cast("dict[str, dict[str, str]]", self.call("PUT", "names", names))
        return response["names"]

    def explain(self, correlation_id: str) -> RequestEntry:
        """Explain the response that carried a correlation id.

        Raises:
            ControlError: with status 404 if the journal has no such request.
        """
        return cast("RequestEntry", self.call("GET", f"explain/{path_segment(correlation_id)}"))

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
