"""The stored form of what a sandbox holds: MessagePack by msgspec.

Fields are only ever added, with defaults, and unknown ones are ignored, so that versions of
the server can share a store. A change that an older version would misread raises
:data:`STORED_VERSION`, and the older version then refuses the sandbox.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct, convert, field, to_builtins
from msgspec.msgpack import Decoder, Encoder
from multidict import CIMultiDict

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.deliveries.webhooks import WebhookEndpoint
from mockserver.sandbox.faults.actions import Action, ConnectionEnd, ResponseDamage
from mockserver.sandbox.faults.rules import CallSelector, FaultRule, Subject
from mockserver.sandbox.idempotency import Receipt
from mockserver.sandbox.ids import IdCounts
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.recordings import Message
from mockserver.sandbox.tally import RefundFacts, RequestRow, RowCount

STORED_VERSION = 1
"""Major version of the stored form."""

ValueT = TypeVar("ValueT")

ENCODER = Encoder(enc_hook=str)
LARGEST_INTEGER = 2**63 - 1  # either sign; MessagePack has no larger ones


class Stored(Struct, Generic[ValueT], array_like=True, frozen=True):
    """A value of a table with its position among the others."""

    position: int
    value: ValueT


class Version(Struct, frozen=True):
    """The part of a head that any version can read."""

    version: int


class Head(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The numbers and settings of a sandbox, without its tables.

    Attributes:
        version: major version of the stored form.
        birth: when it was built, in nanoseconds; a sandbox that replaces it has another.
        offset: of a running clock to the wall clock.
        frozen_at: time of a frozen clock.
        last_entry: id of the last journal entry.
        cleared_entry: id of the last entry before the journal was cleared.
        owner: digest of the secret that it is tied to.
        last_used_at: real time of the last use.
    """

    version: int = 0
    birth: int
    seed: str
    ids: IdCounts
    offset: timedelta
    frozen_at: datetime | None = None
    assumptions: Assumptions = Assumptions()
    credentials: Mapping[str, str] = field(default_factory=dict)
    journal_size: int
    last_entry: int
    cleared_entry: int = 0
    rules_added: int = 0
    deliveries_added: int = 0
    held_bytes: int = 0
    checkout_bytes: int = 0
    template_bytes: int = 0
    webhooks: tuple[WebhookEndpoint, ...] = ()
    owner: bytes | None = None
    is_changed: bool = False
    last_used_at: datetime | None = None


class StoredTemplate(Struct, frozen=True):
    """What a sandbox was filled from: the server's default, or a document by its name."""

    name: str = ""
    document: Any = None
    is_default: bool = True


class StoredRefusal(Struct, frozen=True, omit_defaults=True):
    """A refusal; an exception cannot be encoded itself."""

    reason: Reason
    operation: Operation | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class StoredReceipt(Struct, frozen=True, omit_defaults=True):
    """A receipt of an accepted or refused request."""

    fingerprint: bytes
    made_at: datetime
    accepted: Acceptance | None = None
    refused: StoredRefusal | None = None


