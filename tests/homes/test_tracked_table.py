"""A table behaves as a dictionary, and knows what changed."""

from collections.abc import Callable

import pytest

from mockserver.homes.tracked_table import TrackedTable

Values = dict[str, int]

CHANGES: dict[str, Callable[[Values], object]] = {
    "set a new key": lambda values: values.__setitem__("new", 1),
    "set a known key": lambda values: values.__setitem__("a", 5),
    "set several keys": lambda values: values.update({"a": 5, "b": 6}),
    "update": lambda values: values.update({"a": 5, "new": 1}),
    "merge": lambda values: values.__ior__({"new": 1}),
    "set a default": lambda values: values.setdefault("new", 1),
    "read with a default": lambda values: values.setdefault("a", 9),
    "pop nothing": lambda values: values.pop("new", None),
}
REMOVALS: dict[str, Callable[[Values], object]] = {
    "delete": lambda values: values.__delitem__("a"),
    "pop": lambda values: values.pop("a"),
    "pop and set again": lambda values: values.__setitem__("a", values.pop("a")),
    "clear": lambda values: values.clear(),
}
OLD = {"a": 1, "b": 2}

ALL_CHANGES = CHANGES | REMOVALS

all_changes = pytest.mark.parametrize("change", ALL_CHANGES.values(), ids=ALL_CHANGES)


@all_changes
def test_table_changes_as_a_dictionary(change: Callable[[Values], object]) -> None:
    table, values = TrackedTable.track(OLD), dict(OLD)
    assert change(table) == change(values)
    assert list(table.items()) == list(values.items())


@all_changes
def test_table_names_the_keys_that_changed(change: Callable[[Values], object]) -> None:
    table = TrackedTable.track(OLD)
    change(table)
    differing = {key for key in (*OLD, *table) if OLD.get(key) != table.get(key)}
    assert {("", key) for key in differing} <= table.log.old_values().keys()
    table.log.clear()
    assert not table.log.old_values()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_undo_restores_values_and_order(change: Callable[[Values], object]) -> None:
    table = TrackedTable.track(OLD)
    change(table)
    assert table.log.undo()
    assert list(table.items()) == list(OLD.items())
    assert not table.log.old_values()


@pytest.mark.parametrize("change", REMOVALS.values(), ids=REMOVALS)
def test_undo_refuses_where_the_order_would_be_lost(
    change: Callable[[Values], object],
) -> None:
    table = TrackedTable.track(OLD)
    change(table)
    assert not table.log.undo()


def test_rows_are_put_in_the_order_of_their_positions() -> None:
    assert list(TrackedTable([("b", 2, 7), ("a", 1, 3)])) == ["a", "b"]


@pytest.mark.parametrize(
    ("row", "keeps_order"),
    [(("c", 3, 9), True), (("a", 5, 0), True), (("c", 3, 0), False), (("a", 5, 9), False)],
    ids=["a later row", "a known row", "an earlier row", "a row that moved"],
)
def test_load_returns_whether_the_order_is_kept(
    row: tuple[str, int, int], *, keeps_order: bool
) -> None:
    assert TrackedTable.track(OLD).load(*row) is keeps_order
