import gc
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from itertools import chain

import pytest
from msgspec import Struct
from msgspec.structs import astuple

import mockserver.domain
from mockserver.domain.commands import CaptureOrder, RefundOrder, UpdateAuthorization
from mockserver.domain.explanation import Allocation
from mockserver.domain.order import Capture, Order, OrderLine, PaymentMethod, Refund
from tests.builders import capture_of, drive, make_line, make_order, refund_of

SHIPPED = drive(
    make_order(),
    CaptureOrder(3000),
    CaptureOrder(2000),
    RefundOrder(1000),
    RefundOrder(2500),
)


def test_an_order_is_changed_by_nobody() -> None:
    with pytest.raises(AttributeError):
        SHIPPED.order_amount = 1  # type: ignore[misc]


MODULES = [
    import_module(each.name)
    for each in pkgutil.iter_modules(mockserver.domain.__path__, "mockserver.domain.")
]
CLASSES = {
    f"{each.__module__}.{each.__name__}": each
    for module in MODULES
    for each in vars(module).values()
    if isinstance(each, type) and each.__module__ == module.__name__
}
STRUCTS = {name: each for name, each in CLASSES.items() if issubclass(each, Struct)}
DATACLASSES = {name: each for name, each in CLASSES.items() if is_dataclass(each)}


@pytest.mark.parametrize("name", STRUCTS)
def test_every_value_of_the_domain_is_frozen(name: str) -> None:
    assert STRUCTS[name].__struct_config__.frozen


def values_of(value: object) -> Iterator[Struct]:
    """Go through a value, and what it is made of."""
    if isinstance(value, Struct):
        yield value
    inside = astuple(value) if isinstance(value, Struct) else value
    if isinstance(inside, tuple):
        yield from chain.from_iterable(map(values_of, inside))


def test_of_orders_and_long_commands_the_garbage_collector_looks_at_captures_alone() -> None:
    """A capture remembers its references, in a dictionary of its own."""
    line = make_line()
    order = drive(make_order(order_lines=(line,)), capture_of(line), refund_of(line))
    kinds = {type(part) for part in values_of(order)}
    assert {Order, OrderLine, PaymentMethod, Capture, Refund, Allocation} <= kinds
    commands = (UpdateAuthorization(1, (line,)), capture_of(line), refund_of(line))
    parts = [part for each in (order, *commands) for part in values_of(each)]
    assert {type(part) for part in parts if gc.is_tracked(part)} == {Capture}


@pytest.mark.parametrize("name", DATACLASSES)
def test_so_are_the_assumptions(name: str) -> None:
    assert DATACLASSES[name].__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_totals_are_the_sums_of_what_happened() -> None:
    assert SHIPPED.captured_amount == 5000
    assert SHIPPED.refunded_amount == 3500
    assert SHIPPED.remaining_authorized_amount == 5000


def test_what_landed_is_summed_up_by_capture() -> None:
    assert dict(SHIPPED.landed_amounts) == {"change-1": 3000, "change-2": 500}


def test_captures_and_refunds_are_found_by_their_ids_or_not_at_all() -> None:
    assert SHIPPED.capture("change-2") is SHIPPED.captures[1]
    assert SHIPPED.refund("change-4") is SHIPPED.refunds[1]
    assert SHIPPED.capture("change-3") is None
    assert SHIPPED.refund("change-1") is None
