"""``kustom-mock serve``: load, listen, say so, stop when told."""

import asyncio
import logging
import signal
import sys

from mockserver import __version__
from mockserver.api.server import Server, new_event_loop
from mockserver.cli.main import OK, USAGE
from mockserver.domain.assumptions import AssumptionError, Assumptions, assume
from mockserver.sandbox.registry import Sandboxes
from mockserver.scenario.catalogue import DEFAULT, UnknownScenarioError
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.loading import load
from mockserver.scenario.scenario import Scenario, Surroundings
from mockserver.settings import SettingError, Settings


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; 0 then, 2 if it cannot start."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(message)s",
    )
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    stopping = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    try:
        server = Server(
            await load_sandboxes(settings),
            host=settings.host,
            port=settings.port,
            mock_headers=settings.mock_headers,
            allowed_hosts=frozenset(settings.allowed_host),
        )
        url = await server.start()
    except (UnknownScenarioError, ScenarioError, OSError) as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return USAGE
    print(f"kustom-mock {__version__} listening on {url}", flush=True)
    await stopping.wait()
    await server.stop()
    return OK


async def load_sandboxes(settings: Settings) -> Sandboxes[Scenario]:
    """Load the scenarios that new sandboxes start from, and try them out.

    Raises:
        UnknownScenarioError: a name or path leads nowhere.
        ScenarioError: a scenario cannot be used.
        SettingError: an assumption that does not exist.
    """
    choices = dict(each.partition("=")[::2] for each in settings.assume)
    try:
        assumptions = assume(Assumptions(), choices)
    except AssumptionError as error:
        message = f"--assume: {error}"
        raise SettingError(message) from None
    surroundings = Surroundings(settings.seed, assumptions)
    world = load(settings.scenario or (DEFAULT,), surroundings)
    await world.build("trial")
    return Sandboxes(world)
