"""Cached sandbox of a store: its changes as a commit, and the way back."""

from collections.abc import Mapping
from typing import Any

from mockserver.homes.encoding import encode
from mockserver.homes.store import Commit
from mockserver.homes.stored_entries import encode_entries
from mockserver.homes.stored_sandbox import (
    COLUMNS,
    ORDERS,
    EncodedFields,
    decode_rows,
    encode_change,
    encode_key,
    encode_tables,
    rebuild_derived,
)
from mockserver.homes.stored_settings import (
    NUMBERS,
    NUMBERS_DECODER,
    SETTINGS,
    TEMPLATE,
    StoredNumbers,
    StoredSettings,
    StoredTemplate,
    apply_numbers,
    apply_settings,
    decode_settings,
    numbers_of,
    settings_of,
)
from mockserver.homes.tracked_table import MISSING, ChangeLog, TrackedTable
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.registry_entry import RegistryEntry
from mockserver.sandbox.sandbox import Sandbox


class TrackedSandbox:
    """A sandbox whose changes since the last commit are known.

    Attributes:
        entry: the sandbox with what the registry knows about it.
        token: of the last commit.
    """

    def __init__(
        self,
        registry: SandboxRegistry[Any],
        entry: RegistryEntry[Any],
        token: str,
        *,
        is_new: bool = False,
    ) -> None:
        """Track a sandbox; a new one is not in the store, or replaces another there."""
        self._is_new = is_new
        self._registry = registry
        self.entry = entry
        self.token = token
        self._log = ChangeLog()
        self._tables: dict[str, TrackedTable[Any, Any]] = {}
        self._track_tables()
        self._settings = self._next_settings = self._current_settings()
        self._numbers = self._next_numbers = numbers_of(entry.sandbox, entry)
        self._replaces = False

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return self.entry.sandbox

    @property
    def is_replaced(self) -> bool:
        """Whether its tables were replaced, by restoring a snapshot."""
        return self.sandbox.birth != self._settings.birth

    def build_commit(self, token: str, times_lost: int = 0) -> Commit:
        """Build the commit of all changes, which lost so often against other servers."""
        self._replaces = self._is_new or self.is_replaced
        self._next_settings = self._current_settings()
        self._next_numbers = numbers_of(self.sandbox, self.entry)
        fields, removed = self._replacement() if self._replaces else self._changes()
        last_entry = 0 if self._replaces else self._numbers.last_entry
        return Commit(
            name=self.sandbox.name,
            expected=self.token,
            token=token,
            fields=fields,
            removed=removed,
            entries=encode_entries(self.sandbox.journal, last_entry),
            journal_size=self.sandbox.journal.size,
            replaces=self._replaces,
            times_lost=times_lost,
        )

    def settle(self, token: str) -> None:
        """Go on from the commit that was built last and is written."""
        if self._replaces:
            self._track_tables()
        self._log.clear()
        self._settings, self._numbers = self._next_settings, self._next_numbers
        self._is_new, self.token = False, token

    def undo(self) -> bool:
        """Undo all changes since the last commit; return whether that was possible."""
        if self._is_new or self.is_replaced or not self._log.undo():
            return False
        self._apply_settings(self._settings)
        self._apply_numbers(self._numbers)
        self.sandbox.journal.drop_after(self._numbers.last_entry)
        rebuild_derived(self.sandbox, COLUMNS)  # a turn that takes a delivery changes no row
        return True

    def catch_up(self, token: str, fields: Mapping[str, bytes | None]) -> bool:
        """Apply what others changed; return whether that was possible."""
        changed = {field: data for field, data in fields.items() if data is not None}
        if TEMPLATE in fields or len(changed) < len(fields):
            return False  # the order of what is left is known to the store only
        rows = decode_rows(changed, self.sandbox.assumptions, self._tables[ORDERS])
        if not all(self._tables[letter].load(*row) for letter in rows for row in rows[letter]):
            return False
        if SETTINGS in changed:
            self._apply_settings(decode_settings(changed[SETTINGS]))
        if NUMBERS in changed:
            self._apply_numbers(NUMBERS_DECODER.decode(changed[NUMBERS]))
        self._settings, self.token = self._current_settings(), token
        self._numbers = numbers_of(self.sandbox, self.entry)
        rebuild_derived(self.sandbox, rows)
        return True

    def _changes(self) -> tuple[EncodedFields, list[str]]:
        """Return the fields that changed, and those that were removed."""
        fields: EncodedFields = {}
        removed: list[str] = []
        for (letter, key), old in self._log.old_values().items():
            table = self._tables[letter]
            if key in table:
                known = None if old is MISSING else old
                fields.update(encode_change(letter, table, key, known))
            else:
                removed.append(encode_key(letter, key))
        if self._next_settings != self._settings:
            fields[SETTINGS] = encode(self._next_settings)
        if self._next_numbers != self._numbers:
            fields[NUMBERS] = encode(self._next_numbers)
        return fields, removed

    def _replacement(self) -> tuple[EncodedFields, list[str]]:
        """Return all fields."""
        template = self.entry.template
        stored = StoredTemplate(template.name, template.source, is_default=False)
        if template is self._registry.template:
            stored = StoredTemplate()
        fields = {
            SETTINGS: encode(self._next_settings),
            NUMBERS: encode(self._next_numbers),
            TEMPLATE: encode(stored),
            **encode_tables(self.sandbox),
        }
        return fields, []

    def _apply_settings(self, settings: StoredSettings) -> None:
        apply_settings(self.sandbox, settings)
        self.entry.owner = settings.owner

    def _apply_numbers(self, numbers: StoredNumbers) -> None:
        apply_numbers(self.sandbox, numbers)
        self.entry.is_changed = numbers.is_changed
        self.entry.last_used_at = numbers.last_used_at or self.entry.last_used_at

    def _current_settings(self) -> StoredSettings:
        return settings_of(self.sandbox, self.entry.owner)

    def _track_tables(self) -> None:
        """Replace plain dictionaries by tables, and record their changes."""
        for letter, column in COLUMNS.items():
            table = column.table(self.sandbox)
            if not isinstance(table, TrackedTable):
                table = TrackedTable.track(table)
                setattr(column.holder(self.sandbox), column.attribute, table)
            table.letter, table.log = letter, self._log
            self._tables[letter] = table
