"""The stored form of journal entries, with their requests and responses."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from msgspec import DecodeError, Struct
from msgspec.msgpack import Decoder
from multidict import CIMultiDict

from mockserver.domain.operation import Operation
from mockserver.homes.encoding import encode
from mockserver.homes.stored_orders import (
    StoredAcceptance,
    StoredVersion,
    decode_with_lines,
    restore_versions,
    store_versions,
)
from mockserver.homes.stored_values import StoredRefusal, restore_result, store_result
from mockserver.sandbox.faults.actions import ConnectionEnd, ResponseDamage
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.recordings import Message
from mockserver.sandbox.sandbox import Sandbox


class StoredMessage(Struct, frozen=True, array_like=True):
    """A request or response; secret headers are not stored."""

    headers: dict[str, str]
    body: bytes
    body_bytes: int


class StoredEntry(Struct, frozen=True, array_like=True):
    """A journal entry: first what is stored as it is, in the order of ``SAME_FIELDS``."""

    entry_id: int
    at: datetime
    correlation_id: str
    method: str
    path: str
    operation: Operation | None
    order_id: str | None
    status: int
    replayed: bool
    body_changed: bool
    idempotency_key: str | None
    retry_after: str | None
    has_secret_in_url: bool
    crash: str | None
    seconds: float
    faults: list[str]
    fault_names: tuple[str, ...]
    accepted: StoredAcceptance | None
    refused: StoredRefusal | None
    before: StoredVersion | None
    after: StoredVersion | None
    damage: ResponseDamage | None
    messages: tuple[StoredMessage, StoredMessage] | None


SAME_FIELDS = StoredEntry.__struct_fields__[:17]
ENTRY_DECODER = Decoder(StoredEntry)
get_same_fields: Callable[[Any], tuple[Any, ...]] = attrgetter(*SAME_FIELDS)

SENT_BY_END: Mapping[ConnectionEnd, str] = {
    ConnectionEnd.HANG: "nothing: hung until the client left",
    ConnectionEnd.CLOSE: "nothing: connection closed",
    ConnectionEnd.RESET: "nothing: connection reset",
}


class UnreadableSandboxError(ValueError):
    """Raised for a stored sandbox that this version cannot read."""


def encode_entries(journal: Journal, after: int) -> list[tuple[int, bytes]]:
    """Encode the journal entries after an id, oldest first, each with its id."""
    return [(entry.entry_id, encode_entry(entry)) for entry in journal.entries_at_hand(after)]


def load_entries(sandbox: Sandbox, entries: Iterable[bytes]) -> None:
    """Fill the journal of a sandbox with its stored entries, oldest first.

    Raises:
        UnreadableSandboxError: another version stored one, or it is damaged.
    """
    try:
        sandbox.journal.load([decode_entry(entry, sandbox) for entry in entries])
    except (DecodeError, KeyError, ValueError) as error:
        raise UnreadableSandboxError(str(error)) from error


def encode_entry(entry: Entry) -> bytes:
    """Encode a journal entry with its request and response."""
    messages = entry.messages
    accepted, refused = store_result(entry.result)
    before, after = store_versions(entry.before, entry.after)
    damage = entry.damage and _foresee(entry.damage)
    pair = messages and (_store_message(messages[0]), _store_message(messages[1]))
    own: tuple[Any, ...] = (accepted, refused, before, after, damage, pair)
    return encode(StoredEntry(*get_same_fields(entry), *own))


def decode_entry(data: bytes, sandbox: Sandbox) -> Entry:
    """Decode a journal entry of a sandbox with its request and response."""
    stored = decode_with_lines(ENTRY_DECODER, data)
    before, after = restore_versions(stored.before, stored.after, sandbox.orders)
    pair = stored.messages
    return Entry(
        **dict(zip(SAME_FIELDS, get_same_fields(stored), strict=True)),
        result=restore_result(stored.accepted, stored.refused, sandbox.assumptions),
        before=before,
        after=after,
        damage=stored.damage,
        messages=pair and (_restore_message(pair[0]), _restore_message(pair[1])),
    )


def _foresee(damage: ResponseDamage) -> ResponseDamage:
    """Describe what will be sent: an entry is stored before its response is sent."""
    sent = damage.sent
    if damage.end is not None:
        sent = SENT_BY_END[damage.end]
    elif damage.body_bytes is not None:
        sent = f"at most {damage.body_bytes} bytes of the body, then closed"
    elif damage.bytes_per_second is not None:
        sent = f"the body, at {damage.bytes_per_second} bytes a second"
    return ResponseDamage(damage.end, damage.body_bytes, damage.bytes_per_second, sent)


def _store_message(message: Message) -> StoredMessage:
    return StoredMessage(message.shown_headers(), message.body, message.body_bytes)


def _restore_message(stored: StoredMessage) -> Message:
    return Message(CIMultiDict(stored.headers), stored.body, stored.body_bytes)
