"""The recipe of a scenario: its steps, and what they need."""

from collections.abc import Mapping

from msgspec import Struct, field

from mockserver.scenario.spec import Spec

ORDER = "shop"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class Recipe(Struct, frozen=True):
    """Parts of the scenario that covers a cell.

    Attributes:
        steps: the steps of the scenario.
        faults: its fault rules by name.
        assume: its assumptions.
        order: keys of the order, beside its lines.
        country: its country.
        cart: keys of a checkout order, beside its lines, which then replaces the order.
        is_told: whether an endpoint receives webhooks.
    """

    steps: tuple[Spec, ...]
    faults: Mapping[str, Spec] = field(default_factory=dict)
    assume: Mapping[str, object] = field(default_factory=dict)
    order: Mapping[str, object] = field(default_factory=dict)
    country: str = ""
    cart: Mapping[str, object] | None = None
    is_told: bool = False
