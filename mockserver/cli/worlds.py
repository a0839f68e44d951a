"""Create the sandbox registry and its template from the settings."""

from mockserver.domain.assumptions import AssumptionError, Assumptions, switch_assumptions
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.catalogue import DEFAULT_SCENARIO
from mockserver.scenario.loading import load_and_build
from mockserver.scenario.scenario import Scenario, ScenarioDefaults
from mockserver.settings import SettingError, Settings


def create_registry(settings: Settings) -> SandboxRegistry[Scenario]:
    """Load the scenarios that new sandboxes start from, and try them out.

    Raises:
        UnknownScenarioError: a name or path leads nowhere.
        ScenarioError: a scenario cannot be used.
        SettingError: an assumption that does not exist, or a value it does not take.
    """
    return SandboxRegistry(
        load_template(settings),
        max_sandboxes=settings.max_sandboxes,
        require_known=settings.require_known,
    )


def load_template(settings: Settings) -> Scenario:
    """Load the scenarios of the settings as one world, and build it once on trial."""
    surroundings = ScenarioDefaults(
        settings.seed, _parse_assumptions(settings), settings.journal_size
    )
    return load_and_build(settings.scenario or (DEFAULT_SCENARIO,), surroundings)


def _parse_assumptions(settings: Settings) -> Assumptions:
    place = settings.flag_or_variable("assume")
    for assignment in settings.assume:
        if "=" not in assignment:
            raise SettingError(f"{place}: expected name=value, got '{assignment}'")
    try:
        return switch_assumptions(
            Assumptions(), dict(assignment.split("=", 1) for assignment in settings.assume)
        )
    except AssumptionError as error:
        raise SettingError(f"{place}: {error}") from None
