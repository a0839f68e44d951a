"""``serve --watch``: reload scenario files when they change.

Modification times and sizes are polled. File system events would arrive sooner, but do
not reach bind mounts of containers on every platform.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from mockserver.cli.startup import load_template
from mockserver.sandbox.names import display_name
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.loader import UnknownScenarioError, resolve_files
from mockserver.scenario.scenario import Scenario
from mockserver.settings import Settings

WATCH_INTERVAL = 0.5  # seconds
MAX_NAMES_LISTED = 20

log = logging.getLogger("kustom_mock")


async def watch(settings: Settings, sandboxes: SandboxRegistry[Scenario]) -> None:
    """Poll the scenario files until cancelled; an invalid file keeps the old template."""
    old_states = _file_states(settings)
    while True:
        await asyncio.sleep(WATCH_INTERVAL)
        states = _file_states(settings)
        if states == old_states:
            continue
        old_states = states
        try:
            names = sandboxes.replace_template(load_template(settings))
            log.warning("scenarios reloaded; %s", describe_dropped(names))
        except (ScenarioError, UnknownScenarioError, OSError) as error:
            log.error("scenarios not reloaded, keeping the old ones:\n%s", error)  # noqa: TRY400


def describe_dropped(names: Sequence[str]) -> str:
    """Describe which sandboxes were dropped; their next use fills them again."""
    if not names:
        return "no sandbox was dropped"
    listed = ", ".join(repr(display_name(name)) for name in names[:MAX_NAMES_LISTED])
    more_count = len(names) - MAX_NAMES_LISTED
    more = f" and {more_count} more" if more_count > 0 else ""
    return f"dropped {len(names)} sandbox{'es' * (len(names) > 1)}: {listed}{more}"


def _file_states(settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Return modification time and size by path of every scenario file."""
    states: dict[str, tuple[int, int]] = {}
    for reference in settings.scenario:
        try:
            paths = [Path(str(file)) for file in resolve_files(reference)]
            stats = {str(path): path.stat() for path in paths}
        except (UnknownScenarioError, OSError):
            continue
        states |= {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stats.items()}
    return states
