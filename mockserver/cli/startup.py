"""Create the sandbox registry and its template from the settings."""

from collections.abc import Mapping
from datetime import timedelta
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from ipaddress import ip_address
from socket import gaierror

from mockserver.domain.assumptions import AssumptionError, Assumptions, switch_assumptions
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_and_build
from mockserver.scenario.scenario import Scenario, ScenarioDefaults
from mockserver.scenario.times import parse_duration
from mockserver.settings import SettingError, Settings


def create_registry(settings: Settings) -> SandboxRegistry[Scenario]:
    """Create the registry with the template of the settings.

    Raises:
        UnknownScenarioError: No scenario has this name or path.
        ScenarioError: A scenario is invalid.
        SettingError: An assumption or its value is unknown, or a duration is invalid.
    """
    return SandboxRegistry(
        load_template(settings),
        max_sandboxes=settings.max_sandboxes,
        require_known=settings.require_known,
        owned=settings.owned,
        time_to_live=_parse_time_to_live(settings),
    )


def _parse_time_to_live(settings: Settings) -> timedelta | None:
    if settings.sandbox_ttl is None:
        return None
    try:
        return parse_duration(settings.sandbox_ttl)
    except ValueError as error:
        option = settings.flag_or_variable("sandbox_ttl")
        raise SettingError(f"{option}: {error}") from None


def load_template(settings: Settings) -> Scenario:
    """Load the scenarios of the settings as one template, and build it once as a check."""
    defaults = ScenarioDefaults(
        settings.seed, _parse_assumptions(settings), settings.journal_size
    )
    return load_and_build(settings.scenario or (DEFAULT_SCENARIO,), defaults)


def _parse_assumptions(settings: Settings) -> Assumptions:
    option = settings.flag_or_variable("assume")
    for assignment in settings.assume:
        if "=" not in assignment:
            raise SettingError(f"{option}: expected name=value, got '{assignment}'")
    try:
        return switch_assumptions(
            Assumptions(), dict(assignment.split("=", 1) for assignment in settings.assume)
        )
    except AssumptionError as error:
        raise SettingError(f"{option}: {error}") from None


def is_open_to_others(settings: Settings) -> bool:
    """Return whether other machines can use the control API without a token."""
    return settings.admin_token is None and not _is_loopback(settings.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


HOST_HINT = "use an address of this machine, such as 127.0.0.1, or :: for all"
HINT_BY_ERRNO: Mapping[int | None, tuple[str, str]] = {
    EADDRINUSE: ("port", "address already in use; choose another, or 0 for a free one"),
    EACCES: ("port", "permission denied; choose a port from 1024, which needs no privileges"),
    EADDRNOTAVAIL: ("host", f"not an address of this machine; {HOST_HINT}"),
}


def describe_listen_error(error: OSError, settings: Settings) -> str:
    """Describe which setting caused an OS error and how to fix it."""
    if isinstance(error, gaierror):
        name, hint = "host", f"the host name cannot be resolved; {HOST_HINT}"
    else:
        name, hint = HINT_BY_ERRNO.get(error.errno, ("port", error.strerror or str(error)))
    return f"{settings.flag_or_variable(name)} {getattr(settings, name)}: {hint}"
