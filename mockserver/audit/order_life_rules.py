"""Audit rules about the life of an order (``A4..``)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import takewhile

from mockserver.audit.audit_rule import AuditRule, Basis
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, Movement, find_movement, is_carried_out
from mockserver.domain.errors import Reason
from mockserver.domain.operation import ACCUMULATING_OPERATIONS, Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.journal import Entry

NEAR_EXPIRY = timedelta(hours=48)
PUSHED_FOR = timedelta(hours=48)
ACCEPTED_PUSHES = 2  # the second one comes because the first was not acknowledged
EXCLUSIVE_OPERATIONS = (
    *ACCUMULATING_OPERATIONS,
    Operation.CANCEL,
    Operation.RELEASE_REMAINING_AUTHORIZATION,
    Operation.UPDATE_AUTHORIZATION,
)
"""Changes whose result depends on the changes before them."""

CHANGE_TOO_LATE = (Reason.ORDER_FULLY_CAPTURED, Reason.AUTHORIZATION_BELOW_CAPTURED)


def _expires_naturally(order: Order) -> bool:
    """Return whether nobody forced the expiry: it is then at midnight."""
    return order.expires_at.time() == time()


def _captures_after_expiry(history: History) -> Sequence[Entry]:
    return history.refusals(Operation.CAPTURE, Reason.ORDER_EXPIRED)


def _after_expiry(entry: Entry, _history: History) -> Evidence | None:
    order = entry.before
    if order is None or not _expires_naturally(order):
        return None
    extended = "was extended once" if order.extended_at else "was never extended"
    return Evidence(
        f"capture refused at {entry.at:%Y-%m-%d %H:%M}: the authorization expired on"
        f" {order.expires_at:%Y-%m-%d} and {extended}",
        (entry,),
    )


def _near_expiry(capture: Movement, _history: History) -> Evidence | None:
    order = capture.before
    time_left = order.expires_at - capture.entry.at
    if order.extended_at or not _expires_naturally(order):
        return None
    if not timedelta() < time_left < NEAR_EXPIRY:
        return None
    hours = int(time_left.total_seconds() // 3600)
    return Evidence(
        f"captured {hours} hours before the authorization expires", (capture.entry,)
    )


def _part_captured(history: History) -> Sequence[Movement]:
    """Return the last capture of an order of which a part is still reserved."""
    order = history.order
    if order is None or not history.captures or order.remaining_authorized_amount <= 0:
        return ()
    return history.captures[-1:]


def _remainder_expired(capture: Movement, history: History) -> Evidence | None:
    order = history.order
    if order is None or history.now < order.expires_at or not _expires_naturally(order):
        return None
    return Evidence(
        f"{order.remaining_authorized_amount} of {order.order_amount} stayed reserved until the"
        " authorization expired",
        (capture.entry,),
    )


def _never_acknowledged(push: Delivery, history: History) -> Evidence | None:
    order = history.order
    if order is None or order.acknowledged_at or order.captures or order.cancelled_at:
        return None
    accepted = sum(attempt.succeeded for attempt in push.attempts)
    is_over = history.now - push.created_at >= PUSHED_FOR and bool(push.attempts)
    if accepted < ACCEPTED_PUSHES and not is_over:
        return None
    return Evidence(
        f"{len(push.attempts)} pushes, {accepted} of them answered 2xx, and the order is"
        " neither acknowledged nor captured nor cancelled",
        (),
    )


def _captures_in_review(history: History) -> Sequence[Entry]:
    return history.refusals(Operation.CAPTURE, Reason.FRAUD_REVIEW_PENDING)


def _in_review(entry: Entry, _history: History) -> Evidence | None:
    return Evidence("capture refused while fraud_status is PENDING", (entry,))


def _wrong_endings(history: History) -> Sequence[Entry]:
    return [
        *history.refusals(Operation.CANCEL, Reason.ORDER_HAS_CAPTURES),
        *history.refusals(
            Operation.RELEASE_REMAINING_AUTHORIZATION, Reason.ORDER_HAS_NO_CAPTURES
        ),
    ]


def _wrong_ending(entry: Entry, history: History) -> Evidence | None:
    is_cancel = entry.operation is Operation.CANCEL
    alternative = Operation.RELEASE_REMAINING_AUTHORIZATION if is_cancel else Operation.CANCEL
    order = entry.before
    if order is None or order.remaining_authorized_amount <= 0:
        return None
    if history.is_followed_by(entry, alternative):
        return None
    return Evidence(
        f"{entry.operation} refused, and {alternative} did not follow:"
        f" {order.remaining_authorized_amount} stay reserved",
        (entry,),
    )


def _updates(history: History) -> Sequence[Entry]:
    return history.by_operation.get(Operation.UPDATE_AUTHORIZATION, ())


def _late_update(entry: Entry, _history: History) -> Evidence | None:
    if entry.faults or entry.before is None:
        return None
    if isinstance(entry.result, Refusal):
        if entry.result.reason not in CHANGE_TOO_LATE:
            return None
        return Evidence(f"update refused: {entry.result.reason}", (entry,), Severity.NOTE)
    if entry.after is None or not is_carried_out(entry):
        return None
    remaining = {line.reference for line in entry.after.order_lines}
    captured = {ref for capture in entry.before.captures for ref in capture.references}
    dropped = sorted(captured - remaining)
    if not dropped:
        return None
    return Evidence(f"the update drops '{dropped[0]}', which is captured", (entry,))


def _delayed_changes(history: History) -> Sequence[tuple[Entry, Sequence[Entry]]]:
    """Pair each delayed change with those that were sent before it was answered."""
    changes = [
        entry
        for entry in history.entries
        if entry.operation in EXCLUSIVE_OPERATIONS and entry.result and not entry.replayed
    ]
    pairs = []
    for number, entry in enumerate(changes):
        if "delay" in entry.fault_names:
            decided_before = (changes[other] for other in range(number - 1, -1, -1))
            meanwhile = takewhile(
                lambda other, sent=entry.at: _decided_at(other) > sent,  # type: ignore[misc]
                decided_before,
            )
            pairs.append((entry, list(meanwhile)))
    return pairs


def _decided_at(entry: Entry) -> datetime:
    return entry.at + timedelta(seconds=entry.seconds)


def _concurrent(pair: tuple[Entry, Sequence[Entry]], _history: History) -> Evidence | None:
    entry, meanwhile = pair
    key = entry.idempotency_key
    for other in meanwhile:
        if not key or key != other.idempotency_key:
            first, second = sorted((entry, other), key=lambda change: change.at)
            return Evidence(
                f"{second.operation} was sent before {first.operation} was answered",
                (first, second),
                _severity_of_both(first, second),
            )
    return None


def _severity_of_both(first: Entry, second: Entry) -> Severity:
    """Return how bad it is that two changes ran together."""
    movements = find_movement(first), find_movement(second)
    if not movements[0] or not movements[1]:
        return Severity.WARNING
    is_same = movements[0].intent == movements[1].intent
    return Severity.ERROR if is_same else Severity.NOTE


ORDER_LIFE_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A401", "capture after the authorization expired", Severity.WARNING,
        "no capture came after an expiry", _captures_after_expiry, _after_expiry,
        "Extend the authorization before expires_at, or ask for a new order.",
        Basis.FIELD_REPORT, "adyen-magento2 1594, vendure 2446, woocommerce-payments 739",
    ),
    AuditRule(
        "A402", "capture shortly before the authorization expires", Severity.NOTE,
        "nothing was captured", lambda history: history.captures, _near_expiry,
        "Watch expires_at, and extend the authorization in time.",
        Basis.FIELD_REPORT, "reaction-feature-requests 87 asks for a warning 48 hours before",
    ),
    AuditRule(
        "A403", "rest of an order never released", Severity.NOTE,
        "no order was captured in part", _part_captured, _remainder_expired,
        "Release the rest when nothing more will be shipped.",
        Basis.DOCUMENTED_BY_KLARNA, "release the remaining authorization", preview=True,
    ),
    AuditRule(
        "A404", "order never acknowledged", Severity.WARNING,
        "no push was sent", lambda history: history.sent(DeliveryKind.PUSH),
        _never_acknowledged,
        "Acknowledge once the shop's order is stored.",
        Basis.DOCUMENTED_BY_KUSTOM, "pushes are repeated until acknowledged, for 48 hours",
    ),
    AuditRule(
        "A405", "capture during the fraud review", Severity.WARNING,
        "no capture came during a fraud review", _captures_in_review, _in_review,
        "Capture only after fraud_status is ACCEPTED.",
        Basis.FIELD_REPORT, "klarna-payments-for-woocommerce 20 and 30", preview=True,
    ),
    AuditRule(
        "A406", "cancel and release confused", Severity.WARNING,
        "no cancel and no release was refused because of captures",
        _wrong_endings, _wrong_ending,
        "Cancel an order without captures, release the rest of one with captures.",
        Basis.DOCUMENTED_BY_KUSTOM, "cancel and release; buckaroo/Magento2 1642", preview=True,
    ),
    AuditRule(
        "A407", "authorization updated against its captures", Severity.WARNING,
        "no authorization was updated", _updates, _late_update,
        "Keep captured lines in every update, and update before the last capture.",
        Basis.DOCUMENTED_BY_KLARNA, "messages of update authorization", preview=True,
    ),
    AuditRule(
        "A408", "order changed by two requests at once", Severity.WARNING,
        "no change was delayed by a fault, so that another could be sent meanwhile",
        _delayed_changes, _concurrent,
        "Lock the order of the shop while it is read, decided upon and changed at Kustom.",
        Basis.FIELD_REPORT,
        "mollie/WooCommerce 1063, woocommerce-payments 3520,"
        " woocommerce-paypal-payments 3787", preview=True, needs_running_clock=True,
    ),
)  # fmt: skip
