"""What a sandbox has against a test that is over, and the story of what happened in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import indent

from mockserver.client import ControlError
from mockserver.control_types import RequestEntry
from mockserver.domain.wording import did_you_mean
from mockserver.testing.handle import KustomSandbox

ORDERS_TOLD = 3
COUNTS = ("matched", "fired")
KINDS = ("crash", "invariant", "expect", "fault", "unknown_path")


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that a test must not leave behind; ``name`` is the fault's, if of one."""

    kind: str
    text: str
    name: str = ""


def complaint(sandbox: KustomSandbox, allow: Iterable[str]) -> str:
    """Say what a test fails on; nothing if all is well."""
    allowed = (allow,) if isinstance(allow, str) else tuple(allow)
    try:
        failures = [
            each for each in failures_of(sandbox) if not {each.kind, each.name} & {*allowed}
        ]
        unknown = _unknown(sandbox, allowed)
    except ControlError as error:
        return f"kustom: {error}"
    if unknown:
        return unknown
    if not failures:
        return ""
    lines = [f"  {each.kind}: {indent(each.text, '    ').lstrip()}" for each in failures]
    names = ", ".join(f'"{kind}"' for kind in dict.fromkeys(each.kind for each in failures))
    hint = f"If this is meant: @pytest.mark.kustom(allow=[{names}])"
    return "\n".join(["kustom: the sandbox has something against this test", *lines, hint])


def failures_of(sandbox: KustomSandbox) -> list[Failure]:
    """List everything that is wrong in a sandbox."""
    requests, judged = sandbox.requests, sandbox.verdict()["expectations"]
    return [
        *_crashes(requests),
        *_broken(sandbox),
        *(Failure("expect", each["text"]) for each in judged if not each["passed"]),
        *_idle(sandbox, {each["path"] for each in judged}),
        *_lost(requests),
    ]


def _crashes(requests: list[RequestEntry]) -> Iterator[Failure]:
    for each in requests:
        if each["crash"]:
            place = f"the server crashed in {each['method']} {each['path']}"
            yield Failure("crash", f"{place}\n{each['crash'].rstrip()}")


def _broken(sandbox: KustomSandbox) -> Iterator[Failure]:
    for order in sandbox.control.invariants()["orders"]:
        for violation in order["violations"]:
            yield Failure("invariant", f"order {order['order_id']}: {violation}")


def _idle(sandbox: KustomSandbox, judged: set[str]) -> Iterator[Failure]:
    """Find faults that never fired; how often some should have, the scenario says."""
    for each in sandbox.faults:
        name = each["id"]
        if not each["fired"] and not judged & {f"faults.{name}.{k}" for k in COUNTS}:
            yield Failure("fault", f"'{name}' never fired ({each['matched']} matched)", name)


def _lost(requests: list[RequestEntry]) -> Iterator[Failure]:
    for each in requests:
        refusal = each["refusal"]
        if refusal and refusal["reason"] == "unknown_path":
            meant = refusal["facts"].get("did_you_mean")
            hint = f"did you mean {meant}?" if meant else refusal["facts"].get("hint", "")
            place = f"{each['method']} {each['path']} does not exist"
            yield Failure("unknown_path", f"{place}; {hint}" if hint else place)


def _unknown(sandbox: KustomSandbox, allowed: tuple[str, ...]) -> str:
    known = [*KINDS, *(each["id"] for each in sandbox.faults)]
    for name in allowed:
        if name not in known:
            return f"kustom: unknown name '{name}' in allow, {did_you_mean(name, known)}"
    return ""


def story(sandbox: KustomSandbox) -> str:
    """Tell the verdict, the orders' timelines, and why the last refusal came about."""
    try:
        requests = sandbox.requests
        parts = [_verdict(sandbox), *_timelines(sandbox, requests), *_last_trouble(requests)]
    except ControlError as error:
        return str(error)
    return "\n\n".join(parts)


def _verdict(sandbox: KustomSandbox) -> str:
    expectations = sandbox.verdict()["expectations"]
    lines = [f"  {'ok' if each['passed'] else 'NO'}  {each['text']}" for each in expectations]
    return "\n".join(["Verdict:", *(lines or ["  the scenario expects nothing"])])


def _timelines(sandbox: KustomSandbox, requests: list[RequestEntry]) -> Iterator[str]:
    """Tell of the orders that were asked for last; of all where none was."""
    orders = {each["order_id"]: each["name"] for each in sandbox.control.orders()}
    asked = dict.fromkeys(each["order_id"] for each in reversed(requests))
    told = [each for each in asked if each in orders] or list(orders)
    for order_id in told[:ORDERS_TOLD]:
        events = sandbox.order(order_id)["timeline"]
        lines = [f"  {each['at']}  {each['text']}" for each in events]
        yield "\n".join([f"Order {orders[order_id]} ({order_id}):", *lines])


def _last_trouble(requests: list[RequestEntry]) -> Iterator[str]:
    for each in reversed(requests):
        allocation = each["allocation"]
        if each["refusal"] or (allocation and allocation["outcome"] == "failed"):
            title = "refusal" if each["refusal"] else "failed allocation"
            yield f"The last {title}:\n{indent(each['text'], '  ')}"
            return
