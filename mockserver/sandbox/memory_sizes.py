"""Estimate how many bytes of memory the things take that clients create.

Texts and containers are measured one by one. What every thing of a kind has besides them
is a constant of this module, measured with ``tracemalloc`` under CPython 3.11 on 64 bits;
``tests/sandbox/test_memory_sizes.py`` compares both with the memory that is really allocated.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from sys import getsizeof
from types import NoneType
from typing import Any

from msgspec import Struct

from mockserver.domain.commands import (
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    CaptureOrder,
    Command,
    RefundOrder,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.order import Order, OrderLine

POINTER_BYTES = 8
LINE_BYTES = 170
"""An order line without its reference, name and extra fields: the value and its numbers."""

MOVEMENT_BYTES = 250
"""A capture or refund without texts and lines: ids, time and allocation."""

ORDER_VERSION_BYTES = 300
"""One more version of an order, which shares its captures and refunds with the others."""

RECEIPT_BYTES = 320
"""A receipt with the name it is stored under; long keys are stored as digests."""

ENTRY_BYTES = 420
"""A journal entry without its path, refusal facts and traceback."""

COUNTER_BYTES = 250
"""A counter of requests by operation, order and status."""

FAULT_RULE_BYTES = 1100
"""A fault rule without the texts of its scenario syntax."""

CHECKOUT_BYTES = 200
"""A checkout order without its fields."""

NAME_BYTES = 300
"""The name of an order, capture or refund, with the id it belongs to."""

DELIVERY_BYTES = 700
"""A delivery without its URL, body, due times and attempts, with its place in the queue."""

DUE_TIME_BYTES = 56
"""A time at which a delivery is still to be sent."""

ATTEMPT_BYTES = 250
"""An attempt to send a delivery, with a short error."""

OWN_SHARE = 0.8
"""Part of an order that it shares with no other, unlike field names and currencies."""

SLOT_BYTES = 100
"""An entry of a dictionary whose key and value exist anyway."""

LEAF_TYPES = frozenset((str, int, bool, float, NoneType, datetime))
"""Types of most values; they contain no others."""

SNAPSHOT_BYTES = 6000
"""A snapshot without its entries: dictionaries, clock and id generators."""


def measure_value(value: object) -> int:
    """Return the bytes of a value with everything in it; shared parts count once."""
    parts, containers = {id(value): value}, [value]
    while containers:
        for child in _children(containers.pop()):
            if id(child) not in parts:
                parts[id(child)] = child
                if type(child) not in LEAF_TYPES:
                    containers.append(child)
    return sum(map(getsizeof, parts.values()))


def _children(value: object) -> Iterable[object]:
    """Return the values directly in a value."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    return ()


def measure_parts(value: object) -> int:
    """Return the bytes of an order or of a part of one, without what orders share."""
    return int(measure_value(value) * OWN_SHARE)


def measure_checkout(fields: Mapping[str, object]) -> int:
    """Return the bytes of a checkout order with these fields.

    Their values are parsed JSON, of which only names are shared: that is faster to measure.
    """
    names: set[str] = set()
    size = _measure_json(fields, names) + sum(map(getsizeof, names))
    return CHECKOUT_BYTES + int(size * OWN_SHARE)


def _measure_json(container: Any, names: set[str]) -> int:  # noqa: ANN401  # JSON
    """Return the bytes of an object or list without the names in it, which are collected."""
    values = container
    if isinstance(container, dict):
        names |= container.keys()
        values = container.values()
    total = getsizeof(container)
    for value in values:
        kind = type(value)
        if kind is dict or kind is list:
            total += _measure_json(value, names)
        else:
            total += getsizeof(value)
    return total


def measure_lines(lines: Iterable[OrderLine]) -> int:
    """Return the bytes of order lines; fast, because most requests have some."""
    total = 0
    for line in lines:
        total += LINE_BYTES + getsizeof(line.name) + getsizeof(line.reference)
        if line.extra:
            total += measure_value(line.extra)
    return total


def measure_command(command: Command) -> int:
    """Return the bytes that an order grows by when it accepts a command."""
    match command:
        case CaptureOrder() | RefundOrder():
            texts = getsizeof(command.description) + getsizeof(command.reference)
            total = MOVEMENT_BYTES + texts + measure_lines(command.order_lines)
            shipping_info = getattr(command, "shipping_info", ())
            return total + measure_parts(shipping_info) if shipping_info else total
        case UpdateAuthorization():
            return measure_lines(command.order_lines)
        case AddOrderShippingInfo() | AddCaptureShippingInfo():
            return measure_parts(command.shipping_info)
        case UpdateCustomerDetails():
            return measure_parts(command.shipping_address)
        case UpdateMerchantReferences():
            references = command.merchant_reference1, command.merchant_reference2
            return sum(map(getsizeof, references))
    return 0


def measure_order_version(order: Order) -> int:
    """Return the bytes of a version of an order that only the journal still refers to."""
    return ORDER_VERSION_BYTES + POINTER_BYTES * (len(order.captures) + len(order.refunds))


def measure_fault_rule(name: str, spec: Mapping[str, object]) -> int:
    """Return the bytes of a fault rule by its scenario syntax."""
    return FAULT_RULE_BYTES + getsizeof(name) + measure_value(spec)
