"""The stored form of what a sandbox has besides its tables: settings, and numbers.

Fields are only ever added at the end, with defaults, and unknown ones are ignored, so that
versions of the server can share a store. A change that an older version would misread raises
:data:`STORED_VERSION`, and the older version then refuses the sandbox.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from msgspec import Struct, field
from msgspec.msgpack import Decoder

from mockserver.domain.assumptions import Assumptions
from mockserver.homes.encoding import encode
from mockserver.homes.stored_entries import UnreadableSandboxError
from mockserver.sandbox.deliveries.webhooks import WebhookEndpoint
from mockserver.sandbox.ids import IdCounts
from mockserver.sandbox.registry_entry import RegistryEntry, SandboxTemplate
from mockserver.sandbox.sandbox import Sandbox

STORED_VERSION = 1
"""Major version of the stored form."""

SETTINGS, NUMBERS, TEMPLATE = "settings", "numbers", "template"
"""Names of the fields that are no rows of a table."""


class Version(Struct, frozen=True):
    """The part of the settings that any version can read."""

    version: int


class StoredSettings(Struct, frozen=True, kw_only=True):
    """What hardly ever changes.

    Attributes:
        version: major version of the stored form.
        birth: when it was built, in nanoseconds; a sandbox that replaces it has another.
        owner: digest of the secret that it is tied to.
    """

    version: int = STORED_VERSION
    birth: int
    seed: str
    journal_size: int
    assumptions: Assumptions = Assumptions()
    credentials: Mapping[str, str] = field(default_factory=dict)
    webhooks: tuple[WebhookEndpoint, ...] = ()
    template_bytes: int = 0
    owner: bytes | None = None


class StoredNumbers(Struct, frozen=True, array_like=True):
    """What changes with nearly every turn.

    Attributes:
        ids: how many of each kind were drawn.
        last_entry: id of the last journal entry.
        cleared_entry: id of the last entry before the journal was cleared.
        offset: of a running clock to the wall clock.
        frozen_at: time of a frozen clock.
        is_changed: whether anything but reads happened to it.
        last_used_at: real time of the last use.
    """

    ids: IdCounts
    last_entry: int
    cleared_entry: int
    rules_added: int
    deliveries_added: int
    held_bytes: int
    checkout_bytes: int
    offset: timedelta
    frozen_at: datetime | None
    is_changed: bool = False
    last_used_at: datetime | None = None


class StoredTemplate(Struct, frozen=True):
    """What a sandbox was filled from: the server's default, or a document by its name."""

    name: str = ""
    document: Any = None
    is_default: bool = True


TEMPLATE_DECODER, VERSION_DECODER = Decoder(StoredTemplate), Decoder(Version)
SETTINGS_DECODER, NUMBERS_DECODER = Decoder(StoredSettings), Decoder(StoredNumbers)


def settings_of(sandbox: Sandbox, owner: bytes | None = None) -> StoredSettings:
    """Return the settings of a sandbox."""
    return StoredSettings(
        birth=sandbox.birth,
        seed=sandbox.ids.seed,
        journal_size=sandbox.journal.size,
        assumptions=sandbox.assumptions,
        credentials=sandbox.credentials,
        webhooks=sandbox.webhooks,
        template_bytes=sandbox.template_bytes,
        owner=owner,
    )


def numbers_of(sandbox: Sandbox, entry: RegistryEntry[Any] | None = None) -> StoredNumbers:
    """Return the numbers of a sandbox, with those that the registry knows."""
    clock, journal = sandbox.clock, sandbox.journal
    return StoredNumbers(
        sandbox.ids.counts,
        journal.last_id,
        journal.cleared_id,
        sandbox.faults.added_count,
        sandbox.deliveries.added_count,
        sandbox.held_bytes,
        sandbox.checkout_bytes,
        clock.offset,
        clock.frozen_at,
        entry.is_changed if entry else False,
        entry.last_used_at if entry else None,
    )


def digest_template(template: SandboxTemplate) -> str:
    """Return a digest of all that the sandboxes of a template are built from."""
    parts = template.name, template.source, template.defaults
    return blake2b(encode(parts), digest_size=8).hexdigest()


def decode_settings(data: bytes) -> StoredSettings:
    """Decode settings.

    Raises:
        UnreadableSandboxError: a newer version stored them.
    """
    version = VERSION_DECODER.decode(data).version
    if version > STORED_VERSION:
        message = (
            f"it is stored in version {version} of the format, and this server reads versions"
            f" up to {STORED_VERSION} (to read it, upgrade the server)"
        )
        raise UnreadableSandboxError(message)
    return SETTINGS_DECODER.decode(data)


def apply_settings(sandbox: Sandbox, settings: StoredSettings) -> None:
    """Set the settings of a sandbox that may change."""
    sandbox.birth, sandbox.webhooks = settings.birth, settings.webhooks
    sandbox.template_bytes = settings.template_bytes


def apply_numbers(sandbox: Sandbox, numbers: StoredNumbers) -> None:
    """Set the numbers of a sandbox; its journal may then lack entries."""
    journal = sandbox.journal
    is_behind = numbers.last_entry > journal.last_id
    has_cleared = numbers.cleared_entry < journal.cleared_id
    journal.is_complete &= not (is_behind or has_cleared)
    journal.last_id = numbers.last_entry
    journal.drop_until(numbers.cleared_entry)
    sandbox.ids.counts = numbers.ids
    sandbox.faults.added_count = numbers.rules_added
    sandbox.deliveries.added_count = numbers.deliveries_added
    sandbox.held_bytes, sandbox.checkout_bytes = numbers.held_bytes, numbers.checkout_bytes
    sandbox.clock.restore(numbers.offset, numbers.frozen_at)
