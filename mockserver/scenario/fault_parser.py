"""Parse the faults of a scenario into fault rules."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from msgspec.structs import replace

from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.deliveries.delivery import CALLBACKS, DeliveryKind
from mockserver.sandbox.faults.actions import (
    DELIVERY_ACTIONS,
    ONLY_DELIVERY_ACTIONS,
    Action,
    BadSignature,
    ConnectionEnd,
    Delay,
    Drop,
    Duplicate,
    FailAllocation,
    Garbage,
    Lose,
    LoseAnswer,
    RateLimit,
    Refuse,
    Reorder,
    Respond,
    SlowBody,
    Truncate,
)
from mockserver.sandbox.faults.rules import CallSelector, FaultRule, Subject
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath
from mockserver.scenario.spec import Spec
from mockserver.scenario.times import parse_duration_at, parse_time_or_offset

DEFAULT_RETRY_AFTER = "1s"
WIREMOCK_TRUNCATE_BYTES = 16  # bytes; WireMock's fault has no size

WIREMOCK_CONNECTION_ENDS = {
    "EMPTY_RESPONSE": ConnectionEnd.CLOSE,
    "CONNECTION_RESET_BY_PEER": ConnectionEnd.RESET,
}
WIREMOCK_FAULTS: Mapping[str, Action] = {
    **{name: Drop(cut) for name, cut in WIREMOCK_CONNECTION_ENDS.items()},
    "MALFORMED_RESPONSE_CHUNK": Truncate(WIREMOCK_TRUNCATE_BYTES),
    "RANDOM_DATA_THEN_CLOSE": Garbage(),
}


def parse_fault_rule(
    name: str,
    spec: Spec,
    order_names: Mapping[str, str],
    order_ids: Container[str],
    start: datetime,
    path: ValuePath = (),
) -> FaultRule:
    """Parse a fault rule.

    Args:
        name: the rule's name.
        spec: the rule as the scenario writes it.
        order_names: order ids by name.
        order_ids: ids of all orders, which a rule may use instead of names.
        start: the time from which durations in ``from`` and ``until`` count.
        path: the position of the rule in the scenario.

    Raises:
        ScenarioError: an unknown order, an invalid time, or an action that does not fit.
    """
    on = spec.get("on", "any")
    subjects = [on] if isinstance(on, str) else on
    names = () if "any" in subjects else subjects
    actions = tuple(_actions(spec["do"], (*path, "do")))
    operations = frozenset(map(_parse_subject, names))
    _check_actions(operations, actions, path)
    return FaultRule(
        name=name,
        actions=actions,
        operations=operations,
        order_ids=frozenset(_orders(spec, order_names, order_ids, path)),
        where=spec.get("where", {}),
        calls=_calls(spec.get("calls")),
        probability=spec.get("probability"),
        since=_time(spec, "from", start, path),
        until=_time(spec, "until", start, path),
        spec=spec,
    )


def _parse_subject(name: str) -> Subject:
    return DeliveryKind(name) if name in set(DeliveryKind) else Operation(name)


def _check_actions(
    subjects: frozenset[Subject], actions: Iterable[Action], path: ValuePath
) -> None:
    """Check that requests have actions of requests, and deliveries those of deliveries."""
    kinds = sorted(subject for subject in subjects if isinstance(subject, DeliveryKind))
    if kinds and len(kinds) < len(subjects):
        message = f"expected operations or kinds of deliveries, got both; move {kinds[0]}"
        raise ScenarioError([Finding("E104", (*path, "on"), f"{message} to a rule of its own")])
    for action in actions:
        problem = _misplaced(action, kinds)
        if problem:
            message = f"'{str(action).partition(' ')[0]}' {problem}"
            raise ScenarioError([Finding("E104", (*path, "do"), message)])


def _misplaced(action: Action, kinds: Sequence[DeliveryKind]) -> str:
    """Return why an action does not fit what its rule is about; empty if it does."""
    if not kinds:
        if isinstance(action, Respond) and action.seconds:
            return "takes `after` for deliveries only; delay a request with `delay`"
        is_wrong = isinstance(action, ONLY_DELIVERY_ACTIONS)
        known = ", ".join(DeliveryKind)
        return f"is for deliveries: name one in `on` ({known})" if is_wrong else ""
    if not isinstance(action, DELIVERY_ACTIONS) or getattr(action, "after_commit", False):
        return f"is for requests; a delivery takes {', '.join(DELIVERY_ACTION_NAMES)}"
    if isinstance(action, BadSignature) and set(kinds) != {DeliveryKind.WEBHOOK}:
        return "is for webhooks; other deliveries are not signed"
    if isinstance(action, Reorder) and CALLBACKS.intersection(kinds):
        return "is for deliveries by a schedule; a callback is made when it is needed"
    return ""


def _orders(
    spec: Spec, order_names: Mapping[str, str], order_ids: Container[str], path: ValuePath
) -> list[str]:
    orders = spec.get("order", [])
    names = orders if isinstance(orders, list) else [orders]
    for name in map(str, names):
        if name not in order_names and name not in order_ids:
            message = f"unknown order '{name}', {did_you_mean(name, order_names)}"
            raise ScenarioError([Finding("E204", (*path, "order"), message)])
    return [order_names.get(str(name), str(name)) for name in names]


def _time(spec: Spec, key: str, start: datetime, path: ValuePath) -> datetime | None:
    if key not in spec:
        return None
    return parse_time_or_offset(spec[key], start, start, (*path, key))


def _calls(value: int | list[int] | Spec | None) -> CallSelector | None:
    if value is None:
        return None
    if isinstance(value, int):
        return CallSelector(numbers=frozenset({value}))
    if isinstance(value, list):
        return CallSelector(numbers=frozenset(value))
    return CallSelector(first=value.get("first", 0), every=value.get("every", 0))


def _actions(spec: Spec | list[Spec], path: ValuePath) -> list[Action]:
    actions = spec if isinstance(spec, list) else [spec]
    return [
        _ACTIONS[key](value, (*path, key))
        for action in actions
        for key, value in action.items()
        if value is not False
    ]


def _respond(spec: Spec, path: ValuePath) -> Respond:
    messages = spec.get("error_messages")
    duration = parse_duration_at(spec.get("after", "0s"), (*path, "after"))
    return Respond(
        status=spec["status"],
        error_code=spec.get("error_code"),
        error_messages=None if messages is None else tuple(map(str, messages)),
        headers={key: str(value) for key, value in spec.get("headers", {}).items()},
        body=spec.get("body"),
        seconds=duration.total_seconds(),
    )


def _respond_after(spec: Spec, path: ValuePath) -> Action:
    return replace(_respond(spec, path), after_commit=True)


def _parse_refuse(reason: str, _path: ValuePath) -> Action:
    return Refuse(Reason(reason))


def _delay(value: str | Spec, path: ValuePath) -> Action:
    if isinstance(value, str):
        seconds = parse_duration_at(value, path).total_seconds()
        return Delay(low=seconds, high=seconds)
    if "uniform" in value:
        low, high = (
            parse_duration_at(e, (*path, "uniform")).total_seconds() for e in value["uniform"]
        )
        return Delay(low=low, high=high)
    shape = value["lognormal"]
    median, p99 = (
        parse_duration_at(shape[key], (*path, "lognormal", key)).total_seconds()
        for key in ("median", "p99")
    )
    if not 0 < median <= p99:
        message = "expected 0 < median <= p99"
        raise ScenarioError([Finding("E105", (*path, "lognormal"), message)])
    return Delay(median=median, p99=p99)


def _rate_limit(value: Spec | bool, path: ValuePath) -> Action:  # noqa: FBT001  # YAML's own
    spec = {} if isinstance(value, bool) else value
    text = spec.get("retry_after", DEFAULT_RETRY_AFTER)
    wait = parse_duration_at(text, (*path, "retry_after"))
    return RateLimit(retry_after=max(1, ceil(wait.total_seconds())))


def _parse_connection_end(name: str) -> ConnectionEnd:
    return WIREMOCK_CONNECTION_ENDS.get(name) or ConnectionEnd(name)


_ACTIONS: Mapping[str, Callable[[Any, ValuePath], Action]] = {
    "respond": _respond,
    "refuse": _parse_refuse,
    "delay": _delay,
    "rate_limit": _rate_limit,
    "drop": lambda end, _path: Drop(_parse_connection_end(end)),
    "fail_allocation": lambda _value, _path: FailAllocation(),
    "lose_answer": lambda end, _path: LoseAnswer(_parse_connection_end(end)),
    "truncate": lambda size, _path: Truncate(size),
    "garbage": lambda _value, _path: Garbage(),
    "slow_body": lambda rate, _path: SlowBody(rate),
    "respond_after": _respond_after,
    "fault": lambda name, _path: WIREMOCK_FAULTS[name],
    "lose": lambda _value, _path: Lose(),
    "duplicate": lambda times, _path: Duplicate() if times is True else Duplicate(times),
    "reorder": lambda _value, _path: Reorder(),
    "bad_signature": lambda _value, _path: BadSignature(),
}
DELIVERY_ACTION_NAMES = ("lose", "delay", "duplicate", "reorder", "bad_signature", "respond")
ACTION_NAMES = tuple(_ACTIONS)
