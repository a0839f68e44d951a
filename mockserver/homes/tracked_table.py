"""A dictionary that records its changes, so that a turn can be stored or undone."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

MISSING: Any = object()


class ChangeLog:
    """The changes of the tables of a sandbox since they were last stored."""

    def __init__(self) -> None:
        """Start without changes."""
        self._changes: list[tuple[TrackedTable[Any, Any], Any, Any, int | None]] = []

    def add(self, table: "TrackedTable[Any, Any]", key: object, old: object) -> None:
        """Record that the value of a key is about to be set or removed."""
        self._changes.append((table, key, old, table.positions.get(key)))

    def old_values(self) -> dict[tuple[str, Any], Any]:
        """Return what was there before the changes, by letter of the table and key."""
        return {(table.letter, key): old for table, key, old, _ in reversed(self._changes)}

    def clear(self) -> None:
        """Forget the changes: they are stored."""
        self._changes.clear()

    def undo(self) -> bool:
        """Undo the changes; return False if that would not restore the order of the keys."""
        for table, key, _, position in self._changes:
            if position is not None and table.positions.get(key) != position:
                return False
        for table, key, old, _ in reversed(self._changes):
            table.restore(key, old)
        self._changes.clear()
        return True


class TrackedTable(dict[KeyT, ValueT], Generic[KeyT, ValueT]):
    """A dictionary that records its changes.

    Attributes:
        letter: name of the table.
        log: records the changes.
        positions: a number by key that grows in the order of the keys; it is stored with
            each value, because a store does not keep an order.
    """

    def __init__(self, rows: Iterable[tuple[KeyT, ValueT, int]] = (), letter: str = "") -> None:
        """Start with rows of key, value and position."""
        super().__init__()
        self.letter, self.log = letter, ChangeLog()
        self.positions: dict[KeyT, int] = {}
        self._next_position = 0
        for key, value, position in sorted(rows, key=lambda row: row[2]):
            self.load(key, value, position)

    @classmethod
    def track(cls, values: Mapping[KeyT, ValueT]) -> "TrackedTable[KeyT, ValueT]":
        """Return a table with these values."""
        return cls(
            (key, value, position) for position, (key, value) in enumerate(values.items())
        )

    def load(self, key: KeyT, value: ValueT, position: int) -> bool:
        """Set a value that was read from the store; return whether the order is kept."""
        in_order = self.positions.get(key, position) == position
        in_order &= key in self or position >= self._next_position
        super().__setitem__(key, value)
        self.positions[key] = position
        self._next_position = max(self._next_position, position + 1)
        return in_order

    def restore(self, key: KeyT, old: ValueT) -> None:
        """Undo a change of a key."""
        if old is MISSING:
            super().pop(key, None)
            self.positions.pop(key, None)
        else:
            super().__setitem__(key, old)

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        """Set a value and record the old one."""
        self.log.add(self, key, self.get(key, MISSING))
        if key not in self:
            self.positions[key] = self._next_position
            self._next_position += 1
        super().__setitem__(key, value)

    def __delitem__(self, key: KeyT) -> None:
        """Remove a key and record its value."""
        self.log.add(self, key, self[key])
        super().__delitem__(key)
        del self.positions[key]

    def pop(self, key: KeyT, default: Any = MISSING) -> Any:  # noqa: ANN401
        """Remove a key and return its value."""
        if key not in self and default is not MISSING:
            return default
        value = self[key]
        del self[key]
        return value

    def setdefault(self, key: KeyT, default: ValueT) -> ValueT:
        """Return the value of a key, set to a default if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, values: Mapping[KeyT, ValueT]) -> None:  # type: ignore[override]
        """Set several values."""
        for key, value in values.items():
            self[key] = value

    def __ior__(self, values: Mapping[KeyT, ValueT]) -> "TrackedTable[KeyT, ValueT]":  # type: ignore[override,misc]
        """Set several values."""
        self.update(values)
        return self

    def clear(self) -> None:
        """Remove all keys."""
        for key in list(self):
            del self[key]
