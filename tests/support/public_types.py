"""The typed dictionaries of the public API that describe JSON of the server."""

from types import ModuleType
from typing import is_typeddict

from mockserver import (
    checkout_types,
    control_types,
    delivery_types,
    merchant_types,
    order_types,
    report_types,
)

RESPONSE_MODULES: tuple[ModuleType, ...] = (
    checkout_types,
    control_types,
    delivery_types,
    merchant_types,
    order_types,
    report_types,
)


def response_types() -> set[str]:
    """Return the names of the typed dictionaries that describe responses."""
    return {
        name
        for module in RESPONSE_MODULES
        for name, value in vars(module).items()
        if is_typeddict(value)
    }
