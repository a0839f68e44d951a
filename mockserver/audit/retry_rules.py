"""Audit rules about retries (``A1..``); those about keys are in ``key_rules``."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from mockserver.audit.audit_rule import AuditRule, Basis
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import (
    History,
    Movement,
    is_answer_lost,
)
from mockserver.audit.reference_sums import add_lines
from mockserver.domain.errors import Reason
from mockserver.domain.order import Capture
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.idempotency import KEY_LIFETIME
from mockserver.sandbox.journal import Entry

REPEATED_WITHIN = timedelta(seconds=60)  # later, it may be another shipment
CLIENT_GIVES_UP_AFTER = timedelta(minutes=5)  # of the sandbox's clock, without any request
REFUSALS_IN_A_ROW = 3
TOLERATED_SHARE = 0.9  # of Retry-After; clocks differ a little
SHORT_GAP = timedelta(seconds=1)
HASTY_RETRIES = 2  # one immediate repetition is usual
RETRIED_STATUSES = (409, 429)


def _repeated_without_key(
    pair: tuple[Movement, Movement | None], _history: History
) -> Evidence | None:
    first, again = pair
    if again is None or again.entry.at - first.entry.at > KEY_LIFETIME:
        return None
    if first.entry.idempotency_key and again.entry.idempotency_key:
        return None
    return _repetition(first, again, "without an idempotency key")


def _repeated_with_new_key(
    pair: tuple[Movement, Movement | None], _history: History
) -> Evidence | None:
    first, again = pair
    if again is None or not first.entry.idempotency_key or not again.entry.idempotency_key:
        return None
    if first.entry.idempotency_key == again.entry.idempotency_key:
        return None
    return _repetition(first, again, "with another idempotency key")


def _repeated_too_late(
    pair: tuple[Movement, Movement | None], _history: History
) -> Evidence | None:
    first, again = pair
    key = first.entry.idempotency_key
    if again is None or not key or again.entry.idempotency_key != key:
        return None
    return _repetition(first, again, "with a key that is older than 24 hours")


def _repetition(first: Movement, again: Movement, how: str) -> Evidence:
    total = first.amount + again.amount
    return Evidence(
        f"the {first.entry.operation} of {first.amount} was executed, its response was lost,"
        f" and it was sent again {how}: {total} in all",
        (first.entry, again.entry),
    )


def _lost_changes(history: History) -> Sequence[tuple[Movement, Movement | None]]:
    """Pair each change whose response was lost with its repetition, if there was one."""
    repetitions = {id(first): again for first, again in history.lost_answers.repeated}
    return [(lost, repetitions.get(id(lost))) for lost in history.lost_answers.lost]


def _never_learnt(change: Movement, history: History) -> Evidence | None:
    if not any(change is open_change for open_change in history.lost_answers.unresolved):
        return None
    client_continued = history.entries[-1] is not change.entry
    if not client_continued and history.now - change.entry.at < CLIENT_GIVES_UP_AFTER:
        return None
    return Evidence(
        f"the {change.entry.operation} of {change.amount} was executed, its response was"
        " lost, and the order was never read nor the request repeated with its key",
        (change.entry,),
    )


def _successes(history: History) -> Sequence[tuple[Movement, Movement | None]]:
    """Pair each change with the last equal one before it whose response arrived."""
    latest: dict[object, Movement] = {}
    pairs = []
    for movement in history.movements:
        pairs.append((movement, latest.get(movement.intent)))
        if is_answer_lost(movement.entry):
            latest.pop(movement.intent, None)
        else:
            latest[movement.intent] = movement
    return pairs


def _success_repeated(
    pair: tuple[Movement, Movement | None], history: History
) -> Evidence | None:
    again, first = pair
    if first is None or again.entry.at - first.entry.at > REPEATED_WITHIN:
        return None
    excess = _excess_reference(again, history)
    if excess is None:
        return None
    return Evidence(
        f"the {first.entry.operation} of {first.amount} was answered, and sent again:"
        f" more of '{excess}' than there was",
        (first.entry, again.entry),
    )


def _excess_reference(movement: Movement, history: History) -> str | None:
    """Find a line of which more was captured than ordered, or refunded than captured."""
    order = movement.after
    ordered = add_lines({}, order.order_lines if isinstance(movement.record, Capture) else ())
    for reference in {line.reference for line in movement.lines if line.reference}:
        captured = history.captured_lines.find(order.captures, reference)
        if isinstance(movement.record, Capture):
            used, available = captured, ordered.get(reference)
        else:
            used = history.refunded_lines.find(order.refunds, reference)
            available = captured
        if used and used.amount > (available.amount if available else 0):
            return reference
    return None


def _refusal_runs(history: History) -> Sequence[list[Entry]]:
    """Collect requests refused again and again while nothing changed in between."""
    runs: dict[object, list[Entry]] = {}
    version, order = 0, None
    for entry in history.entries:
        if entry.before is not None and entry.before != order:
            version, order = version + 1, entry.before
        result = entry.result
        if not isinstance(result, Refusal) or entry.faults or entry.replayed:
            continue
        if result.reason in (Reason.ORDER_NOT_FOUND, Reason.INTERNAL_ERROR):
            continue
        key = (entry.method, entry.path, str(result), entry.before and version)
        runs.setdefault(key, []).append(entry)
    return list(runs.values())


def _refusal_retried(run: list[Entry], _history: History) -> Evidence | None:
    if len(run) < REFUSALS_IN_A_ROW:
        return None
    entry = run[0]
    assert isinstance(entry.result, Refusal)  # noqa: S101  # only those are in runs
    return Evidence(
        f"{len(run)} times refused for the same reason, while nothing changed:"
        f" {entry.operation or entry.path}, {entry.result.reason}",
        tuple(run),
    )


def _retry_after_pairs(history: History) -> Sequence[tuple[Entry, Entry | None]]:
    """Pair each response with ``Retry-After`` with the next request of that kind."""
    pairs = []
    for entries in history.by_operation.values():
        followers = [*entries[1:], None]
        pairs += [
            (entry, later)
            for entry, later in zip(entries, followers, strict=True)
            if entry.retry_after and entry.retry_after.isdecimal()
        ]
    return pairs


def _impatient(pair: tuple[Entry, Entry | None], _history: History) -> Evidence | None:
    entry, later = pair
    if later is None or entry.retry_after is None:
        return None
    waited = (later.at - entry.at).total_seconds()
    if waited >= TOLERATED_SHARE * int(entry.retry_after):
        return None
    return Evidence(
        f"{entry.operation} was answered {entry.status} with Retry-After: {entry.retry_after},"
        f" and sent again after {waited:.1f} seconds",
        (entry, later),
    )


def _retry_chains(history: History) -> Sequence[list[Entry]]:
    """Collect requests of one kind, each after a response that invites a retry."""
    chains = []
    for entries in history.by_operation.values():
        chain: list[Entry] = []
        for entry in entries:
            chain.append(entry)
            if not (is_answer_lost(entry) or entry.status in RETRIED_STATUSES):
                chains.append(chain)
                chain = []
        chains.append(chain)
    return [chain for chain in chains if len(chain) > 1]


def _no_backoff(chain: list[Entry], _history: History) -> Evidence | None:
    gaps = [later.at - entry.at for entry, later in pairwise(chain)]
    hasty = sum(gap < SHORT_GAP for gap in gaps)
    if hasty < HASTY_RETRIES:
        return None
    return Evidence(
        f"{len(chain)} tries of {chain[0].operation}, {hasty} of them less than a second after"
        " the one before",
        tuple(chain),
    )


RETRY_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A102", "change repeated after a lost response, without an idempotency key",
        Severity.ERROR, "no response to a capture or refund was lost after it was executed",
        _lost_changes, _repeated_without_key,
        "Repeat with the idempotency key of the first try, or read the order first and send"
        " only what is missing.",
        Basis.DOCUMENTED_BY_KLARNA,
        "retry policy: a POST without a key is not safe to repeat; seen with Guzzle over"
        " libcurl, which repeats by itself",
    ),
    AuditRule(
        "A103", "idempotency key changed on a retry", Severity.ERROR,
        "no response to a capture or refund was lost after it was executed",
        _lost_changes, _repeated_with_new_key,
        "Create the key when the shipment is created, not when the request is built.",
        Basis.FIELD_REPORT, "medusa 16292, 16293 and 16466",
    ),
    AuditRule(
        "A104", "change repeated although it was answered", Severity.ERROR,
        "no capture or refund was executed", _successes, _success_repeated,
        "Lock the shop's order before the call, and store the id of the capture or refund"
        " before the lock is released.",
        Basis.FIELD_REPORT, "coopcycle-web 4341 and 4608, medusa 13301", preview=True,
    ),
    AuditRule(
        "A107", "change repeated with an expired key", Severity.ERROR,
        "no response to a capture or refund was lost after it was executed",
        _lost_changes, _repeated_too_late,
        "After 24 hours read the order instead of repeating the request.",
        Basis.DOCUMENTED_BY_KLARNA, "an idempotency key is kept for 24 hours", preview=True,
    ),
    AuditRule(
        "A111", "Retry-After ignored", Severity.WARNING,
        "no response carried Retry-After", _retry_after_pairs, _impatient,
        "Wait at least the seconds of Retry-After before any call of this kind.",
        Basis.STANDARD, "RFC 9110 section 10.2.3, RFC 6585", needs_running_clock=True,
    ),
    AuditRule(
        "A112", "retry without backoff", Severity.WARNING,
        "no request was sent again after 409, 429, 5xx or a lost response",
        _retry_chains, _no_backoff,
        "Double the wait each time, add a random part, and stop after three tries.",
        Basis.DOCUMENTED_BY_KLARNA, "retry policy: 5 seconds, 5 minutes, 5 hours",
        needs_running_clock=True,
    ),
    AuditRule(
        "A114", "refused request sent again unchanged", Severity.WARNING,
        "no request was refused", _refusal_runs, _refusal_retried,
        "Show the refusal to a person, or change what it names before trying again.",
        Basis.DOCUMENTED_BY_KLARNA, "retry policy: answers 3xx and 4xx are not retried",
    ),
    AuditRule(
        "A115", "outcome of a lost response never learnt", Severity.ERROR,
        "no response to a capture or refund was lost after it was executed",
        lambda history: history.lost_answers.lost, _never_learnt,
        "After a timeout, repeat with the same key or read the order before telling anybody"
        " that it failed.",
        Basis.DOCUMENTED_BY_KLARNA,
        "after a broken call the state is uncertain; klarna-checkout-for-woocommerce 38, 177",
        preview=True,
    ),
)  # fmt: skip