class StoredRule(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A fault rule; ``operations`` are names of operations and kinds of deliveries."""

    name: str
    actions: tuple[Action, ...]
    operations: list[str] = field(default_factory=list)
    order_ids: frozenset[str] = frozenset()
    where: Mapping[str, Any] = field(default_factory=dict)
    calls: CallSelector | None = None
    probability: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)


class StoredRow(Struct, frozen=True):
    """A counter of the tally."""

    row: Sequence[Any]
    count: int
    first: str


class StoredMessage(Struct, frozen=True):
    """A request or response; secret headers are not stored."""

    headers: list[tuple[str, str]]
    body: bytes
    body_bytes: int


class StoredEntry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A journal entry; ``after`` is left out if the order was not changed."""

    entry_id: int
    at: datetime
    correlation_id: str
    method: str
    path: str
    operation: Operation | None = None
    order_id: str | None = None
    status: int = 0
    accepted: Acceptance | None = None
    refused: StoredRefusal | None = None
    replayed: bool = False
    body_changed: bool = False
    idempotency_key: str | None = None
    retry_after: str | None = None
    has_secret_in_url: bool = False
    before: Order | None = None
    after: Order | None = None
    unchanged: bool = False
    faults: list[str] = field(default_factory=list)
    fault_names: tuple[str, ...] = ()
    damage: ResponseDamage | None = None
    crash: str | None = None
    seconds: float = 0.0
    messages: tuple[StoredMessage, StoredMessage] | None = None


ENTRY_DECODER, TEMPLATE_DECODER = Decoder(StoredEntry), Decoder(StoredTemplate)
SAME_FIELDS = (
    "entry_id", "at", "correlation_id", "method", "path", "operation", "order_id", "status",
    "replayed", "body_changed", "idempotency_key", "retry_after", "has_secret_in_url", "before",
    "crash", "seconds", "faults", "fault_names",
)  # fmt: skip
"""Fields of an entry that are stored as they are."""

SENT_BY_END: Mapping[ConnectionEnd, str] = {
    ConnectionEnd.HANG: "nothing: hung until the client left",
    ConnectionEnd.CLOSE: "nothing: connection closed",
    ConnectionEnd.RESET: "nothing: connection reset",
}


def encode(value: object) -> bytes:
    """Encode a value; what MessagePack cannot hold becomes the nearest value that it can."""
    try:
        return ENCODER.encode(value)
    except (UnicodeEncodeError, OverflowError):
        kept = (bytes, datetime, timedelta)
        return ENCODER.encode(
            _approximate(to_builtins(value, builtin_types=kept, enc_hook=str))
        )


def _approximate(value: Any) -> Any:  # noqa: ANN401
    """Replace lone surrogates, which are no Unicode text, and huge integers."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return float(value)
    if isinstance(value, dict):
        return {_approximate(key): _approximate(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_approximate(item) for item in value]
    return value


def decode_template(data: bytes) -> StoredTemplate:
    """Decode what a sandbox was filled from."""
    return TEMPLATE_DECODER.decode(data)


def store_refusal(refusal: Refusal) -> StoredRefusal:
    """Return the stored form of a refusal."""
    return StoredRefusal(refusal.reason, refusal.operation, refusal.facts)


def restore_refusal(stored: StoredRefusal) -> Refusal:
    """Return a refusal from its stored form."""
    refusal = Refusal(stored.reason, stored.operation)
    refusal.facts = stored.facts
    return refusal


def store_rule(rule: FaultRule) -> StoredRule:
    """Return the stored form of a fault rule."""
    values = {name: getattr(rule, name) for name in FaultRule.__struct_fields__}
    return StoredRule(**{**values, "operations": sorted(rule.operations)})


def restore_rule(stored: StoredRule) -> FaultRule:
    """Return a fault rule from its stored form."""
    values = {name: getattr(stored, name) for name in FaultRule.__struct_fields__}
    subjects = frozenset(map(_find_subject, stored.operations))
    return FaultRule(**{**values, "operations": subjects})


def _find_subject(name: str) -> Subject:
    return DeliveryKind(name) if name in list(DeliveryKind) else Operation(name)


def store_row(counter: RowCount) -> StoredRow:
    """Return the stored form of a counter of the tally."""
    return StoredRow(cast("RequestRow", counter.row), counter.count, counter.first)


def restore_row(stored: StoredRow) -> RowCount:
    """Return a counter of the tally from its stored form."""
    values = dict(zip(RequestRow._fields, stored.row, strict=False))  # newer ones may follow
    if values["refund"] is not None:
        values["refund"] = values["refund"][: len(RefundFacts._fields)]
    row = convert([*values.values()], RequestRow)
    return RowCount(row, stored.count, stored.first)


def store_receipt(receipt: Receipt) -> StoredReceipt:
    """Return the stored form of a receipt."""
    accepted, refused = _split(receipt.result)
    return StoredReceipt(receipt.fingerprint, receipt.made_at, accepted, refused)


def restore_receipt(stored: StoredReceipt) -> Receipt:
    """Return a receipt from its stored form."""
    result = stored.accepted or restore_refusal(_present(stored.refused))
    return Receipt(stored.fingerprint, result, stored.made_at)


def encode_entry(entry: Entry) -> bytes:
    """Encode a journal entry with its request and response."""
    accepted, refused = _split(entry.result) if entry.result else (None, None)
    unchanged, messages = entry.after is entry.before, entry.messages
    return encode(
        StoredEntry(
            **{name: getattr(entry, name) for name in SAME_FIELDS},
            accepted=accepted,
            refused=refused,
            after=None if unchanged else entry.after,
            unchanged=unchanged,
            damage=entry.damage and _foresee(entry.damage),
            messages=messages and (_store_message(messages[0]), _store_message(messages[1])),
        )
    )


def decode_entry(data: bytes) -> Entry:
    """Decode a journal entry with its request and response."""
    stored = ENTRY_DECODER.decode(data)
    pair = stored.messages
    return Entry(
        **{name: getattr(stored, name) for name in SAME_FIELDS},
        result=restore_refusal(stored.refused) if stored.refused else stored.accepted,
        after=stored.before if stored.unchanged else stored.after,
        damage=stored.damage,
        messages=pair and (_restore_message(pair[0]), _restore_message(pair[1])),
    )


def _split(result: Acceptance | Refusal) -> tuple[Acceptance | None, StoredRefusal | None]:
    if isinstance(result, Refusal):
        return None, store_refusal(result)
    return result, None


def _present(refused: StoredRefusal | None) -> StoredRefusal:
    if refused is None:
        message = "expected a receipt with a result"
        raise ValueError(message)
    return refused


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
    return StoredMessage(
        list(message.shown_headers().items()), message.body, message.body_bytes
    )


def _restore_message(stored: StoredMessage) -> Message:
    return Message(CIMultiDict(stored.headers), stored.body, stored.body_bytes)
