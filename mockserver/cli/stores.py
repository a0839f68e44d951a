"""Open the home that ``--store`` names."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.homes.home import Home
from mockserver.homes.memory import MemoryHome
from mockserver.homes.store_url import SHARED_SCHEMES, hide_password
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import Scenario, wrap_value
from mockserver.settings import SettingError, Settings

if TYPE_CHECKING:
    from mockserver.homes.store import Store

EXPECTED = (
    "expected memory:, file:PATH, valkey://HOST:PORT or redis://HOST:PORT (with TLS: valkeys://"
    " or rediss://), or unix:///PATH"
)
FILE_HINT = "expected file:PATH or file:///PATH, as a file on another host cannot be used"
SHARED_HINT = "needs the extra: pip install 'kustom-mock[shared]'"


def create_home(settings: Settings, sandboxes: SandboxRegistry[Scenario]) -> Home:
    """Create the home of the sandboxes; the server opens it.

    Raises:
        SettingError: the store cannot be used.
    """
    scheme, _, address = settings.store.partition(":")
    scheme = scheme.lower()
    if scheme == "memory" and not address:
        return MemoryHome(sandboxes)
    if not address or scheme not in {"file", *SHARED_SCHEMES}:
        raise store_setting_error(settings, EXPECTED)
    if scheme == "file" and address.startswith("//") and not address.startswith("///"):
        raise store_setting_error(settings, FILE_HINT)
    from mockserver.homes.store import StoreError
    from mockserver.homes.stored_home import StoredHome

    def restore_template(name: str, source: Any) -> Scenario:  # noqa: ANN401
        return Scenario(name, wrap_value(source), sandboxes.template.defaults)

    try:
        store = _create_store(settings, scheme, address, sandboxes)
    except StoreError as error:
        raise store_setting_error(settings, str(error)) from None
    except ModuleNotFoundError:
        raise store_setting_error(settings, SHARED_HINT) from None
    return StoredHome(sandboxes, store, restore_template)


def store_setting_error(settings: Settings, detail: str) -> SettingError:
    """Build the error for a store that cannot be used; it names the store."""
    place = f"{settings.flag_or_variable('store')} {hide_password(settings.store)}"
    return SettingError(f"{place}: {detail}")


def _create_store(
    settings: Settings, scheme: str, address: str, sandboxes: SandboxRegistry[Scenario]
) -> "Store":
    if scheme == "file":
        from mockserver.homes.sqlite import SqliteStore

        return SqliteStore(Path(address), fsync=settings.store_fsync)
    from mockserver.homes.valkey import ValkeyStore

    time_to_live = sandboxes.time_to_live
    sandboxes.time_to_live = None  # the store drops what is not used
    return ValkeyStore(settings.store, time_to_live)
