"""Execute commands on the orders of a sandbox: load, decide, commit.

Everything here is synchronous. A turn reads, decides and writes without awaiting, so turns
never interleave and one idempotency key has one effect.
"""

from datetime import datetime

from msgspec import Struct

from mockserver.domain.commands import Command
from mockserver.domain.decide import decide
from mockserver.domain.decision import Acceptance, Context, order_not_found
from mockserver.domain.errors import Reason
from mockserver.domain.fraud_review import end_due_review
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.emission import emit_event_of
from mockserver.sandbox.idempotency import Receipt, add_receipt, fingerprint, shorten_key
from mockserver.sandbox.memory_sizes import measure_command
from mockserver.sandbox.sandbox import Sandbox

ROOM_REASONS = frozenset({Reason.SANDBOX_IS_FULL, Reason.SERVER_IS_FULL})
"""Refusals without a receipt: the same request is accepted once there is room."""


class Execution(Struct, frozen=True):
    """Result of executing a command.

    Attributes:
        result: the acceptance or the refusal.
        before: the order before; ``None`` if there is no such order.
        after: the order after; the same object if nothing changed.
        replayed: whether the result is that of a known idempotency key.
        body_changed: whether the key was first used for another request.
    """

    result: Acceptance | Refusal
    before: Order | None
    after: Order | None
    replayed: bool = False
    body_changed: bool = False


def execute(
    sandbox: Sandbox,
    order_id: str,
    command: Command,
    idempotency_key: str | None = None,
    *,
    fail_allocation: bool = False,
) -> Execution:
    """Execute a command once, however often its idempotency key is sent.

    Nothing is written before everything is decided, so an exception leaves the sandbox
    unchanged.

    Args:
        sandbox: where the order is.
        order_id: the order to change.
        command: the command to execute.
        idempotency_key: the idempotency key, if one was sent.
        fail_allocation: accept a refund, but do not allocate it.

    Returns:
        The acceptance or refusal, and the order before and after.
    """
    receipt_name = (
        _receipt_name(sandbox, order_id, command.operation, idempotency_key)
        if idempotency_key
        else None
    )
    executed = _replay_receipt(sandbox, order_id, receipt_name, command)
    receipt, size = None, 0
    if executed is None:
        context = Context(
            sandbox.clock.now(),
            sandbox.ids.next_change_id,
            sandbox.assumptions,
            fail_allocation=fail_allocation,
        )
        size = measure_command(command)
        executed = _decide(sandbox, order_id, command, context, size)
        if receipt_name:
            receipt = _create_receipt(sandbox, executed, command, context.now)
    _settle(sandbox, executed, receipt_name, receipt, size)
    if sandbox.webhooks and executed.after is not None and not executed.replayed:
        emit_event_of(sandbox, executed.after.order_id, executed.result)
    return executed


def replay_key(
    sandbox: Sandbox, order_id: str, operation: Operation, key: str
) -> Execution | None:
    """Find the result of a known key for a request whose body cannot be parsed.

    Only the key matters (documented), so the body need not be valid.
    """
    name = _receipt_name(sandbox, order_id, operation, key)
    return _replay_receipt(sandbox, order_id, name, None)


def _receipt_name(sandbox: Sandbox, order_id: str, operation: Operation, key: str) -> str:
    match sandbox.assumptions.idempotency_scope:
        case "operation":
            return f"{order_id}/{operation}/{shorten_key(key)}"
        case "order":
            return f"{order_id}/{shorten_key(key)}"
        case _:
            return shorten_key(key)


def _replay_receipt(
    sandbox: Sandbox, order_id: str, name: str | None, command: Command | None
) -> Execution | None:
    """Return the result stored under a receipt name, unless it is expired."""
    receipt = sandbox.receipts.get(name) if name else None
    if receipt is None or receipt.is_expired(sandbox.clock.now()):
        return None
    order = sandbox.orders.get(order_id)
    changed = command is None or receipt.fingerprint != fingerprint(command)
    return Execution(receipt.result, order, order, replayed=True, body_changed=changed)


def _decide(
    sandbox: Sandbox, order_id: str, command: Command, context: Context, size: int
) -> Execution:
    """Decide a command without writing anything."""
    order = sandbox.orders.get(order_id)
    if order is None:
        capture_id = getattr(command, "capture_id", "")
        missing = order_not_found(order_id, command.operation, capture_id)
        return Execution(missing, None, None)
    order = end_due_review(order, context.now)
    try:
        sandbox.check_not_withdrawn(command.operation)
        sandbox.check_order_room(order_id, size, command.operation)
        decision = decide(order, command, context)
    except Refusal as refusal:
        return Execution(refusal.with_traceback(None), order, order)
    return Execution(decision.acceptance, order, decision.order)


def _create_receipt(
    sandbox: Sandbox, executed: Execution, command: Command, now: datetime
) -> Receipt | None:
    """Create the receipt of a result, unless a repeated key is decided again."""
    result = executed.result
    if isinstance(result, Refusal):
        decided_again = sandbox.assumptions.idempotent_errors == "decided_again"
        if decided_again or result.reason in ROOM_REASONS:
            return None
    if executed.after is None:
        return None
    return Receipt(fingerprint(command), result, now)


def _settle(
    sandbox: Sandbox,
    executed: Execution,
    name: str | None,
    receipt: Receipt | None,
    size: int,
) -> None:
    """Write everything that an executed command changes."""
    sandbox.ids.new_movement_id()
    if name and receipt:
        add_receipt(sandbox.receipts, name, receipt)
    if executed.after is not None and executed.after is not executed.before:
        sandbox.orders[executed.after.order_id] = executed.after
        sandbox.record_change(executed.after.order_id, size)
