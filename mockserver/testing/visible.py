"""Expectations of an order, as far as its page shows what they are about.

This is what can be held against a server without a control API: how a refund was
allocated is not to be seen there, what it did to its order is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any

UNSEEN = ("allocated_to", "outcome", "acknowledged")


@dataclass(slots=True)
class Seen:
    """What differs, and what could not be seen."""

    differences: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def judge_page(
    place: str,
    wanted: Mapping[str, Json],
    page: Mapping[str, Json],
    names: Mapping[str, str],
) -> Seen:
    """Hold the page of an order to expectations; parts are named by their ids."""
    seen = Seen()
    for key, value in wanted.items():
        if key in ("captures", "refunds"):
            parts = page.get(key, [])
            if isinstance(value, Sequence) and len(value) != len(parts):
                _differ(seen, f"{place}.{key}.count", len(value), len(parts))
            for name, spec, part in _pairs(value, parts, key[:-1], names):
                _compare(seen, f"{place}.{key}{name}", spec, part)
        else:
            _compare(seen, place, {key: value}, page)
    return seen


def _compare(
    seen: Seen,
    place: str,
    wanted: Mapping[str, Json],
    part: Mapping[str, Json] | None,
) -> None:
    if part is None:
        seen.differences.append(f"{place}: there is none")
        return
    for key, value in wanted.items():
        actual = part.get(key)
        if key in UNSEEN:
            seen.skipped.append(f"{place}.{key}")
        elif actual != value and str(actual) != str(value):
            _differ(seen, f"{place}.{key}", value, actual)


def _pairs(
    wanted: Json,
    parts: Sequence[Mapping[str, Json]],
    kind: str,
    names: Mapping[str, str],
) -> Iterator[tuple[str, Mapping[str, Json], Mapping[str, Json] | None]]:
    if isinstance(wanted, Mapping):
        by_name = {names.get(each.get(f"{kind}_id", "")): each for each in parts}
        for name, spec in wanted.items():
            yield f".{name}", spec, by_name.get(name)
        return
    for index, spec in enumerate(wanted):
        yield f"[{index}]", spec, parts[index] if index < len(parts) else None


def _differ(seen: Seen, place: str, expected: Json, actual: Json) -> None:
    seen.differences.append(f"{place}: expected {expected}, got {actual}")
