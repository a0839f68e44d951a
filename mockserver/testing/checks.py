"""Checks of a sandbox after a test, and the report that explains a failure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.client import ControlError
from mockserver.control_types import RequestEntry
from mockserver.domain.wording import did_you_mean
from mockserver.scenario.diagnostics import pluralize
from mockserver.testing.sandbox_handle import KustomSandbox

MAX_TIMELINES = 3
COUNTER_NAMES = ("matched", "fired")
FAILURE_KINDS = ("crash", "invariant", "expect", "fault", "unknown_path")


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A failed check; ``name`` is set for faults."""

    kind: str
    text: str
    name: str = ""


def failure_message(sandbox: KustomSandbox, allow: Iterable[str]) -> str:
    """Return the failure message of a test; empty if all checks pass."""
    allowed = (allow,) if isinstance(allow, str) else tuple(allow)
    try:
        failures = [
            failure
            for failure in find_failures(sandbox)
            if not {failure.kind, failure.name} & {*allowed}
        ]
        unknown = _check_allow(sandbox, allowed)
    except ControlError as error:
        return f"kustom: {error}"
    if unknown:
        return unknown
    if not failures:
        return ""
    lines = [
        f"  {failure.kind}: {indent(failure.text, '    ').lstrip()}" for failure in failures
    ]
    names = ", ".join(
        f'"{kind}"' for kind in dict.fromkeys(failure.kind for failure in failures)
    )
    hint = f"If this is intended: @pytest.mark.kustom(allow=[{names}])"
    return "\n".join(["kustom: sandbox checks failed after the test passed", *lines, hint])


def find_failures(sandbox: KustomSandbox) -> list[CheckFailure]:
    """Return all failed checks of a sandbox."""
    requests, results = sandbox.requests, sandbox.verdict()["expectations"]
    return [
        *_crashes(requests),
        *_broken_invariants(sandbox),
        *(
            CheckFailure("expect", expectation["text"])
            for expectation in results
            if not expectation["passed"]
        ),
        *_unfired_faults(sandbox, {expectation["path"] for expectation in results}),
        *_unknown_paths(requests),
    ]


def _crashes(requests: list[RequestEntry]) -> Iterator[CheckFailure]:
    for request in requests:
        if request["crash"]:
            summary = f"the server crashed in {request['method']} {request['path']}"
            yield CheckFailure("crash", f"{summary}\n{request['crash'].rstrip()}")


def _broken_invariants(sandbox: KustomSandbox) -> Iterator[CheckFailure]:
    for order in sandbox.control.invariants()["orders"]:
        for violation in order["violations"]:
            yield CheckFailure("invariant", f"order {order['order_id']}: {violation}")


def _unfired_faults(sandbox: KustomSandbox, checked_paths: set[str]) -> Iterator[CheckFailure]:
    """Find faults that never fired, except those whose counts the scenario expects."""
    for rule in sandbox.faults:
        name = rule["id"]
        if not rule["fired"] and not checked_paths & {
            f"faults.{name}.{k}" for k in COUNTER_NAMES
        }:
            yield CheckFailure(
                "fault",
                f"'{name}' never fired (matched {pluralize(rule['matched'], 'time')})",
                name,
            )


def _unknown_paths(requests: list[RequestEntry]) -> Iterator[CheckFailure]:
    for request in requests:
        refusal = request["refusal"]
        if refusal and refusal["reason"] == "unknown_path":
            suggestion = refusal["facts"].get("did_you_mean")
            hint = (
                f"did you mean {suggestion}?"
                if suggestion
                else refusal["facts"].get("hint", "")
            )
            summary = f"{request['method']} {request['path']} does not exist"
            yield CheckFailure("unknown_path", f"{summary}; {hint}" if hint else summary)


def _check_allow(sandbox: KustomSandbox, allowed: tuple[str, ...]) -> str:
    names = [*FAILURE_KINDS, *AUDIT_RULES, *(rule["id"] for rule in sandbox.faults)]
    for name in allowed:
        if name not in names:
            return f"kustom: unknown name '{name}' in allow, {did_you_mean(name, names)}"
    return ""


def sandbox_report(sandbox: KustomSandbox, pictures: Path | None = None) -> str:
    """Return the report of a sandbox: verdict, timelines, last refusal.

    Args:
        sandbox: the sandbox of the test.
        pictures: folder for pictures of the orders, to which the report points.
    """
    try:
        requests = sandbox.requests
        parts = [
            _verdict_section(sandbox),
            *_timeline_sections(sandbox, requests, pictures),
            *_last_failure_section(requests),
        ]
    except ControlError as error:
        return str(error)
    return "\n\n".join(parts)


def _verdict_section(sandbox: KustomSandbox) -> str:
    expectations = sandbox.verdict()["expectations"]
    lines = [
        f"  {'ok  ' if expectation['passed'] else 'FAIL'}  {expectation['text']}"
        for expectation in expectations
    ]
    return "\n".join(["Verdict:", *(lines or ["  the scenario has no expectations"])])


def _timeline_sections(
    sandbox: KustomSandbox, requests: list[RequestEntry], pictures: Path | None
) -> Iterator[str]:
    """Yield the timelines of the last requested orders, or of all orders."""
    orders = {order["order_id"]: order["name"] for order in sandbox.control.orders()}
    requested_ids = dict.fromkeys(request["order_id"] for request in reversed(requests))
    order_ids = [order_id for order_id in requested_ids if order_id in orders] or list(orders)
    for order_id in order_ids[:MAX_TIMELINES]:
        events = sandbox.order(order_id)["timeline"]
        lines = [f"  {event['at']}  {event['text']}" for event in events]
        if pictures is not None:
            lines.append(f"  picture: {_save_picture(sandbox, order_id, pictures).as_uri()}")
        yield "\n".join([f"Order {orders[order_id]} ({order_id}):", *lines])


def _save_picture(sandbox: KustomSandbox, order_id: str, folder: Path) -> Path:
    """Write the picture of an order to a file: the server may be gone when it is read."""
    file = folder / f"{sandbox.control.sandbox}-{order_id[:8]}.svg"
    file.write_text(sandbox.control.picture(order_id), encoding="utf-8")
    return file


def _last_failure_section(requests: list[RequestEntry]) -> Iterator[str]:
    for request in reversed(requests):
        allocation = request["allocation"]
        if request["refusal"] or (allocation and allocation["outcome"] == "failed"):
            title = "refusal" if request["refusal"] else "failed allocation"
            yield f"The last {title}:\n{indent(request['text'], '  ')}"
            return
