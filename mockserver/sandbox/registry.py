"""Registry of all sandboxes, bounded in number and in bytes.

Bounded in number and in bytes: beyond either limit the sandboxes that were not used for
longest make room, and that is told, in the log and in :attr:`Sandboxes.evicted`.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from mockserver.sandbox.names import display_name
from mockserver.sandbox.sandbox import Sandbox

DEFAULT_MAX_SANDBOXES = 1000
MAX_EVICTIONS_LISTED = 100
MAX_TOTAL_BYTES = 1024**3
"""How many bytes all sandboxes together may hold, but for the one in use."""

RECOUNT_EVERY_BYTES = 16 * 1024**2
"""How many may come in until all are counted anew."""

log = logging.getLogger("kustom_mock")


class SandboxTemplate(Protocol):
    """What a new sandbox is filled from."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """The user names and secrets it lists; none where any are accepted."""

    def build(self, name: str) -> Sandbox:
        """Make a sandbox of this name and fill it."""


TemplateT = TypeVar("TemplateT", bound=SandboxTemplate)


class SandboxRegistry(Generic[TemplateT]):
    """The sandboxes in use, by user name."""

    def __init__(
        self,
        template: TemplateT,
        *,
        max_sandboxes: int = DEFAULT_MAX_SANDBOXES,
        require_known: bool = False,
    ) -> None:
        """Fill new sandboxes from this world; keep at most ``limit`` of them.

        With ``require_known`` a user needs listed credentials, or a sandbox that the
        control API made.
        """
        self.template = template
        self.max_sandboxes = max_sandboxes
        self.require_known = require_known
        self.evicted: deque[str] = deque(maxlen=MAX_EVICTIONS_LISTED)
        self._by_name: OrderedDict[str, tuple[Sandbox, TemplateT]] = OrderedDict()
        self._bytes_since_recount = 0

    def authenticate(self, user: str, secret: str) -> Sandbox | None:
        """Find the sandbox of a caller, or make it; ``None`` for wrong credentials."""
        existing = self._by_name.get(user)
        world = existing[1] if existing else self.template
        credentials = world.credentials
        if credentials:
            return self.get_or_create(user) if credentials.get(user) == secret else None
        if self.require_known and existing is None:
            return None
        return self.get_or_create(user)

    def get_or_create(self, name: str) -> Sandbox:
        """Find a sandbox, or make it on its first use."""
        existing = self._by_name.get(name)
        if existing is None:
            return self.fill(name, self.template)
        self._by_name.move_to_end(name)
        return existing[0]

    def get(self, name: str) -> Sandbox | None:
        """Find a sandbox that was used before."""
        existing = self._by_name.get(name)
        return existing[0] if existing else None

    def template_of(self, name: str) -> TemplateT:
        """Return the template a sandbox was, or would be, filled from."""
        existing = self._by_name.get(name)
        return existing[1] if existing else self.template

    def fill(self, name: str, world: TemplateT) -> Sandbox:
        """Fill a sandbox anew from a world; on failure the old one stays."""
        sandbox = world.build(name)
        self._insert(name, sandbox, world)
        return sandbox

    def reset(self, name: str) -> Sandbox:
        """Fill a sandbox anew from the world it came from."""
        return self.fill(name, self.template_of(name))

    def drop(self, name: str) -> bool:
        """Forget a sandbox; say whether it was there."""
        existing = self._by_name.pop(name, None)
        if existing is not None:
            existing[0].journal.notify_waiters()
        return existing is not None

    def replace_template(self, world: TemplateT) -> int:
        """Start new sandboxes from another world.

        Those that came from the old one are forgotten, and begin anew on their next
        use; says how many.
        """
        names = [
            name for name, (_, template) in self._by_name.items() if template is self.template
        ]
        for name in names:
            self.drop(name)
        self.template = world
        return len(names)

    def __iter__(self) -> Iterator[Sandbox]:
        """Go through all sandboxes, least recently used first."""
        return iter([sandbox for sandbox, _ in self._by_name.values()])

    def __len__(self) -> int:
        """Count the sandboxes in use."""
        return len(self._by_name)

    def _insert(self, name: str, sandbox: Sandbox, world: TemplateT) -> None:
        """Insert a sandbox, replacing one of the same name; waiters of the old one re-check."""
        self.drop(name)
        sandbox.on_growth = self._record_growth
        self._by_name[name] = sandbox, world
        if len(self._by_name) > self.max_sandboxes:
            self._evict(next(iter(self._by_name)), f"more than {self.max_sandboxes} in use")

    def _record_growth(self, sandbox: Sandbox, size: int) -> None:
        """Record that a sandbox grew; recount all of them after some growth."""
        self._bytes_since_recount += size
        if self._bytes_since_recount >= RECOUNT_EVERY_BYTES:
            self._bytes_since_recount = 0
            self._evict_over_limit(sandbox)

    def _evict_over_limit(self, active: Sandbox) -> None:
        total = sum(sandbox.total_bytes for sandbox in self)
        for sandbox in self:
            if total > MAX_TOTAL_BYTES and sandbox is not active:
                total -= sandbox.total_bytes
                self._evict(sandbox.name, f"all of them held more than {MAX_TOTAL_BYTES} bytes")

    def _evict(self, name: str, why: str) -> None:
        self.drop(name)
        self.evicted.append(name)
        log.warning("sandbox %r was evicted: %s", display_name(name), why)
