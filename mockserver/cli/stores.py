"""Open the home that ``--store`` names."""

from pathlib import Path
from typing import Any

from mockserver.homes.home import Home
from mockserver.homes.memory import MemoryHome
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import Scenario, wrap_value
from mockserver.settings import SettingError, Settings

EXPECTED = "expected memory: or file:PATH, such as file:shop.db"


async def open_home(settings: Settings, sandboxes: SandboxRegistry[Scenario]) -> Home:
    """Open the home of the sandboxes, and load what it has.

    Raises:
        SettingError: the store cannot be used.
    """
    scheme, _, address = settings.store.partition(":")
    if scheme == "memory" and not address:
        return MemoryHome(sandboxes)
    if scheme == "file" and address:
        return await _open_file(settings, Path(address), sandboxes)
    message = f"{settings.flag_or_variable('store')}: {EXPECTED}, got '{settings.store}'"
    raise SettingError(message)


async def _open_file(
    settings: Settings, path: Path, sandboxes: SandboxRegistry[Scenario]
) -> Home:
    from mockserver.homes.sqlite import SqliteStore, StoreFileError
    from mockserver.homes.store import StoreError
    from mockserver.homes.stored_home import StoredHome

    def restore_template(name: str, source: Any) -> Scenario:  # noqa: ANN401
        return Scenario(name, wrap_value(source), sandboxes.template.defaults)

    option = settings.flag_or_variable("store")
    try:
        store = SqliteStore(path, fsync=settings.store_fsync)
        home = StoredHome(sandboxes, store, restore_template)
        await home.open()
    except (StoreFileError, StoreError) as error:
        message = f"{option}: {error}"
        raise SettingError(message) from None
    return home
