"""Model of a merchant: orders, used idempotency keys and the time.

Concurrent calls are explained by some order in which they took effect.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mockserver.domain.assumptions import Assumptions
from tests.support.model.order_model import Call, OrderModel, Response, Shipment

KEY_LASTS = timedelta(hours=24)


@dataclass
class MerchantModel:
    """A merchant's orders, the keys already used, and the time."""

    assumed: Assumptions
    now: datetime
    frozen: bool = True
    orders_by_id: dict[str, OrderModel] = field(default_factory=dict)
    used_keys: dict[str, tuple[datetime, Call, Response]] = field(default_factory=dict)

    def apply(self, call: Call, result: str | None) -> Response:
        """Apply a call; ``result`` is the id or reason that the product returned."""
        name = self._name_of_key(call)
        used_at, first, response = self.used_keys.get(name, (self.now - KEY_LASTS, call, None))
        if response and self.now - used_at < KEY_LASTS:
            return replace(response, replayed=True, differs=first.command != call.command)
        model_order = self.orders_by_id.get(call.order_id)
        if model_order is None:
            return Response(accepted=False, result=result)
        response = model_order.apply(call, result, self.now, self.assumed)
        if name and (response.accepted or self.assumed.idempotent_errors == "replayed"):
            self.used_keys[name] = self.now, call, response
        return response

    def outcomes(self, responses: Sequence[tuple[Call, Response]]) -> Iterator["MerchantModel"]:
        """Yield the possible states after concurrent calls with these responses.

        The calls must have taken effect one after the other: every order of calls that
        explains all responses yields a state.
        """
        if not responses:
            yield self
        for number, (call, response) in enumerate(responses):
            if (call, response) in responses[:number]:
                continue  # the same as before
            copy = self.copy()
            if copy.apply(call, response.result) == response:
                yield from copy.outcomes([*responses[:number], *responses[number + 1 :]])

    def order_of(self, order: str) -> OrderModel:
        """Return an order; an empty one if a snapshot was taken before it."""
        return self.orders_by_id.get(order) or OrderModel(0, self.now, self.now)

    def shipment_of(self, order: str, number: int) -> tuple[str, Shipment]:
        """Return a shipment of an order with its id; an unknown one if it has none."""
        shipped = [*self.order_of(order).shipments.items()]
        return shipped[number % len(shipped)] if shipped else ("?", Shipment(0, frozenset()))

    def numbers(self) -> dict[str, Any]:
        """Everything that is compared with the product's orders."""
        return {
            name: model_order.numbers(self.now, self.assumed)
            for name, model_order in self.orders_by_id.items()
        }

    def copy(self) -> "MerchantModel":
        """Return an independent copy."""
        orders_by_id = {
            name: model_order.copy() for name, model_order in self.orders_by_id.items()
        }
        return replace(self, orders_by_id=orders_by_id, used_keys=dict(self.used_keys))

    def _name_of_key(self, call: Call) -> str:
        if not call.key:
            return ""
        scope = (call.key, call.order_id, call.command.operation)
        width = {"sandbox": 1, "order": 2, "operation": 3}[self.assumed.idempotency_scope]
        return "/".join(scope[:width])
