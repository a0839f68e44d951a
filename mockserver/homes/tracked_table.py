"""A dictionary that records its changes, so that a turn can be stored or undone."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

MISSING: Any = object()


class TrackedTable(dict[KeyT, ValueT], Generic[KeyT, ValueT]):
    """A dictionary that records its changes since the last :meth:`settle`.

    Attributes:
        positions: a number by key that grows in the order of the keys; it is stored with
            each value, because a store does not keep an order.
    """

    def __init__(self, rows: Iterable[tuple[KeyT, ValueT, int]] = ()) -> None:
        """Start with rows of key, value and position."""
        super().__init__()
        self.positions: dict[KeyT, int] = {}
        self._log: list[tuple[KeyT, ValueT]] = []
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

    def unload(self, key: KeyT) -> None:
        """Remove a key that is no longer in the store."""
        super().pop(key, None)
        self.positions.pop(key, None)

    @property
    def changed_keys(self) -> set[KeyT]:
        """The keys that were set or removed."""
        return {key for key, _ in self._log}

    def settle(self) -> None:
        """Forget the changes: they are stored."""
        self._log.clear()

    def undo(self) -> bool:
        """Undo the changes; return False if that would not restore the order of the keys."""
        if any(old is not MISSING and key not in self for key, old in self._log):
            return False
        before = dict(reversed(self._log))
        for key, old in before.items():
            if old is MISSING:
                self.unload(key)
            else:
                super().__setitem__(key, old)
        self._log.clear()
        return True

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        """Set a value and record the old one."""
        self._log.append((key, super().get(key, MISSING)))
        if key not in self:
            self.positions[key] = self._next_position
            self._next_position += 1
        super().__setitem__(key, value)

    def __delitem__(self, key: KeyT) -> None:
        """Remove a key and record its value."""
        old = self[key]
        super().__delitem__(key)
        self._log.append((key, old))
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
