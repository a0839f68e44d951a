"""Some orders, the keys already used, and the time: what one merchant's calls depend on.

Calls that were sent at once are explained by some order in which they took effect.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mockserver.domain.assumptions import Assumptions
from tests.support.model.order_model import Answer, Call, Life, Shipment

KEY_LASTS = timedelta(hours=24)


@dataclass
class World:
    """A merchant's orders, the keys already used, and the time."""

    assumed: Assumptions
    now: datetime
    frozen: bool = True
    lives: dict[str, Life] = field(default_factory=dict)
    used_keys: dict[str, tuple[datetime, Call, Answer]] = field(default_factory=dict)

    def hear(self, call: Call, said: str | None) -> Answer:
        """Answer a call; ``said`` is the id or reason that the product gave."""
        name = self._name_of_key(call)
        used_at, first, response = self.used_keys.get(name, (self.now - KEY_LASTS, call, None))
        if response and self.now - used_at < KEY_LASTS:
            return replace(response, replayed=True, differs=first.command != call.command)
        life = self.lives.get(call.order_id)
        if life is None:
            return Answer(accepted=False, said=said)
        response = life.hear(call, said, self.now, self.assumed)
        if name and (response.accepted or self.assumed.idempotent_errors == "replayed"):
            self.used_keys[name] = self.now, call, response
        return response

    def outcomes(self, answered: Sequence[tuple[Call, Answer]]) -> Iterator["World"]:
        """What may have become of this world if calls sent at once were answered so.

        They must have taken effect one after the other, in whatever order: each order
        that explains all answers gives an outcome.
        """
        if not answered:
            yield self
        for number, (call, response) in enumerate(answered):
            if (call, response) in answered[:number]:
                continue  # the same as before
            twin = self.twin()
            if twin.hear(call, response.said) == response:
                yield from twin.outcomes([*answered[:number], *answered[number + 1 :]])

    def life_of(self, order: str) -> Life:
        """The life of an order; an empty one if a snapshot was taken before it."""
        return self.lives.get(order) or Life(0, self.now, self.now)

    def shipment_of(self, order: str, number: int) -> tuple[str, Shipment]:
        """Some shipment of an order, with its id; one that leads nowhere if it has none."""
        shipped = [*self.life_of(order).shipments.items()]
        return shipped[number % len(shipped)] if shipped else ("?", Shipment(0, frozenset()))

    def numbers(self) -> dict[str, Any]:
        """All that is compared with the product's orders."""
        return {name: live.numbers(self.now, self.assumed) for name, live in self.lives.items()}

    def twin(self) -> "World":
        """The same world, to go on differently."""
        lives = {name: live.twin() for name, live in self.lives.items()}
        return replace(self, lives=lives, used_keys=dict(self.used_keys))

    def _name_of_key(self, call: Call) -> str:
        if not call.key:
            return ""
        scope = (call.key, call.order_id, call.command.operation)
        width = {"sandbox": 1, "order": 2, "operation": 3}[self.assumed.idempotency_scope]
        return "/".join(scope[:width])
