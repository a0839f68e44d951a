"""Registry of all sandboxes, limited in number and in bytes.

Beyond either limit a sandbox is evicted that was not changed, or that has not been used
for an hour. If there is none, the new sandbox or the change is refused.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Generic

from msgspec.structs import replace

from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.eviction import Eviction, choose_evictable, is_expired
from mockserver.sandbox.names import display_name
from mockserver.sandbox.ownership import digest_secret, is_owner
from mockserver.sandbox.registry_entry import RegistryEntry, TemplateT, UnreadableEntry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.tally import Tally

DEFAULT_MAX_SANDBOXES = 1000
MAX_EVICTIONS_LISTED = 100
MAX_EVICTIONS_REMEMBERED = 10_000
MAX_TOTAL_BYTES = 1024**3
"""Maximum bytes of all sandboxes together."""

USES_PER_RECOUNT = 64
"""Uses of a sandbox after which its bytes are counted again: reads fill the journal."""

FULL_HINT = "drop sandboxes that are no longer needed, or raise --max-sandboxes"

log = logging.getLogger("kustom_mock")


class SandboxRegistry(Generic[TemplateT]):
    """The sandboxes in use, by user name.

    Attributes:
        template: source of new sandboxes.
        max_sandboxes: maximum number of sandboxes.
        require_known: accept only users with listed credentials, and users whose sandbox
            the control API created.
        owned: tie each sandbox to the first secret that it is used with.
        time_to_live: time without use (real) after which a sandbox is dropped, if any.
        evicted: the latest evictions, oldest first.
        evicted_count: number of evictions since the server was started.
        on_drop: called with the name of each sandbox that was dropped.
        is_cache: the sandboxes live elsewhere: none is refused or evicted, and the owner
            of the registry forgets those beyond the limits.
        unreadable: sandboxes that live elsewhere and cannot be read; they can be dropped and
            replaced, and anything else raises the reason.
        dropped_tally: counts of the requests and deliveries of dropped sandboxes.
        dropped_count: number of sandboxes whose requests it counts.
    """

    def __init__(
        self,
        template: TemplateT,
        *,
        max_sandboxes: int = DEFAULT_MAX_SANDBOXES,
        require_known: bool = False,
        owned: bool = False,
        time_to_live: timedelta | None = None,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.template = template
        self.max_sandboxes = max_sandboxes
        self.require_known = require_known
        self.owned = owned
        self.time_to_live = time_to_live
        self.evicted: deque[Eviction] = deque(maxlen=MAX_EVICTIONS_LISTED)
        self.evicted_count = 0
        self.on_drop: Callable[[str], None] | None = None
        self.is_cache = False
        self.unreadable: dict[str, UnreadableEntry[TemplateT]] = {}
        self.dropped_tally = Tally()
        self.dropped_count = 0
        self._clock = clock
        self._entries: OrderedDict[str, RegistryEntry[TemplateT]] = OrderedDict()
        self._evictions: OrderedDict[str, Eviction] = OrderedDict()  # by name, remembered
        self._total_bytes = 0

    def authenticate(self, user: str, secret: str) -> Sandbox | None:
        """Return the sandbox of a user, created if needed; ``None`` for wrong credentials.

        Raises:
            Refusal: The server is full.
        """
        entry = self._find(user)
        if not self._opens(entry, user, secret):
            return None
        entry = self._use(entry or self._create(user))
        self.claim(user, secret)
        return entry.sandbox

    def accepts(self, user: str, secret: str) -> bool:
        """Return whether these credentials open the sandbox of the user."""
        return self._opens(self._find(user), user, secret)

    def _opens(self, entry: RegistryEntry[TemplateT] | None, user: str, secret: str) -> bool:
        credentials = (entry.template if entry else self.template).credentials
        is_known = entry is not None or bool(credentials) or not self.require_known
        is_accepted = not credentials or credentials.get(user) == secret
        return is_known and is_accepted and self.is_owner(user, secret)

    def is_owner(self, name: str, secret: str) -> bool:
        """Return whether a sandbox may be used with this secret."""
        return not self.owned or is_owner(self._owner(name), secret)

    def owner_digest(self, name: str) -> bytes | None:
        """Return the digest of the secret that a sandbox is tied to, if it is."""
        entry = self._entries.get(name)
        return entry.owner if entry else None

    def claim(self, name: str, secret: str) -> None:
        """Tie a sandbox to a secret, if it is the first one that it is used with."""
        entry = self._entries.get(name)
        if self.owned and entry is not None and entry.owner is None:
            entry.owner = digest_secret(secret)

    def get_or_create(self, name: str) -> Sandbox:
        """Return a sandbox, created on its first use.

        Raises:
            Refusal: The server is full.
        """
        return self._use(self._find(name) or self._create(name)).sandbox

    def _create(self, name: str) -> RegistryEntry[TemplateT]:
        self.check_vacancy(name)
        self.add(self.template.build(name), self.template)
        return self._entries[name]

    def _use(self, entry: RegistryEntry[TemplateT]) -> RegistryEntry[TemplateT]:
        """Count a use, which protects the sandbox from being evicted for a while."""
        self._entries.move_to_end(entry.sandbox.name)
        entry.last_used_at = self._clock()
        entry.use_count += 1
        if entry.use_count % USES_PER_RECOUNT == 0:
            self._count_bytes(entry)
        return entry

    def add(self, sandbox: Sandbox, template: TemplateT) -> None:
        """Insert a sandbox built for its first use, unless it or the template is replaced.

        Raises:
            Refusal: The server is full.
        """
        name = sandbox.name
        if self._find(name) is None and template is self.template:
            entry = self._insert(sandbox, template)
            entry.eviction = self._evictions.pop(name, None)

    def get(self, name: str) -> Sandbox | None:
        """Return a sandbox in use; ``None`` if there is none. Does not count as a use."""
        entry = self._find(name)
        return entry.sandbox if entry else None

    def eviction_before(self, name: str) -> Eviction | None:
        """Return the eviction after which a sandbox was created again, if one was."""
        entry = self._entries.get(name)
        return entry.eviction if entry else None

    def template_of(self, name: str) -> TemplateT:
        """Return the template a sandbox was, or would be, filled from."""
        entry = self.unreadable.get(name) or self._find(name)
        return entry.template if entry else self.template

    def fill(self, name: str, template: TemplateT) -> Sandbox:
        """Replace a sandbox by one built from a template; on failure the old one stays.

        Raises:
            Refusal: The server is full, or the sandbox would exceed its limit.
        """
        self.check_vacancy(name)
        return self.put(template.build(name), template)

    def check_vacancy(self, name: str) -> None:
        """Check that a sandbox of this name may be built; saves building it in vain.

        Raises:
            Refusal: The server is full.
        """
        if self._find_readable(name) is None and self._is_full():
            self._choose_evictable(name, self.max_sandboxes, "sandboxes")

    def put(self, sandbox: Sandbox, template: TemplateT) -> Sandbox:
        """Insert a sandbox that was built from a template; on failure the old one stays.

        Raises:
            Refusal: The server is full, or the sandbox exceeds its limit.
        """
        self._insert(sandbox, template)
        self._evictions.pop(sandbox.name, None)
        return sandbox

    def copy_of(self, name: str) -> "SandboxRegistry[TemplateT]":
        """Return a registry with a copy of one sandbox, if it is in use, for another thread."""
        registry = SandboxRegistry(self.template, max_sandboxes=self.max_sandboxes)
        entry = self._find(name)
        if entry is not None:
            entry.sandbox.journal.require_entries()
            registry._entries[name] = replace(entry, sandbox=entry.sandbox.copy())
        return registry

    def reset(self, name: str) -> Sandbox:
        """Build a sandbox again from the template it came from."""
        return self.fill(name, self.template_of(name))

    def drop(self, name: str) -> bool:
        """Drop a sandbox with its owner; return whether it existed."""
        is_unreadable, entry = name in self.unreadable, self.forget(name)
        if entry is None:
            return is_unreadable
        tally = entry.sandbox.build_tally()
        if len(tally):
            self.dropped_tally.merge(tally)
            self.dropped_count += 1
        if self.on_drop is not None:
            self.on_drop(name)
        return True

    def forget(self, name: str) -> RegistryEntry[TemplateT] | None:
        """Remove a sandbox that lives on elsewhere; waiters for its requests re-check."""
        self.unreadable.pop(name, None)
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._total_bytes -= entry.counted_bytes
            entry.sandbox.make_room = entry.sandbox.on_change = None
            entry.sandbox.journal.notify_waiters()
        return entry

    def hold_unreadable(self, name: str, entry: UnreadableEntry[TemplateT]) -> None:
        """Remember that a sandbox that lives elsewhere cannot be read."""
        self.forget(name)
        self.unreadable[name] = entry

    def names_to_forget(self) -> Iterator[str]:
        """Yield names, least recently used first, while the cache is beyond its limits."""
        for name in list(self._entries) if self._exceeds_limits() else ():
            if not self._exceeds_limits():
                break
            yield name

    def entry_of(self, name: str) -> RegistryEntry[TemplateT] | None:
        """Return a sandbox in use with what is known about it."""
        return self._entries.get(name)

    def adopt(self, entry: RegistryEntry[TemplateT]) -> None:
        """Insert a sandbox, in place of the one of its name."""
        sandbox = entry.sandbox
        self.forget(sandbox.name)
        self._entries[sandbox.name] = entry
        sandbox.make_room, sandbox.on_change = self._reserve, self.mark_changed
        self._count_bytes(entry)

    def mark_changed(self, name: str, added_bytes: int | None = None) -> None:
        """Protect a sandbox that was changed, and notify its waiters.

        Args:
            name: the sandbox.
            added_bytes: what it grew by; without it, all of its bytes are counted.
        """
        entry = self._entries.get(name)
        if entry is None:
            return
        entry.is_changed = True
        if added_bytes is None:
            self._count_bytes(entry)
        else:
            self._total_bytes += added_bytes
            entry.counted_bytes += added_bytes
        entry.sandbox.journal.notify_waiters()

    def replace_template(self, template: TemplateT) -> list[str]:
        """Build new sandboxes from another template.

        Sandboxes of the old template are dropped; their next use creates them again.

        Returns:
            The names of the dropped sandboxes.
        """
        names = [
            name for name, entry in self._entries.items() if entry.template is self.template
        ]
        for name in names:
            self.drop(name)
        self.template = template
        return names

    def __iter__(self) -> Iterator[Sandbox]:
        """Iterate over all sandboxes, least recently used first."""
        self._drop_expired()
        return iter([entry.sandbox for entry in self._entries.values()])

    def __len__(self) -> int:
        """Return the number of sandboxes in use."""
        return len(self._entries)

    def _find(self, name: str) -> RegistryEntry[TemplateT] | None:
        if name in self.unreadable:
            raise self.unreadable[name].error
        return self._find_readable(name)

    def _find_readable(self, name: str) -> RegistryEntry[TemplateT] | None:
        self._drop_expired()
        return self._entries.get(name)

    def _owner(self, name: str) -> bytes | None:
        holder = self._find(name) or self._evictions.get(name)
        return holder.owner if holder else None

    def _insert(self, sandbox: Sandbox, template: TemplateT) -> RegistryEntry[TemplateT]:
        """Insert a sandbox in place of the old one; if there is no room, nothing changes."""
        name, is_default = sandbox.name, template is self.template
        old = self._find_readable(name)
        sandbox.template_bytes = 0 if is_default else template.total_bytes
        sandbox.check_room(0)
        self._reserve(name, sandbox.total_bytes - (old.counted_bytes if old else 0))
        if old is None and self._is_full():
            victim = self._choose_evictable(name, self.max_sandboxes, "sandboxes")
            self._evict(victim, f"more than {self.max_sandboxes} in use")
        entry = RegistryEntry(
            sandbox,
            template if is_default else template.compact(),
            self._clock(),
            is_changed=not is_default,
            owner=None if name in self.unreadable else self._owner(name),
        )
        self.drop(name)
        self.adopt(entry)
        return entry

    def _exceeds_limits(self) -> bool:
        return len(self) > self.max_sandboxes or self._total_bytes > MAX_TOTAL_BYTES

    def _is_full(self) -> bool:
        return not self.is_cache and len(self) >= self.max_sandboxes

    def _count_bytes(self, entry: RegistryEntry[TemplateT]) -> None:
        size = entry.sandbox.total_bytes
        self._total_bytes += size - entry.counted_bytes
        entry.counted_bytes = size

    def _reserve(self, name: str, size: int) -> None:
        """Evict other sandboxes until a sandbox can grow by this number of bytes.

        Raises:
            Refusal: All others are protected.
        """
        while not self.is_cache and self._total_bytes + size > MAX_TOTAL_BYTES:
            victim = self._choose_evictable(name, MAX_TOTAL_BYTES, "bytes")
            self._evict(victim, f"all sandboxes together exceeded {MAX_TOTAL_BYTES} bytes")

    def _choose_evictable(self, name: str, limit: int, kind: str) -> str:
        """Choose the sandbox to evict in favour of the named one.

        Raises:
            Refusal: All others are protected.
        """
        others = (entry for other, entry in self._entries.items() if other != name)
        victim = choose_evictable((entry.usage for entry in others), self._clock())
        if victim is None:
            raise Refusal(Reason.SERVER_IS_FULL, limit=limit, kind=kind, hint=FULL_HINT)
        return victim

    def _drop_expired(self) -> None:
        while self.time_to_live is not None and self._entries:
            usage = next(iter(self._entries.values())).usage
            if not is_expired(usage, self._clock(), self.time_to_live):
                break
            period = str(self.time_to_live).removesuffix(", 0:00:00")
            self._evict(usage.name, f"not used for {period}")

    def _evict(self, name: str, reason: str) -> None:
        eviction = Eviction(name, self._clock(), reason, self._entries[name].owner)
        self.drop(name)
        self.evicted.append(eviction)
        self.evicted_count += 1
        self._evictions[name] = eviction
        if len(self._evictions) > MAX_EVICTIONS_REMEMBERED:
            self._evictions.popitem(last=False)
        log.warning("sandbox %r was evicted: %s", display_name(name), reason)
