"""From settings to the world that new sandboxes start from."""

from mockserver.domain.assumptions import AssumptionError, Assumptions, assume
from mockserver.sandbox.registry import Sandboxes
from mockserver.scenario.catalogue import DEFAULT
from mockserver.scenario.loading import load_on_trial
from mockserver.scenario.scenario import Scenario, Surroundings
from mockserver.settings import SettingError, Settings


def load_sandboxes(settings: Settings) -> Sandboxes[Scenario]:
    """Load the scenarios that new sandboxes start from, and try them out.

    Raises:
        UnknownScenarioError: a name or path leads nowhere.
        ScenarioError: a scenario cannot be used.
        SettingError: an assumption that does not exist, or a value it does not take.
    """
    return Sandboxes(
        load_world(settings),
        limit=settings.max_sandboxes,
        require_known=settings.require_known,
    )


def load_world(settings: Settings) -> Scenario:
    """Load the scenarios of the settings as one world, and build it once on trial."""
    surroundings = Surroundings(settings.seed, _assumptions(settings), settings.journal_size)
    return load_on_trial(settings.scenario or (DEFAULT,), surroundings)


def _assumptions(settings: Settings) -> Assumptions:
    place = settings.place("assume")
    for each in settings.assume:
        if "=" not in each:
            raise SettingError(f"{place}: expected name=value, got '{each}'")
    try:
        return assume(Assumptions(), dict(each.split("=", 1) for each in settings.assume))
    except AssumptionError as error:
        raise SettingError(f"{place}: {error}") from None
