"""Fault rules as data: which requests a rule matches, and on which of them it fires.

Nothing here touches a socket. A rule *matches* a request by operation, order, body and time,
and *fires* on some of the requests it matches (the third, one in five).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.domain.operation import Operation
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.faults.actions import Action, FailAllocation
from mockserver.sandbox.faults.matching import (
    IndexValue,
    index_value,
    values_at,
    values_match,
)
from mockserver.sandbox.ids import random_fraction
from mockserver.sandbox.memory_sizes import measure_fault_rule

Subject: TypeAlias = Operation | DeliveryKind
"""What a rule is about: a request of the merchant, or a call to the merchant."""

Scope: TypeAlias = tuple[Subject | None, str | None]
"""Subject and order id that a rule is limited to; ``None`` is any operation, any order."""

IndexKey: TypeAlias = tuple[str | None, IndexValue | None]
"""A path into the body and the expected value by which a rule is indexed; or neither."""

RuleIndex: TypeAlias = dict[Scope, dict[str | None, dict[IndexValue | None, dict[str, None]]]]
"""The names of rules by scope, path and expected value."""


class CallSelector(Struct, frozen=True):
    """Selects which matched requests fire: by number (from 1), the first n, or every nth."""

    numbers: frozenset[int] = frozenset()
    first: int = 0
    every: int = 0

    def selects(self, number: int) -> bool:
        """Return whether the request with this number fires."""
        if self.every:
            return number % self.every == 0
        return number <= self.first or number in self.numbers


class FaultRule(Struct, frozen=True):
    """A fault rule. Empty or None fields match every request, but no delivery.

    ``where`` maps paths into the body (``order_lines.reference``) to values; a list on
    the path matches if one of its elements does. ``spec`` is the rule as written in its
    scenario.
    """

    name: str
    actions: tuple[Action, ...]
    operations: frozenset[Subject] = frozenset()
    order_ids: frozenset[str] = frozenset()
    where: Mapping[str, Any] = field(default_factory=dict)
    calls: CallSelector | None = None
    probability: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)


class RequestFacts(Struct, frozen=True):
    """The properties of a request or delivery that rules match; the body parsed on demand."""

    operation: Subject
    order_id: str
    now: datetime
    body: Callable[[], Any]
    values_by_path: dict[str, Sequence[Any]] = field(default_factory=dict)

    def values_at(self, path: str) -> Sequence[Any]:
        """All values at a path into the body, computed once for all rules."""
        if path not in self.values_by_path:
            self.values_by_path[path] = tuple(values_at(self.body(), path))
        return self.values_by_path[path]

    def index_values_at(self, path: str) -> set[IndexValue | None]:
        """The index keys of the values at a path."""
        return {index_value(value) for value in self.values_at(path)}


class RuleCounts(Struct, frozen=True):
    """What happened with a rule so far.

    ``draws`` is the number of random numbers drawn for it; ``calls`` counts the matched
    requests by order, for a rule that is limited to orders.
    """

    matched: int = 0
    fired: int = 0
    draws: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)


class FaultRules:
    """The fault rules of a sandbox, with what happened with each.

    Attributes:
        added_count: number of rules ever added.
        by_name: the rules by name, in the order they were added.
        counts: the counts by the name of the rule.
        total_bytes: approximate bytes of all rules.
    """

    def __init__(self, rules: Iterable[FaultRule] = (), seed: str = "") -> None:
        """Start with rules; probabilities repeat for an equal seed."""
        self._seed = seed
        self.by_name: dict[str, FaultRule] = {}
        self._positions: dict[str, int] = {}
        self._index: RuleIndex = {}
        self.added_count = 0
        self.counts: dict[str, RuleCounts] = {}
        self.total_bytes = 0
        for rule in rules:
            self.add(rule)

    def add(self, rule: FaultRule) -> None:
        """Add a rule; a rule of the same name is replaced and its counts restart."""
        self.remove(rule.name)
        self.added_count += 1
        self.by_name[rule.name] = rule
        self._positions[rule.name] = self.added_count
        self.counts[rule.name] = RuleCounts()
        self._add_to_index(rule)

    def remove(self, name: str) -> bool:
        """Remove a rule and its counts; return whether it existed."""
        rule = self.by_name.pop(name, None)
        if rule is None:
            return False
        path, value = _index_key(rule)
        for scope in _scopes(rule):
            values = self._index[scope][path]
            del values[value][name]
            if not values[value]:
                del values[value]
            if not values:
                del self._index[scope][path]
            if not self._index[scope]:
                del self._index[scope]
        self.total_bytes -= measure_fault_rule(name, rule.spec)
        del self._positions[name], self.counts[name]
        return True

    @property
    def matched(self) -> Counter[str]:
        """How many requests each rule matched."""
        return Counter({name: counts.matched for name, counts in self.counts.items()})

    @property
    def fired(self) -> Counter[str]:
        """How often each rule fired."""
        return Counter({name: counts.fired for name, counts in self.counts.items()})

    def __bool__(self) -> bool:
        """Whether there are any rules."""
        return bool(self.by_name)

    def rules(self) -> Sequence[FaultRule]:
        """Return all rules, in the order they were added."""
        return tuple(self.by_name.values())

    def apply(self, facts: RequestFacts) -> list[tuple[FaultRule, Action]]:
        """Count a request and return the actions of the rules that fire, in rule order."""
        if not self.by_name:
            return []
        names = self._candidates(facts)
        fired = [self.by_name[name] for name in names if self._fires(self.by_name[name], facts)]
        return [(rule, action) for rule in fired for action in rule.actions]

    def dry_run(self, facts: RequestFacts) -> list[tuple[FaultRule, Action]]:
        """Return the actions that would apply to a request now, without counting it."""
        counts, self.counts = self.counts, dict(self.counts)
        try:
            return self.apply(facts)
        finally:
            self.counts = counts

    def copy(self) -> "FaultRules":
        """Return rules that count on their own; the rules themselves are shared."""
        copy = FaultRules(seed=self._seed)
        copy.by_name, copy.counts = dict(self.by_name), dict(self.counts)
        copy.added_count = self.added_count
        copy.rebuild_index()
        return copy

    def draw(self, rule: FaultRule) -> float:
        """Draw the next random number of a rule, between 0 and 1; rules are independent."""
        counts = self.counts[rule.name]
        self.counts[rule.name] = replace(counts, draws=counts.draws + 1)
        return random_fraction(self._seed, f"faults/{rule.name}", counts.draws)

    def rebuild_index(self) -> None:
        """Derive the index again, after the rules were replaced."""
        self._index, self.total_bytes = {}, 0
        self._positions = {name: number for number, name in enumerate(self.by_name)}
        for rule in self.by_name.values():
            self._add_to_index(rule)

    def _add_to_index(self, rule: FaultRule) -> None:
        self.total_bytes += measure_fault_rule(rule.name, rule.spec)
        path, value = _index_key(rule)
        for scope in _scopes(rule):
            values = self._index.setdefault(scope, {}).setdefault(path, {})
            values.setdefault(value, {})[rule.name] = None

    def _candidates(self, facts: RequestFacts) -> list[str]:
        """Name the rules that may match, using the index by scope, path and value."""
        is_delivery = isinstance(facts.operation, DeliveryKind)
        subjects = (facts.operation,) if is_delivery else (facts.operation, None)
        scopes = [(subject, i) for subject in subjects for i in (facts.order_id, None)]
        names = [
            name
            for scope in scopes
            for path, values in self._index.get(scope, {}).items()
            for value in ({None} if path is None else facts.index_values_at(path))
            for name in values.get(value, ())
        ]
        names.sort(key=self._positions.__getitem__)
        return names

    def _fires(self, rule: FaultRule, facts: RequestFacts) -> bool:
        if not _is_in_window(rule, facts.now) or not _body_matches(rule, facts):
            return False
        number = self._count_match(rule, facts.order_id)
        if rule.calls is not None and not rule.calls.selects(number):
            return False
        if rule.probability is not None and self.draw(rule) >= rule.probability:
            return False
        counts = self.counts[rule.name]
        self.counts[rule.name] = replace(counts, fired=counts.fired + 1)
        return True

    def _count_match(self, rule: FaultRule, order_id: str) -> int:
        """Count a matched request, and return its number: of its order, if a rule has some."""
        counts = self.counts[rule.name]
        calls, number = counts.calls, counts.matched + 1
        if rule.order_ids:
            number = calls.get(order_id, 0) + 1
            calls = {**calls, order_id: number}
        self.counts[rule.name] = replace(counts, matched=counts.matched + 1, calls=calls)
        return number


def only_fails_allocations(rule: FaultRule) -> bool:
    """Return whether a rule affects refunds only, because only refunds are allocated."""
    return all(isinstance(action, FailAllocation) for action in rule.actions)


def _scopes(rule: FaultRule) -> list[Scope]:
    operations: Iterable[Subject | None] = rule.operations or (None,)
    if only_fails_allocations(rule):
        operations = {Operation.REFUND}.intersection(rule.operations or {Operation.REFUND})
    order_ids: Iterable[str | None] = rule.order_ids or (None,)
    return [(operation, order_id) for operation in operations for order_id in order_ids]


def _index_key(rule: FaultRule) -> IndexKey:
    """Return the first indexable path and value of a rule's ``where``."""
    for path, expected in rule.where.items():
        if (value := index_value(expected)) is not None:
            return path, value
    return None, None


def _is_in_window(rule: FaultRule, now: datetime) -> bool:
    has_started = rule.since is None or now >= rule.since
    return has_started and (rule.until is None or now < rule.until)


def _body_matches(rule: FaultRule, facts: RequestFacts) -> bool:
    for path, expected in rule.where.items():
        if not any(values_match(actual, expected) for actual in facts.values_at(path)):
            return False
    return True
