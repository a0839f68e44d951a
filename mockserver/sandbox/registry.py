"""Registry of all sandboxes, bounded in number and in bytes.

Beyond either limit the least recently used sandboxes are evicted, which is reported in
the log and in :attr:`SandboxRegistry.evicted`.
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
"""Maximum bytes of all sandboxes together; the one in use is never evicted."""

RECOUNT_EVERY_BYTES = 16 * 1024**2
"""Growth in bytes after which all sandboxes are counted again."""

log = logging.getLogger("kustom_mock")


class SandboxTemplate(Protocol):
    """Source of new sandboxes, such as a parsed scenario."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """Secrets by user name; empty if any credentials are accepted."""

    def build(self, name: str) -> Sandbox:
        """Build a sandbox of this name with its seeded state."""


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
        """Create an empty registry.

        Args:
            template: source of new sandboxes.
            max_sandboxes: maximum number of sandboxes.
            require_known: accept only users with listed credentials, and users whose
                sandbox the control API created.
        """
        self.template = template
        self.max_sandboxes = max_sandboxes
        self.require_known = require_known
        self.evicted: deque[str] = deque(maxlen=MAX_EVICTIONS_LISTED)
        self._by_name: OrderedDict[str, tuple[Sandbox, TemplateT]] = OrderedDict()
        self._bytes_since_recount = 0

    def authenticate(self, user: str, secret: str) -> Sandbox | None:
        """Return the sandbox of a user, created if needed; ``None`` for wrong credentials."""
        existing = self._by_name.get(user)
        template = existing[1] if existing else self.template
        credentials = template.credentials
        if credentials:
            return self.get_or_create(user) if credentials.get(user) == secret else None
        if self.require_known and existing is None:
            return None
        return self.get_or_create(user)

    def get_or_create(self, name: str) -> Sandbox:
        """Return a sandbox, created on its first use."""
        existing = self._by_name.get(name)
        if existing is None:
            return self.fill(name, self.template)
        self._by_name.move_to_end(name)
        return existing[0]

    def get(self, name: str) -> Sandbox | None:
        """Return a sandbox in use; ``None`` if there is none. Does not count as a use."""
        existing = self._by_name.get(name)
        return existing[0] if existing else None

    def template_of(self, name: str) -> TemplateT:
        """Return the template a sandbox was, or would be, filled from."""
        existing = self._by_name.get(name)
        return existing[1] if existing else self.template

    def fill(self, name: str, template: TemplateT) -> Sandbox:
        """Replace a sandbox by one built from a template; on failure the old one stays."""
        sandbox = template.build(name)
        self._insert(name, sandbox, template)
        return sandbox

    def reset(self, name: str) -> Sandbox:
        """Build a sandbox again from the template it came from."""
        return self.fill(name, self.template_of(name))

    def drop(self, name: str) -> bool:
        """Drop a sandbox; return whether it existed."""
        existing = self._by_name.pop(name, None)
        if existing is not None:
            existing[0].journal.notify_waiters()
        return existing is not None

    def replace_template(self, template: TemplateT) -> int:
        """Build new sandboxes from another template.

        Sandboxes of the old template are dropped; their next use creates them again.

        Returns:
            The number of dropped sandboxes.
        """
        names = [name for name, (_, source) in self._by_name.items() if source is self.template]
        for name in names:
            self.drop(name)
        self.template = template
        return len(names)

    def __iter__(self) -> Iterator[Sandbox]:
        """Iterate over all sandboxes, least recently used first."""
        return iter([sandbox for sandbox, _ in self._by_name.values()])

    def __len__(self) -> int:
        """Return the number of sandboxes in use."""
        return len(self._by_name)

    def _insert(self, name: str, sandbox: Sandbox, template: TemplateT) -> None:
        """Insert a sandbox, replacing one of the same name; waiters of the old one re-check."""
        self.drop(name)
        sandbox.on_growth = self._record_growth
        self._by_name[name] = sandbox, template
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
                self._evict(
                    sandbox.name, f"all sandboxes together exceeded {MAX_TOTAL_BYTES} bytes"
                )

    def _evict(self, name: str, reason: str) -> None:
        self.drop(name)
        self.evicted.append(name)
        log.warning("sandbox %r was evicted: %s", display_name(name), reason)
