"""A sandbox at hand that lives in a store: its changes as a commit, and the way back."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mockserver.homes.store import Commit
from mockserver.homes.stored_sandbox import (
    COLUMNS,
    HEAD,
    TEMPLATE,
    apply_head,
    decode_head,
    decode_row,
    encode_entries,
    encode_key,
    encode_row,
    head_of,
    rebuild_derived,
)
from mockserver.homes.stored_values import Head, StoredTemplate, encode
from mockserver.homes.tracked_table import TrackedTable
from mockserver.sandbox.registry import RegistryEntry, SandboxRegistry
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
        self._tables: dict[str, TrackedTable[Any, Any]] = {}
        self._track_tables()
        self._head = self._next_head = self._current_head()
        self._replaces = False

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return self.entry.sandbox

    @property
    def is_replaced(self) -> bool:
        """Whether its tables were replaced, as by restoring a snapshot."""
        return any(
            column.table(self.sandbox) is not self._tables[letter]
            for letter, column in COLUMNS.items()
        )

    def build_commit(self, token: str) -> Commit:
        """Build the commit of all changes."""
        self._replaces = self._is_new or self.is_replaced
        self._next_head = head = self._current_head()
        if self._replaces:
            return self._build_replacement(token)
        fields: dict[str, bytes] = {}
        removed: list[str] = []
        for letter, table in self._tables.items():
            for key in table.changed_keys:
                if key in table:
                    fields[encode_key(letter, key)] = encode_row(letter, table, key)
                else:
                    removed.append(encode_key(letter, key))
        if head != self._head:
            fields[HEAD] = encode(head)
        return Commit(
            name=self.sandbox.name,
            expected=self.token,
            token=token,
            fields=fields,
            removed=removed,
            entries=self._new_entries(self._head.last_entry),
            journal_size=head.journal_size,
        )

    def settle(self, token: str) -> None:
        """Go on from the commit that was built last and is written."""
        if self._replaces:
            self._track_tables()
        for table in self._tables.values():
            table.settle()
        self._head, self._is_new = self._next_head, False
        self.token = token

    def undo(self) -> bool:
        """Undo all changes since the last commit; return whether that was possible."""
        if (
            self._is_new
            or self.is_replaced
            or not all(table.undo() for table in self._tables.values())
        ):
            return False
        self._apply_head(self._head)
        self.sandbox.journal.drop_after(self._head.last_entry)
        rebuild_derived(self.sandbox)
        return True

    def catch_up(self, token: str, fields: Mapping[str, bytes | None]) -> bool:
        """Apply what others changed; return whether that was possible."""
        for field, data in fields.items():
            if field == HEAD:
                if data is None:
                    return False
                self._apply_head(decode_head(data))
            elif field == TEMPLATE or not self._load_row(field, data):
                return False
        self._head, self.token = self._current_head(), token
        rebuild_derived(self.sandbox)
        return True

    def _load_row(self, field: str, data: bytes | None) -> bool:
        table = self._tables.get(field[0])
        if table is None or field[1:2] != ":":
            return True  # of a newer version
        if data is None:
            return False  # the order of the rest is known to the store only
        key, value, position = decode_row(field, data)
        return table.load(key, value, position)

    def _apply_head(self, head: Head) -> None:
        journal = self.sandbox.journal
        has_cleared = head.cleared_entry < journal.cleared_id
        is_behind = head.last_entry > journal.last_id
        apply_head(self.sandbox, head)
        journal.is_complete &= not (has_cleared or is_behind)
        self.entry.owner, self.entry.is_changed = head.owner, head.is_changed
        self.entry.last_used_at = head.last_used_at or self.entry.last_used_at

    def _build_replacement(self, token: str) -> Commit:
        sandbox = self.sandbox
        fields = {HEAD: encode(self._next_head), TEMPLATE: self._encode_template()}
        for letter, column in COLUMNS.items():
            table = TrackedTable.track(column.table(sandbox))
            fields |= {encode_key(letter, key): encode_row(letter, table, key) for key in table}
        return Commit(
            name=sandbox.name,
            expected=self.token,
            token=token,
            fields=fields,
            entries=self._new_entries(0),
            journal_size=sandbox.journal.size,
            replaces=True,
        )

    def _encode_template(self) -> bytes:
        template = self.entry.template
        if template is self._registry.template:
            return encode(StoredTemplate())
        return encode(StoredTemplate(template.name, template.source, is_default=False))

    def _new_entries(self, after: int) -> dict[int, bytes]:
        journal = self.sandbox.journal
        ids = [entry.entry_id for entry in journal.entries_at_hand(after)]
        return dict(zip(ids, encode_entries(journal, after), strict=True))

    def _current_head(self) -> Head:
        entry = self.entry
        return replace(
            head_of(entry.sandbox),
            owner=entry.owner,
            is_changed=entry.is_changed,
            last_used_at=entry.last_used_at,
        )

    def _track_tables(self) -> None:
        """Replace plain dictionaries by tables."""
        for letter, column in COLUMNS.items():
            table = column.table(self.sandbox)
            if not isinstance(table, TrackedTable):
                table = TrackedTable.track(table)
                setattr(column.holder(self.sandbox), column.attribute, table)
            self._tables[letter] = table
