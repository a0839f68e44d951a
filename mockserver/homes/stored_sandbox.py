"""A sandbox as fields of bytes: what is stored, what changed, and the way back.

A field is one row of a table (``o:<order id>``), the head, or the template. Journal entries
are stored apart, because only the control API reads them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from msgspec import DecodeError, Struct
from msgspec.msgpack import Decoder
from msgspec.structs import replace

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.homes.stored_values import (
    STORED_VERSION,
    Head,
    Stored,
    StoredReceipt,
    StoredRow,
    StoredRule,
    Version,
    decode_entry,
    encode,
    encode_entry,
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

HEAD, TEMPLATE = "head", "template"

EncodedFields: TypeAlias = dict[str, bytes]


class StoredSnapshot(Struct, frozen=True):
    """A snapshot: the fields and journal entries of the sandbox at one time."""

    taken_at: datetime
    fields: EncodedFields
    entries: list[bytes]


class UnreadableSandboxError(ValueError):
    """Raised for a stored sandbox that this version cannot read."""


def as_it_is(value: Any) -> Any:  # noqa: ANN401
    """Return the value that is stored as it is."""
    return value


class Column(NamedTuple):
    """How one table of a sandbox is stored.

    Attributes:
        owner: attribute of the sandbox whose attribute the table is; empty for its own.
        attribute: the attribute with the table.
        stored_type: type of a stored value.
        store: converts a value to its stored form.
        restore: converts it back.
    """

    owner: str
    attribute: str
    stored_type: Any
    store: Callable[[Any], Any] = as_it_is
    restore: Callable[[Any], Any] = as_it_is

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
    fields = {HEAD: encode(head_of(sandbox)), **encode_tables(sandbox)}
    return StoredSnapshot(snapshot.taken_at, fields, encode_entries(sandbox.journal, 0))


def restore_snapshot(stored: StoredSnapshot) -> Snapshot:
    """Return a snapshot from its stored form."""
    sandbox = restore_sandbox("", stored.fields)
    load_entries(sandbox.journal, stored.entries)
    return replace(sandbox.build_snapshot(), taken_at=stored.taken_at)


COLUMNS: Mapping[str, Column] = {
    "o": Column("", "orders", Order),
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
HEAD_DECODER, VERSION_DECODER = Decoder(Head), Decoder(Version)


def head_of(sandbox: Sandbox) -> Head:
    """Return the head of a sandbox, without what the registry knows."""
    clock, journal = sandbox.clock, sandbox.journal
    return Head(
        version=STORED_VERSION,
        birth=sandbox.birth,
        seed=sandbox.ids.seed,
        ids=sandbox.ids.counts,
        offset=clock.offset,
        frozen_at=clock.frozen_at,
        assumptions=sandbox.assumptions,
        credentials=sandbox.credentials,
        journal_size=journal.size,
        last_entry=journal.last_id,
        cleared_entry=journal.cleared_id,
        rules_added=sandbox.faults.added_count,
        deliveries_added=sandbox.deliveries.added_count,
        held_bytes=sandbox.held_bytes,
        checkout_bytes=sandbox.checkout_bytes,
        template_bytes=sandbox.template_bytes,
        webhooks=sandbox.webhooks,
    )


def apply_head(sandbox: Sandbox, head: Head) -> None:
    """Set the numbers and settings of a sandbox."""
    sandbox.birth = head.birth
    sandbox.ids.counts = head.ids
    sandbox.clock.restore(head.offset, head.frozen_at)
    sandbox.journal.last_id = head.last_entry
    sandbox.journal.drop_until(head.cleared_entry)
    sandbox.faults.added_count = head.rules_added
    sandbox.deliveries.added_count = head.deliveries_added
    sandbox.held_bytes, sandbox.checkout_bytes = head.held_bytes, head.checkout_bytes
    sandbox.template_bytes, sandbox.webhooks = head.template_bytes, head.webhooks


def decode_head(data: bytes) -> Head:
    """Decode a head.

    Raises:
        UnreadableSandboxError: a newer version stored it.
    """
    version = VERSION_DECODER.decode(data).version
    if version > STORED_VERSION:
        message = (
            f"it is stored in version {version} of the format, and this server reads versions"
            f" up to {STORED_VERSION}; upgrade the server, or drop the sandbox"
        )
        raise UnreadableSandboxError(message)
    return HEAD_DECODER.decode(data)


def encode_row(letter: str, table: TrackedTable[Any, Any], key: object) -> bytes:
    """Encode one row of a table."""
    value = COLUMNS[letter].store(table[key])
    return encode(Stored(table.positions[key], value))


def encode_tables(sandbox: Sandbox) -> EncodedFields:
    """Encode all tables of a sandbox."""
    fields: EncodedFields = {}
    for letter, column in COLUMNS.items():
        table = TrackedTable.track(column.table(sandbox))
        fields |= {encode_key(letter, key): encode_row(letter, table, key) for key in table}
    return fields


def encode_entries(journal: Journal, after: int) -> list[bytes]:
    """Encode the journal entries after an id, oldest first."""
    return [encode_entry(entry) for entry in journal.entries_at_hand(after)]


def load_entries(journal: Journal, entries: Iterable[bytes]) -> None:
    """Fill a journal with its stored entries, oldest first.

    Raises:
        UnreadableSandboxError: another version stored one, or it is damaged.
    """
    try:
        journal.load([decode_entry(entry) for entry in entries])
    except (DecodeError, KeyError, ValueError) as error:
        raise UnreadableSandboxError(str(error)) from error


def restore_sandbox(name: str, fields: Mapping[str, bytes]) -> Sandbox:
    """Build a sandbox from its fields; the journal lacks its entries.

    Raises:
        UnreadableSandboxError: another version stored it, or it is damaged.
    """
    try:
        head = decode_head(fields[HEAD])
        rows: dict[str, list[tuple[Any, Any, int]]] = {letter: [] for letter in COLUMNS}
        for field, data in fields.items():
            if field[1:2] == ":" and field[0] in COLUMNS:
                rows[field[0]].append(decode_row(field, data))
    except (DecodeError, KeyError, ValueError) as error:
        raise UnreadableSandboxError(str(error)) from error
    sandbox = Sandbox(
        name,
        clock=Clock(),
        ids=IdGenerator(head.seed),
        journal=Journal(head.journal_size),
        assumptions=head.assumptions,
        credentials=head.credentials,
    )
    for letter, column in COLUMNS.items():
        setattr(column.holder(sandbox), column.attribute, TrackedTable(rows[letter]))
    apply_head(sandbox, head)
    rebuild_derived(sandbox)
    sandbox.journal.is_complete = not head.last_entry
    return sandbox


def decode_row(field: str, data: bytes) -> tuple[Any, Any, int]:
    """Decode a field to key, value and position."""
    letter = field[0]
    stored = DECODERS[letter].decode(data)
    return decode_key(field), COLUMNS[letter].restore(stored.value), stored.position


def rebuild_derived(sandbox: Sandbox) -> None:
    """Derive again what is not stored: the index of the rules, the queue of deliveries."""
    sandbox.faults.rebuild_index()
    sandbox.deliveries.rebuild_queue()


def encode_key(letter: str, key: Any) -> str:  # noqa: ANN401
    """Return the field of a key."""
    if letter == "c":
        operation, order_id, status = key
        suffix = "" if order_id is None else f"/{order_id}"
        return f"c:{operation or ''}/{status}{suffix}"
    if letter == "t":
        return f"t:{json.dumps(key)}"
    return f"{letter}:{key}".encode(errors="replace").decode()  # without lone surrogates


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
