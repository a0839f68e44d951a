"""The history that audit rules read: the entries of one order, or of a whole sandbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import TypeAlias

from msgspec import Struct

from mockserver.audit.reference_sums import SumsByReference
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.operation import READ_OPERATIONS, Operation
from mockserver.domain.order import Capture, Order, OrderLine, Refund
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox

Intent: TypeAlias = tuple[object, ...]


def is_carried_out(entry: Entry) -> bool:
    """Return whether a request changed its order."""
    return entry.after is not None and entry.after is not entry.before and not entry.replayed


def is_answer_lost(entry: Entry) -> bool:
    """Return whether the client cannot know from the response what happened."""
    is_cut = entry.damage is not None and entry.damage.end is not None
    return (
        is_cut
        or entry.status in (0, HTTPStatus.REQUEST_TIMEOUT)
        or entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def is_successful_read(entry: Entry) -> bool:
    """Return whether a client received an order, or a part of one."""
    is_read = entry.operation in READ_OPERATIONS
    return is_read and entry.status == HTTPStatus.OK and not is_answer_lost(entry)


class Movement(Struct, frozen=True, dict=True):
    """A capture or refund that a request of the journal caused; ``record`` is in the order."""

    entry: Entry
    before: Order
    after: Order
    record: Capture | Refund

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        """The lines of the capture or refund."""
        return self.record.order_lines

    @property
    def amount(self) -> int:
        """Its amount in minor units."""
        record = self.record
        return record.captured_amount if isinstance(record, Capture) else record.refunded_amount

    @cached_property
    def intent(self) -> Intent:
        """Operation, amount and lines, without texts that may contain times."""
        lines = sorted(
            (line.reference or "", line.quantity, line.total_amount) for line in self.lines
        )
        return (self.entry.operation, self.amount, *lines)


class LostAnswers(Struct, frozen=True):
    """Captures and refunds whose response was lost, and what followed.

    Attributes:
        lost: captures and refunds that were executed and whose response was lost.
        repeated: such a change, with the one that repeated it.
        unresolved: those that the client never read, repeated or replayed.
    """

    lost: Sequence[Movement]
    repeated: Sequence[tuple[Movement, Movement]]
    unresolved: Sequence[Movement]


class History(Struct, frozen=True, dict=True):
    """Entries with the state at the end.

    Attributes:
        order_id: the order; ``None`` for the history of a sandbox.
        order: the order as it is now, if it exists.
        entries: the kept entries, oldest first.
        now: the sandbox's time.
        sandbox: the whole sandbox: its orders, assumptions and webhook endpoints.
        deliveries: the calls to the merchant about the order, or all of them.
    """

    order_id: str | None
    order: Order | None
    entries: Sequence[Entry]
    now: datetime
    sandbox: Sandbox
    deliveries: Sequence[Delivery] = ()

    def sent(self, kind: DeliveryKind) -> Sequence[Delivery]:
        """Return the deliveries of a kind."""
        return [delivery for delivery in self.deliveries if delivery.kind is kind]

    @cached_property
    def by_order(self) -> Mapping[str, Sequence[Entry]]:
        """The entries that name an order, by its id."""
        entries: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.order_id is not None:
                entries.setdefault(entry.order_id, []).append(entry)
        return entries

    @cached_property
    def by_operation(self) -> Mapping[Operation | None, Sequence[Entry]]:
        """The entries by operation."""
        entries: dict[Operation | None, list[Entry]] = {}
        for entry in self.entries:
            entries.setdefault(entry.operation, []).append(entry)
        return entries

    @cached_property
    def movements(self) -> Sequence[Movement]:
        """The captures and refunds that were executed."""
        return [movement for entry in self.entries if (movement := find_movement(entry))]

    @cached_property
    def captures(self) -> Sequence[Movement]:
        """The captures that were executed."""
        return [movement for movement in self.movements if isinstance(movement.record, Capture)]

    @cached_property
    def refunds(self) -> Sequence[Movement]:
        """The refunds that were executed."""
        return [movement for movement in self.movements if isinstance(movement.record, Refund)]

    @cached_property
    def captured_lines(self) -> SumsByReference:
        """Totals of captured lines; fast as long as they are read in the order of time."""
        return SumsByReference()

    @cached_property
    def refunded_lines(self) -> SumsByReference:
        """Totals of refunded lines; fast as long as they are read in the order of time."""
        return SumsByReference()

    def refusals(self, operation: Operation, *reasons: Reason) -> list[Entry]:
        """Return the requests of an operation that were refused for one of these reasons.

        Refusals that a fault caused are left out.
        """
        return [
            entry
            for entry in self.by_operation.get(operation, ())
            if isinstance(entry.result, Refusal)
            and entry.result.reason in reasons
            and not entry.faults
        ]

    def is_followed_by(self, entry: Entry, *operations: Operation) -> bool:
        """Return whether one of these operations was executed after an entry."""
        return any(
            self._last_carried_out.get(operation, 0) > entry.entry_id
            for operation in operations
        )

    @cached_property
    def _last_carried_out(self) -> Mapping[Operation | None, int]:
        """The id of the last entry of each operation that changed its order."""
        return {e.operation: e.entry_id for e in self.entries if is_carried_out(e)}

    @cached_property
    def lost_answers(self) -> LostAnswers:
        """Follow every capture and refund whose response was lost to its end."""
        movements = {id(movement.entry): movement for movement in self.movements}
        lost: list[Movement] = []
        repeated: list[tuple[Movement, Movement]] = []
        open_changes: dict[Intent, Movement] = {}
        for entry in self.entries:
            movement = movements.get(id(entry))
            if movement is None:
                _close_known(open_changes, entry)
                continue
            first = open_changes.pop(movement.intent, None)
            if first is not None:
                repeated.append((first, movement))
            if is_answer_lost(entry):
                lost.append(movement)
                open_changes[movement.intent] = movement
        return LostAnswers(lost, repeated, list(open_changes.values()))


def read_history(sandbox: Sandbox) -> History:
    """Return the history of a whole sandbox."""
    entries, deliveries = list(sandbox.journal), list(sandbox.deliveries)
    return History(None, None, entries, sandbox.clock.now(), sandbox, deliveries)


def split_by_order(history: History) -> list[History]:
    """Return the history of each order that a request named or a delivery was sent for."""
    sandbox = history.sandbox
    deliveries: dict[str, list[Delivery]] = {}
    for delivery in history.deliveries:
        deliveries.setdefault(delivery.order_id, []).append(delivery)
    return [
        History(
            order_id,
            sandbox.orders.get(order_id),
            history.by_order.get(order_id, ()),
            history.now,
            sandbox,
            deliveries.get(order_id, ()),
        )
        for order_id in {**history.by_order, **deliveries}
    ]


def _close_known(open_changes: dict[Intent, Movement], entry: Entry) -> None:
    """Remove the changes that the client learns of by this entry."""
    if not open_changes or is_answer_lost(entry):
        return
    if is_successful_read(entry):
        open_changes.clear()
    elif entry.replayed:
        for intent, movement in list(open_changes.items()):
            if movement.entry.result == entry.result:
                del open_changes[intent]


def find_movement(entry: Entry) -> Movement | None:
    """Return the capture or refund that a request caused, if it caused one."""
    if not isinstance(entry.result, Acceptance) or not is_carried_out(entry):
        return None
    before, after = entry.before, entry.after
    if before is None or after is None:
        return None
    if len(after.captures) > len(before.captures):
        return Movement(entry, before, after, after.captures[-1])
    if len(after.refunds) > len(before.refunds):
        return Movement(entry, before, after, after.refunds[-1])
    return None
