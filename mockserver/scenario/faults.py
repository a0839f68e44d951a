"""From the faults of a scenario to rules; the input has passed its schema."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil
from typing import Any, TypeAlias

from msgspec.structs import replace

from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.actions import (
    Action,
    Cut,
    Delay,
    Drop,
    FailAllocation,
    Garbage,
    LoseAnswer,
    RateLimit,
    Refuse,
    Respond,
    SlowBody,
    Truncate,
)
from mockserver.sandbox.faults import Calls, Rule
from mockserver.scenario.findings import Finding, Path, ScenarioError
from mockserver.scenario.times import duration_at, moment_of

Spec: TypeAlias = Mapping[str, Any]

DEFAULT_RETRY_AFTER = "1s"
TRUNCATED_AT = 16  # bytes, where WireMock's name gives no number

WIREMOCK_CUTS = {
    "EMPTY_RESPONSE": Cut.CLOSE,
    "CONNECTION_RESET_BY_PEER": Cut.RESET,
}
WIREMOCK_FAULTS: Mapping[str, Action] = {
    **{name: Drop(cut) for name, cut in WIREMOCK_CUTS.items()},
    "MALFORMED_RESPONSE_CHUNK": Truncate(TRUNCATED_AT),
    "RANDOM_DATA_THEN_CLOSE": Garbage(),
}


def plan_rule(
    name: str,
    spec: Spec,
    order_names: Mapping[str, str],
    start: datetime,
    path: Path = (),
) -> Rule:
    """Make a rule.

    Args:
        name: the rule's name.
        spec: the rule as the scenario writes it.
        order_names: order ids by name; ids are taken as well.
        start: the time from which durations in ``from`` and ``until`` count.
        path: where the rule is written.

    Raises:
        ScenarioError: an unknown order, or a time that cannot be understood.
    """
    on = spec.get("on", "any")
    operations = [on] if isinstance(on, str) else on
    chosen = () if "any" in operations else operations
    return Rule(
        name=name,
        actions=tuple(_actions(spec["do"], (*path, "do"))),
        operations=frozenset(Operation(each) for each in chosen),
        order_ids=frozenset(_orders(spec, order_names, path)),
        where=spec.get("where", {}),
        calls=_calls(spec.get("calls")),
        probability=spec.get("probability"),
        since=_time(spec, "from", start, path),
        until=_time(spec, "until", start, path),
        written=spec,
    )


def _orders(spec: Spec, order_names: Mapping[str, str], path: Path) -> list[str]:
    given = spec.get("order", [])
    wanted = given if isinstance(given, list) else [given]
    ids = set(order_names.values())
    for each in map(str, wanted):
        if each not in order_names and each not in ids:
            message = f"unknown order '{each}', {did_you_mean(each, list(order_names))}"
            raise ScenarioError([Finding("E204", (*path, "order"), message)])
    return [order_names.get(str(each), str(each)) for each in wanted]


def _time(spec: Spec, key: str, start: datetime, path: Path) -> datetime | None:
    if key not in spec:
        return None
    return moment_of(spec[key], start, start, (*path, key))


def _calls(given: int | list[int] | Spec | None) -> Calls | None:
    if given is None:
        return None
    if isinstance(given, int):
        return Calls(numbers=frozenset({given}))
    if isinstance(given, list):
        return Calls(numbers=frozenset(given))
    return Calls(first=given.get("first", 0), every=given.get("every", 0))


def _actions(given: Spec | list[Spec], path: Path) -> list[Action]:
    listed = given if isinstance(given, list) else [given]
    return [
        _ACTIONS[key](value, (*path, key))
        for each in listed
        for key, value in each.items()
        if value is not False
    ]


def _respond(given: Spec, _path: Path) -> Respond:
    messages = given.get("error_messages")
    return Respond(
        status=given["status"],
        error_code=given.get("error_code"),
        error_messages=None if messages is None else tuple(map(str, messages)),
        headers={key: str(value) for key, value in given.get("headers", {}).items()},
        body=given.get("body"),
    )


def _respond_after(given: Spec, path: Path) -> Action:
    return replace(_respond(given, path), after=True)


def _refuse(given: str, _path: Path) -> Action:
    return Refuse(Reason(given))


def _delay(given: str | Spec, path: Path) -> Action:
    if isinstance(given, str):
        seconds = duration_at(given, path).total_seconds()
        return Delay(low=seconds, high=seconds)
    if "uniform" in given:
        low, high = (
            duration_at(e, (*path, "uniform")).total_seconds() for e in given["uniform"]
        )
        return Delay(low=low, high=high)
    shape = given["lognormal"]
    median, p99 = (
        duration_at(shape[key], (*path, "lognormal", key)).total_seconds()
        for key in ("median", "p99")
    )
    if not 0 < median <= p99:
        message = "expected 0 < median <= p99"
        raise ScenarioError([Finding("E105", (*path, "lognormal"), message)])
    return Delay(median=median, p99=p99)


def _rate_limit(given: Spec | bool, path: Path) -> Action:  # noqa: FBT001  # YAML's own
    wanted = {} if isinstance(given, bool) else given
    text = wanted.get("retry_after", DEFAULT_RETRY_AFTER)
    wait = duration_at(text, (*path, "retry_after"))
    return RateLimit(retry_after=max(1, ceil(wait.total_seconds())))


def _cut(name: str) -> Cut:
    return WIREMOCK_CUTS.get(name) or Cut(name)


_ACTIONS: Mapping[str, Callable[[Any, Path], Action]] = {
    "respond": _respond,
    "refuse": _refuse,
    "delay": _delay,
    "rate_limit": _rate_limit,
    "drop": lambda given, _path: Drop(_cut(given)),
    "fail_allocation": lambda _given, _path: FailAllocation(),
    "lose_answer": lambda given, _path: LoseAnswer(_cut(given)),
    "truncate": lambda given, _path: Truncate(given),
    "garbage": lambda _given, _path: Garbage(),
    "slow_body": lambda given, _path: SlowBody(given),
    "respond_after": _respond_after,
    "fault": lambda given, _path: WIREMOCK_FAULTS[given],
}
ACTION_NAMES = tuple(_ACTIONS)
