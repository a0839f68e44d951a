"""A sandbox as fields of bytes: what is stored, and the way back.

A field is one row of a table (``o:<order id>``), a refund of an order, the settings, the
numbers, or the template. Journal entries are stored apart, because only the control API
reads them.
"""

import json
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from msgspec import DecodeError, Struct
from msgspec.msgpack import Decoder
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.homes.encoding import Stored, encode
from mockserver.homes.stored_entries import (
    UnreadableSandboxError,
    encode_entries,
    load_entries,
)
from mockserver.homes.stored_orders import (
    decode_refunds,
    decode_with_lines,
    store_refund,
    with_refunds,
    without_refunds,
)
from mockserver.homes.stored_settings import (
    NUMBERS,
    NUMBERS_DECODER,
    SETTINGS,
    apply_numbers,
    apply_settings,
    decode_settings,
    numbers_of,
    settings_of,
)
from mockserver.homes.stored_values import (
    StoredReceipt,
    StoredRow,
    StoredRule,
    restore_receipt,
    restore_row,
    restore_rule,
    store_receipt,
    store_row,
    store_rule,
)
from mockserver.homes.tracked_table import TrackedTable
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries.delivery import Delivery
from mockserver.sandbox.faults.rules import RuleCounts
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.snapshots import Snapshot

ORDERS, REFUNDS = "o", "m"
"""Letters of the fields of orders, and of their refunds."""

EncodedFields: TypeAlias = dict[str, bytes]

Rows: TypeAlias = dict[str, list[tuple[Any, Any, int]]]
"""Key, value and position of rows, by the letter of their table."""

MAX_CACHED_KEYS = 4096  # of fields, whose encoded form is cached


class StoredSnapshot(Struct, frozen=True):
    """A snapshot: the fields and journal entries of the sandbox at one time."""

    taken_at: datetime
    fields: EncodedFields
    entries: list[bytes]


def as_it_is(value: Any, _assumptions: Assumptions | None = None) -> Any:  # noqa: ANN401
    """Return the value that is stored as it is."""
    return value


class Column(NamedTuple):
    """How one table of a sandbox is stored.

    Attributes:
        owner: attribute of the sandbox whose attribute the table is; empty for its own.
        attribute: the attribute with the table.
        stored_type: type of a stored value.
        store: converts a value to its stored form.
        restore: converts it back, for a sandbox with these assumptions.
    """

    owner: str
    attribute: str
    stored_type: Any
    store: Callable[[Any], Any] = as_it_is
    restore: Callable[[Any, Assumptions], Any] = as_it_is

    def holder(self, sandbox: Sandbox) -> Any:  # noqa: ANN401
        """Return the object that has the table."""
        return getattr(sandbox, self.owner) if self.owner else sandbox

    def table(self, sandbox: Sandbox) -> dict[Any, Any]:
        """Return the table of a sandbox."""
        table: dict[Any, Any] = getattr(self.holder(sandbox), self.attribute)
        return table


def store_snapshot(snapshot: Snapshot) -> StoredSnapshot:
    """Return the stored form of a snapshot."""
    sandbox = Sandbox("")
    sandbox.snapshots["it"] = snapshot
    sandbox.restore_snapshot("it")
    sandbox.snapshots.clear()
    entries = [entry for _, entry in encode_entries(sandbox.journal, 0)]
    return StoredSnapshot(snapshot.taken_at, encode_sandbox(sandbox), entries)


def restore_snapshot(stored: StoredSnapshot, assumptions: Assumptions) -> Snapshot:
    """Return a snapshot from its stored form."""
    sandbox = restore_sandbox("", stored.fields, assumptions)
    load_entries(sandbox, stored.entries)
    return replace(sandbox.build_snapshot(), taken_at=stored.taken_at)


COLUMNS: Mapping[str, Column] = {
    ORDERS: Column("", "orders", Order, without_refunds),
    "k": Column("", "checkouts", Checkout),
    "r": Column("", "receipts", StoredReceipt, store_receipt, restore_receipt),
    "n": Column("", "order_names", str),
    "p": Column("", "movement_names", str),
    "b": Column("", "order_bytes", int),
    "i": Column("ids", "reserved", None),
    "d": Column("deliveries", "by_id", Delivery),
    "f": Column("faults", "by_name", StoredRule, store_rule, restore_rule),
    "h": Column("faults", "counts", RuleCounts),
    "c": Column("journal", "counts", int),
    "t": Column("tally", "rows", StoredRow, store_row, restore_row),
    "s": Column("", "snapshots", StoredSnapshot, store_snapshot, restore_snapshot),
}
"""The tables by the letter that their fields begin with."""

DECODERS: Mapping[str, Decoder[Any]] = {
    letter: Decoder(Stored[column.stored_type])  # type: ignore[name-defined]  # at run time
    for letter, column in COLUMNS.items()
}


def encode_row(letter: str, table: TrackedTable[Any, Any], key: object) -> bytes:
    """Encode one row of a table."""
    return encode(Stored(table.positions[key], COLUMNS[letter].store(table[key])))


