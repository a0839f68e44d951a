"""Audit rules about reads, ids and deprecated calls (``A6..``)."""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from mockserver.audit.audit_rule import AuditRule, Basis, Scope
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, is_carried_out, is_successful_read
from mockserver.domain.errors import Reason
from mockserver.domain.operation import DEPRECATED_OPERATIONS, READ_OPERATIONS, Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.journal import Entry

WINDOW = timedelta(seconds=60)
POLLING_READS = 5
EXCESSIVE_READS = 30
PROBED_IDS = 10
UNKNOWN_ORDER = (Reason.ORDER_NOT_FOUND, Reason.INVALID_ORDER_ID)


def _unchanged_reads(history: History) -> Sequence[list[Entry]]:
    """Collect the reads of an order between two changes."""
    runs: list[list[Entry]] = [[]]
    for entry in history.entries:
        if entry.operation not in READ_OPERATIONS:
            if is_carried_out(entry) and runs[-1]:
                runs.append([])
        elif entry.operation is Operation.GET_ORDER and is_successful_read(entry):
            runs[-1].append(entry)
    return [run for run in runs if run]


def _polling(run: list[Entry], _history: History) -> Evidence | None:
    busiest = _busiest_window(run)
    if len(busiest) < POLLING_READS:
        return None
    return Evidence(
        f"{len(busiest)} reads within {WINDOW.seconds} seconds, the order unchanged",
        tuple(busiest),
        Severity.WARNING if len(busiest) > EXCESSIVE_READS else Severity.NOTE,
    )


def _busiest_window(entries: Sequence[Entry]) -> list[Entry]:
    window: deque[Entry] = deque()
    busiest: list[Entry] = []
    for entry in entries:
        window.append(entry)
        while entry.at - window[0].at > WINDOW:
            window.popleft()
        if len(window) > len(busiest):
            busiest = list(window)
    return busiest


def _unknown_ids(history: History) -> Sequence[list[Entry]]:
    """Return the first request for each unknown order id, as one subject."""
    first: dict[str, Entry] = {}
    for entry in history.entries:
        if isinstance(entry.result, Refusal) and entry.result.reason in UNKNOWN_ORDER:
            first.setdefault(entry.order_id or "", entry)
    return [list(first.values())] if first else ()


def _probing(entries: list[Entry], _history: History) -> Evidence | None:
    busiest = _busiest_window(entries)
    if len(busiest) < PROBED_IDS:
        return None
    return Evidence(
        f"{len(busiest)} different unknown order ids within {WINDOW.seconds} seconds",
        tuple(busiest),
    )


def _failed_ids(history: History) -> Sequence[Entry]:
    return [entry for run in _unknown_ids(history) for entry in run]


def _respelt(entry: Entry, history: History) -> Evidence | None:
    spelt = (entry.order_id or "").strip(" {}").casefold()
    known = next((i for i in sorted(history.sandbox.orders) if i.casefold() == spelt), None)
    if known is None:
        return None
    return Evidence(f"'{entry.order_id}' is not '{known}'", (entry,))


def _deprecated_calls(history: History) -> Sequence[Entry]:
    return [
        entry
        for operation in DEPRECATED_OPERATIONS
        for entry in history.by_operation.get(operation, ())
    ]


def _deprecated(entry: Entry, _history: History) -> Evidence | None:
    return Evidence(f"{entry.operation} is announced to be dropped", (entry,))


def _respelt_path(entry: Entry, _history: History) -> Evidence | None:
    if "//" not in entry.path and not entry.path.endswith("/"):
        return None
    return Evidence(f"{entry.method} {entry.path}", (entry,))


def _secret_in_url(entry: Entry, _history: History) -> Evidence | None:
    if not entry.has_secret_in_url:
        return None
    return Evidence(
        f"the address of {entry.operation or 'a request'} contains the secret", (entry,)
    )


TRAFFIC_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A601", "order polled", Severity.NOTE,
        "no order was read", _unchanged_reads, _polling,
        "Trust the response of a change; learn of other changes by push or webhook.",
        Basis.DOCUMENTED_BY_KLARNA, "read an order only when the logic needs it",
        needs_running_clock=True,
    ),
    AuditRule(
        "A602", "order ids guessed", Severity.NOTE,
        "no unknown order was asked for", _unknown_ids, _probing,
        "Store order ids; do not guess them.",
        Basis.FIELD_REPORT, "PayPal limits such patterns as suspicious", Scope.SANDBOX,
    ),
    AuditRule(
        "A603", "order id spelt differently", Severity.WARNING,
        "no unknown order was asked for", _failed_ids, _respelt,
        "Use the order id exactly as it was received.",
        Basis.FIELD_REPORT, "an id in braces was recorded to be answered 400 with an HTML page",
        Scope.SANDBOX,
    ),
    AuditRule(
        "A604", "path spelt differently", Severity.NOTE,
        "no operation was called",
        lambda history: [entry for entry in history.entries if entry.operation],
        _respelt_path,
        "Join the base address and the path with one slash, and end without one.",
        Basis.FIELD_REPORT, "two slashes were recorded to be accepted once, in 2020",
        Scope.SANDBOX, preview=True,
    ),
    AuditRule(
        "A605", "secret in an address", Severity.ERROR,
        "no request was sent", lambda history: history.entries, _secret_in_url,
        "Send the secret in the header Authorization only.",
        Basis.STANDARD, "RFC 9110 section 17.9: addresses end in logs", Scope.SANDBOX,
        preview=True,
    ),
    AuditRule(
        "A606", "deprecated operation", Severity.NOTE,
        "no deprecated operation was called", _deprecated_calls, _deprecated,
        "Drop the call before it answers 404; try it with the assumption"
        " deprecated_operations: not_found.",
        Basis.DOCUMENTED_BY_KUSTOM, "announced removal", preview=True,
    ),
)  # fmt: skip
