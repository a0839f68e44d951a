"""Load sandboxes from a store into the registry, and know which of them cannot be read."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from mockserver.homes.store import Store, StoredFields, StoreError
from mockserver.homes.stored_entries import UnreadableSandboxError, load_entries
from mockserver.homes.stored_sandbox import restore_sandbox
from mockserver.homes.stored_settings import NUMBERS, SETTINGS, TEMPLATE, TEMPLATE_DECODER
from mockserver.homes.tracked import TrackedSandbox
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.names import display_name
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.registry_entry import RegistryEntry, UnreadableEntry

HINT = "drop the sandbox, or fill it again"

log = logging.getLogger("kustom_mock")


class Loaded(NamedTuple):
    """What the store has of a sandbox.

    Attributes:
        tracked: the sandbox, if the store has one that can be read.
        unreadable_token: token of the last commit to one that cannot.
    """

    tracked: TrackedSandbox | None = None
    unreadable_token: str | None = None


class SandboxLoader:
    """Loads sandboxes from a store into a registry.

    Attributes:
        unreadable: why stored sandboxes could not be read, by name.
    """

    def __init__(
        self,
        registry: SandboxRegistry[Any],
        store: Store,
        restore_template: Callable[[str, Any], Any],
    ) -> None:
        self.unreadable: dict[str, str] = {}
        self._registry = registry
        self._store = store
        self._restore_template = restore_template

    async def load(self, name: str) -> Loaded:
        """Load a sandbox, if the store has it.

        Who reads one that cannot be read gets the reason; it can be dropped or replaced.
        """
        stored = await self._store.load(name)
        if stored is None:
            self._registry.forget(name)
            self.unreadable.pop(name, None)
            return Loaded()
        try:
            tracked = self._track(name, stored)
        except Exception as error:  # noqa: BLE001  # what is damaged may fail anywhere
            reason = self._report(name, error)
            self._registry.hold_unreadable(
                name, UnreadableEntry(reason, self._find_template(stored))
            )
            return Loaded(unreadable_token=stored.token)
        self.unreadable.pop(name, None)
        return Loaded(tracked)

    async def load_journal(self, tracked: TrackedSandbox) -> None:
        """Load the journal entries of a sandbox.

        Raises:
            StoreError: they cannot be read.
        """
        name = tracked.sandbox.name
        entries = await self._store.load_entries(name)
        try:
            load_entries(tracked.sandbox, entries)
        except UnreadableSandboxError as error:
            raise self._report(name, error) from None

    def _track(self, name: str, stored: StoredFields) -> TrackedSandbox:
        fields = stored.fields
        if not stored.token:
            raise UnreadableSandboxError("it has no token of its last commit")
        sandbox, template = restore_sandbox(name, fields), self._decode_template(fields)
        entry = RegistryEntry(sandbox, template, wall_clock())
        self._registry.adopt(entry)
        tracked = TrackedSandbox(self._registry, entry, stored.token)
        known_to_registry = {field: fields[field] for field in (SETTINGS, NUMBERS)}
        tracked.catch_up(stored.token, known_to_registry)
        return tracked

    def _decode_template(self, fields: Any) -> Any:  # noqa: ANN401
        source = TEMPLATE_DECODER.decode(fields[TEMPLATE])
        if source.is_default:
            return self._registry.template
        return self._restore_template(source.name, source.document)

    def _find_template(self, stored: StoredFields) -> Any:  # noqa: ANN401
        """Return what an unreadable sandbox was filled from, else the server's template."""
        try:
            return self._decode_template(stored.fields)
        except Exception:  # noqa: BLE001  # what is damaged may fail anywhere
            return self._registry.template

    def _report(self, name: str, error: Exception) -> StoreError:
        """Log once that a sandbox cannot be read; return the error for those who need it."""
        reason = f"{error}; {HINT}"
        message = f"sandbox {display_name(name)!r} cannot be read: {reason}"
        if self.unreadable.get(name) != reason:
            self.unreadable[name] = reason
            log.error("%s", message)
        return StoreError("store_unreadable", message)