def encode_change(
    letter: str,
    table: TrackedTable[Any, Any],
    key: object,
    known: Any = None,  # noqa: ANN401
) -> EncodedFields:
    """Encode what changed of one row of a table, since it had a known value if it had one."""
    if letter != ORDERS:
        return {encode_key(letter, key): encode_row(letter, table, key)}
    order, known_count = table[key], len(known.refunds) if known else 0
    fields = {
        encode_key(REFUNDS, f"{key}/{number}"): encode(store_refund(refund))
        for number, refund in enumerate(order.refunds[known_count:], known_count)
    }
    if known is None or without_refunds(order) != without_refunds(known):
        fields[encode_key(letter, key)] = encode_row(letter, table, key)
    return fields


def encode_tables(sandbox: Sandbox) -> EncodedFields:
    """Encode all tables of a sandbox."""
    fields: EncodedFields = {}
    for letter, column in COLUMNS.items():
        table = TrackedTable.track(column.table(sandbox))
        for key in table:
            fields |= encode_change(letter, table, key)
    return fields


def encode_sandbox(sandbox: Sandbox) -> EncodedFields:
    """Encode a sandbox that no registry knows."""
    settings, numbers = settings_of(sandbox), numbers_of(sandbox)
    return {SETTINGS: encode(settings), NUMBERS: encode(numbers), **encode_tables(sandbox)}


def restore_sandbox(
    name: str, fields: Mapping[str, bytes], assumptions: Assumptions | None = None
) -> Sandbox:
    """Build a sandbox from its fields; the journal lacks its entries.

    Args:
        name: its name.
        fields: its fields.
        assumptions: those in force, if they are not those of the fields.

    Raises:
        UnreadableSandboxError: another version stored it, or it is damaged.
    """
    try:
        settings = decode_settings(fields[SETTINGS])
        numbers = NUMBERS_DECODER.decode(fields[NUMBERS])
        assumptions = assumptions or settings.assumptions
        rows = decode_rows(fields, assumptions, TrackedTable())
    except (DecodeError, KeyError, ValueError) as error:
        raise UnreadableSandboxError(str(error)) from error
    sandbox = Sandbox(
        name,
        clock=Clock(),
        ids=IdGenerator(settings.seed),
        journal=Journal(settings.journal_size),
        assumptions=assumptions,
        credentials=settings.credentials,
    )
    for letter, column in COLUMNS.items():
        setattr(column.holder(sandbox), column.attribute, TrackedTable(rows.get(letter, ())))
    apply_settings(sandbox, settings)
    apply_numbers(sandbox, numbers)
    rebuild_derived(sandbox, rows)
    return sandbox


def decode_rows(
    fields: Mapping[str, bytes],
    assumptions: Assumptions,
    known: TrackedTable[str, Order],
) -> Rows:
    """Decode the rows of all tables; ignore other fields.

    Args:
        fields: all fields of a sandbox, or those that changed.
        assumptions: those of the sandbox.
        known: its orders before the change.
    """
    rows: Rows = {}
    for field, data in fields.items():
        letter, column = field[0], COLUMNS.get(field[0])
        if column is not None and field[1:2] == ":":
            stored = decode_with_lines(DECODERS[letter], data)
            value = column.restore(stored.value, assumptions)
            rows.setdefault(letter, []).append((decode_key(field), value, stored.position))
    refunds = decode_refunds(
        {field[2:]: data for field, data in fields.items() if field.startswith(f"{REFUNDS}:")},
        assumptions,
    )
    orders = {order_id: (order, position) for order_id, order, position in rows.get(ORDERS, ())}
    for order_id in refunds.keys() - orders:
        orders[order_id] = known[order_id], known.positions[order_id]
    rows[ORDERS] = []
    for order_id, (order, position) in orders.items():
        earlier = known[order_id].refunds if order_id in known else ()
        later = refunds.get(order_id, ())
        rows[ORDERS].append((order_id, with_refunds(order, (*earlier, *later)), position))
    return rows


def rebuild_derived(sandbox: Sandbox, letters: Container[str]) -> None:
    """Derive again what is not stored: the index of the rules, the queue of deliveries."""
    if "f" in letters:
        sandbox.faults.rebuild_index()
    if "d" in letters:
        sandbox.deliveries.rebuild_queue()


@lru_cache(MAX_CACHED_KEYS)
def encode_key(letter: str, key: Any) -> str:  # noqa: ANN401
    """Return the field of a key."""
    if letter == "c":
        operation, order_id, status = key
        suffix = "" if order_id is None else f"/{order_id}"
        return f"c:{operation or ''}/{status}{suffix}"
    if letter == "t":
        return f"t:{json.dumps(key)}"
    return f"{letter}:{key}".encode(errors="replace").decode()  # without lone surrogates


@lru_cache(MAX_CACHED_KEYS)
def decode_key(field: str) -> Any:  # noqa: ANN401
    """Return the key of a field."""
    key = field[2:]
    if field[0] == "t":
        return _as_tuples(json.loads(key))
    if field[0] != "c":
        return key
    operation, status, *order_id = key.split("/", 2)
    order = order_id[0] if order_id else None
    return Operation(operation) if operation else None, order, int(status)


def _as_tuples(value: Any) -> Any:  # noqa: ANN401
    """Return lists of JSON as the tuples they were."""
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value
