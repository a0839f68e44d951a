"""Failures on demand, as data: which calls a rule is for, and what it does to them.

Nothing here touches a socket. A rule *matches* a call by what it is (operation, order,
body, time) and *fires* on some of the calls it matches (the third, one in five).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from random import Random
from typing import Any, TypeAlias

from msgspec import Struct, field

from mockserver.domain.operation import Operation
from mockserver.sandbox.actions import Action, FailAllocation
from mockserver.sandbox.where import Likeness, likeness, same, values_at

Audience: TypeAlias = tuple[Operation | None, str | None]
"""What calls a rule may be for: those of an operation, on an order; ``None`` is any."""

Sought: TypeAlias = tuple[str | None, Likeness | None]
"""A path into the body, and the value there by which a rule is found; or nothing."""

Index: TypeAlias = dict[Audience, dict[str | None, dict[Likeness | None, dict[str, None]]]]
"""The names of rules by their audience, and by the path and the value that they seek."""


class Calls(Struct, frozen=True):
    """Which of the matched calls fire: some numbers (from 1), the first, every nth."""

    numbers: frozenset[int] = frozenset()
    first: int = 0
    every: int = 0

    def include(self, number: int) -> bool:
        """Say whether the call of this number is among them."""
        if self.every:
            return number % self.every == 0
        return number <= self.first or number in self.numbers


class Rule(Struct, frozen=True):
    """A named failure. Empty or ``None`` fields match every call.

    ``written`` is the rule as its scenario writes it.

    ``where`` maps paths into the body (``order_lines.reference``) to values; a list on
    the way matches if one of its entries does.
    """

    name: str
    actions: tuple[Action, ...]
    operations: frozenset[Operation] = frozenset()
    order_ids: frozenset[str] = frozenset()
    where: Mapping[str, Any] = field(default_factory=dict)
    calls: Calls | None = None
    probability: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    written: Mapping[str, Any] = field(default_factory=dict)


class Facts(Struct, frozen=True):
    """What a call is, as far as rules look at it; the body is read only if asked for."""

    operation: Operation
    order_id: str
    now: datetime
    body: Callable[[], Any]
    found: dict[str, Sequence[Any]] = field(default_factory=dict)

    def values_at(self, path: str) -> Sequence[Any]:
        """All values at a path into the body, looked for once however many rules ask."""
        if path not in self.found:
            self.found[path] = tuple(values_at(self.body(), path))
        return self.found[path]

    def likenesses_at(self, path: str) -> set[Likeness | None]:
        """What rules that look for a value at a path are found by."""
        return {likeness(each) for each in self.values_at(path)}


class Faults:
    """The rules of a sandbox, and how often each matched and fired."""

    def __init__(self, rules: Iterable[Rule] = (), seed: str = "") -> None:
        """Start with rules; probabilities repeat for an equal seed."""
        self._seed = seed
        self._rules: dict[str, Rule] = {}
        self._places: dict[str, int] = {}
        self._index: Index = {}
        self._sources: dict[str, Random] = {}
        self._numbers: dict[str, Counter[str]] = {}  # of calls, by rule and order
        self.added = 0
        self.matched: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        """Put a rule in; one of the same name is replaced, its counts begin anew."""
        self.remove(rule.name)
        self.added += 1
        self._rules[rule.name] = rule
        self._places[rule.name] = self.added
        self._numbers[rule.name] = Counter()
        self._sources[rule.name] = Random(f"{self._seed}/{rule.name}")  # noqa: S311
        path, value = _sought(rule)
        for audience in _audiences(rule):
            values = self._index.setdefault(audience, {}).setdefault(path, {})
            values.setdefault(value, {})[rule.name] = None

    def remove(self, name: str) -> bool:
        """Take a rule out, with its counts; say whether it was there."""
        rule = self._rules.pop(name, None)
        if rule is None:
            return False
        path, value = _sought(rule)
        for audience in _audiences(rule):
            values = self._index[audience][path]
            del values[value][name]
            if not values[value]:
                del values[value]
            if not values:
                del self._index[audience][path]
            if not self._index[audience]:
                del self._index[audience]
        del self._places[name], self._sources[name], self._numbers[name]
        del self.matched[name], self.fired[name]
        return True

    def __bool__(self) -> bool:
        """Whether there are any rules."""
        return bool(self._rules)

    def rules(self) -> Sequence[Rule]:
        """All rules, in the order they came in."""
        return tuple(self._rules.values())

    def strike(self, facts: Facts) -> list[tuple[Rule, Action]]:
        """Count a call, and say what has to be done to it, in the order of the rules."""
        if not self._rules:
            return []
        names = self._candidates(facts)
        fired = [self._rules[name] for name in names if self._fires(self._rules[name], facts)]
        return [(rule, action) for rule in fired for action in rule.actions]

    def foresee(self, facts: Facts) -> list[tuple[Rule, Action]]:
        """Say what would be done to a call, were it made now; nothing is counted."""
        return deepcopy(self).strike(facts)

    def source(self, rule: Rule) -> Random:
        """The randomness of a rule, independent of all others."""
        return self._sources[rule.name]

    def _candidates(self, facts: Facts) -> list[str]:
        """Name the rules that may match, without those that seek other values at a path."""
        audiences = [(o, i) for o in (facts.operation, None) for i in (facts.order_id, None)]
        found = [
            name
            for audience in audiences
            for path, values in self._index.get(audience, {}).items()
            for value in ({None} if path is None else facts.likenesses_at(path))
            for name in values.get(value, ())
        ]
        found.sort(key=self._places.__getitem__)
        return found

    def _fires(self, rule: Rule, facts: Facts) -> bool:
        if not _in_window(rule, facts.now) or not _body_matches(rule, facts):
            return False
        self.matched[rule.name] += 1
        numbers, order_id = self._numbers[rule.name], facts.order_id if rule.order_ids else ""
        numbers[order_id] += 1
        if rule.calls is not None and not rule.calls.include(numbers[order_id]):
            return False
        if rule.probability is not None:
            drawn = self._sources[rule.name].random()
            if drawn >= rule.probability:
                return False
        self.fired[rule.name] += 1
        return True


def only_fails_allocations(rule: Rule) -> bool:
    """Whether a rule can do something to refunds alone, as only they are allocated."""
    return all(isinstance(each, FailAllocation) for each in rule.actions)


def _audiences(rule: Rule) -> list[Audience]:
    operations: Iterable[Operation | None] = rule.operations or (None,)
    if only_fails_allocations(rule):
        operations = {Operation.REFUND}.intersection(rule.operations or {Operation.REFUND})
    order_ids: Iterable[str | None] = rule.order_ids or (None,)
    return [(operation, order_id) for operation in operations for order_id in order_ids]


def _sought(rule: Rule) -> Sought:
    """Give the first thing that a rule looks for, where it can be looked up."""
    for path, wanted in rule.where.items():
        if (alike := likeness(wanted)) is not None:
            return path, alike
    return None, None


def _in_window(rule: Rule, now: datetime) -> bool:
    begun = rule.since is None or now >= rule.since
    return begun and (rule.until is None or now < rule.until)


def _body_matches(rule: Rule, facts: Facts) -> bool:
    for path, wanted in rule.where.items():
        if not any(same(found, wanted) for found in facts.values_at(path)):
            return False
    return True
