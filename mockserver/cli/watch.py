"""``serve --watch``: scenario files that change are loaded anew.

Modification times and sizes are looked at twice a second. Events of the file system
would come sooner, but do not reach a container's bind mount everywhere.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from mockserver.cli.worlds import load_world
from mockserver.sandbox.registry import Sandboxes
from mockserver.scenario.catalogue import UnknownScenarioError, find
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.scenario import Scenario
from mockserver.settings import Settings

PAUSE = 0.5  # seconds between two looks

log = logging.getLogger("kustom_mock")


async def watch(settings: Settings, sandboxes: Sandboxes[Scenario]) -> None:
    """Look at the scenario files until cancelled; a bad file keeps the old world."""
    seen = _marks(settings)
    while True:
        await asyncio.sleep(PAUSE)
        now = _marks(settings)
        if now == seen:
            continue
        seen = now
        try:
            renewed = sandboxes.replace_world(load_world(settings))
            log.warning("scenarios loaded anew; %d sandboxes start over", renewed)
        except (ScenarioError, UnknownScenarioError, OSError) as error:
            log.error("scenarios not loaded, the old ones stay:\n%s", error)  # noqa: TRY400


def _marks(settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Tell the state of every file by its modification time and size."""
    marks: dict[str, tuple[int, int]] = {}
    for reference in settings.scenario:
        try:
            paths = [Path(str(each)) for each in find(reference)]
            stats = {str(path): path.stat() for path in paths}
        except (UnknownScenarioError, OSError):
            continue
        marks |= {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stats.items()}
    return marks
