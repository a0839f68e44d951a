"""pytest plugin: fixtures ``kustom_server`` and ``kustom``, marker ``kustom``.

pytest imports this module in every run, so it imports only pytest and the standard library;
the implementation in :mod:`mockserver.testing` is imported on first use.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.testing.collection import ScenarioFile
    from mockserver.testing.sandbox_handle import KustomSandbox
    from mockserver.testing.server import KustomServer

SCENARIO_TEST_SUFFIX = ".kustom.yaml"
OPTION_HELP = {
    "url": "URL of a running kustom-mock server; without it, one is started",
    "token": "admin token of that server",
    "scenario": "default scenario of tests: shipped name or file",
    "allow": "check to ignore in all tests; repeatable",
}
MARKER_HELP = (
    "kustom(scenario=..., allow=[...]): scenario of the test's sandbox, and checks to ignore"
    " (crash, invariant, expect, fault, unknown_path, or the"
    " name of one fault)."
)
SANDBOX_KEY: "pytest.StashKey[KustomSandbox]" = pytest.StashKey()
SERVER_KEY: "pytest.StashKey[KustomServer]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each as a flag and as a configuration key."""
    group = parser.getgroup("kustom", "kustom-mock")
    for name in ("url", "token", "scenario"):
        group.addoption(f"--kustom-{name}", metavar=name.upper(), help=OPTION_HELP[name])
        parser.addini(f"kustom_{name}", OPTION_HELP[name])
    group.addoption(
        "--kustom-allow", action="append", metavar="NAME", help=OPTION_HELP["allow"]
    )
    parser.addini("kustom_allow", OPTION_HELP["allow"], type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER_HELP)


@pytest.fixture(scope="session")
def kustom_server(request: pytest.FixtureRequest) -> "KustomServer":
    """A server in a thread of its own, or the one that ``--kustom-url`` names."""
    return get_server(request.config)


@pytest.fixture
def kustom(
    request: pytest.FixtureRequest, kustom_server: "KustomServer"
) -> "Iterator[KustomSandbox]":
    """A sandbox that no other test has, filled from the marker's scenario."""
    node: pytest.Item = request.node
    sandbox = open_sandbox(node, kustom_server, _setting(node, "scenario"))
    yield sandbox
    sandbox.drop()


def get_server(config: pytest.Config) -> "KustomServer":
    """Return the server of this run; start it on first use, until the run ends."""
    if SERVER_KEY not in config.stash:
        config.stash[SERVER_KEY] = _start_or_connect(config)
    return config.stash[SERVER_KEY]


def _start_or_connect(config: pytest.Config) -> "KustomServer":
    url = _option(config, "url")
    if url is None:
        from mockserver.testing.server_thread import start_server

        return start_server(config.add_cleanup)
    from mockserver.testing.server import ServerUnreachableError, connect

    try:
        return connect(url, _option(config, "token"))
    except ServerUnreachableError as error:
        problem = str(error)
    pytest.fail(f"kustom: {problem}", pytrace=False)


def open_sandbox(
    node: pytest.Item,
    server: "KustomServer",
    scenario: str | Path | None,
) -> "KustomSandbox":
    """Fill a new sandbox for a test, and register it for the checks after the test."""
    from mockserver.client import ControlError
    from mockserver.testing.sandbox_handle import sandbox_name

    folders = (node.path.parent, node.config.rootpath)
    try:
        sandbox = server.open_sandbox(sandbox_name(node.nodeid), scenario, folders)
        node.stash[SANDBOX_KEY] = sandbox
    except (ControlError, OSError) as error:
        problem = str(error)
    else:
        problem = _shared_user_problem(node, sandbox)
        if not problem:
            return sandbox
    pytest.fail(f"kustom: {problem}", pytrace=False)


def _shared_user_problem(node: pytest.Item, sandbox: "KustomSandbox") -> str:
    """Return an error if xdist workers would share one user of one server."""
    from mockserver.testing.sandbox_handle import sandbox_name

    user, _ = sandbox.auth
    is_own_user = user == sandbox_name(node.nodeid)
    if (
        is_own_user
        or not _option(node.config, "url")
        or not hasattr(node.config, "workerinput")
    ):
        return ""
    return (
        f"the scenario lists credentials, so all xdist workers would share user '{user}' on"
        " one server; drop -n or --kustom-url"
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a passed test if the checks of its sandbox fail."""
    result = yield
    sandbox = item.stash.get(SANDBOX_KEY, None)
    if sandbox is not None:
        from mockserver.testing.checks import failure_message

        text = failure_message(sandbox, _setting(item, "allow") or ())
        if text:
            pytest.fail(text, pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the sandbox's report to that of a failed test."""
    report = yield
    sandbox = item.stash.get(SANDBOX_KEY, None)
    if sandbox is not None and call.when == "call" and report.failed:
        from mockserver.testing.checks import sandbox_report

        report.sections.append(("kustom", sandbox_report(sandbox)))
    return report


def pytest_collect_file(
    file_path: Path,
    parent: pytest.Collector,
) -> "ScenarioFile | None":
    """Collect scenario files with steps as tests."""
    if not file_path.name.endswith(SCENARIO_TEST_SUFFIX):
        return None
    from mockserver.testing.collection import ScenarioFile

    def fill(item: pytest.Item) -> "KustomSandbox":
        return open_sandbox(item, get_server(item.config), item.path)

    file: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path, open_sandbox=fill)
    return file


def _setting(node: pytest.Item, name: str) -> Any:  # noqa: ANN401
    """Return a setting: from the closest marker, else the flag, else the configuration."""
    for marker in node.iter_markers("kustom"):
        unknown = [key for key in marker.kwargs if key not in ("scenario", "allow")]
        if marker.args or unknown:
            arguments = ", ".join([*map(repr, marker.args), *unknown])
            pytest.fail(
                f"kustom: the marker accepts scenario=... and allow=[...], got {arguments}",
                pytrace=False,
            )
        if name in marker.kwargs:
            return marker.kwargs[name]
    return _option(node.config, name)


def _option(config: pytest.Config, name: str) -> Any:  # noqa: ANN401
    return config.getoption(f"kustom_{name}") or config.getini(f"kustom_{name}") or None
