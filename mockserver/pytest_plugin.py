"""pytest plugin: fixtures ``kustom_server`` and ``kustom``, marker ``kustom``.

pytest imports this module in every run, so it imports only pytest and the standard library;
the implementation in :mod:`mockserver.testing` is imported on first use.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.testing.collection import ScenarioFile
    from mockserver.testing.sandbox_handle import KustomSandbox
    from mockserver.testing.server_handle import KustomServer

SCENARIO_TEST_SUFFIXES = (".kustom.yaml", ".kustom.yml", ".kustom.json")
OPTION_HELP = {
    "url": "URL of a running kustom-mock server; without it, one is started",
    "token": "admin token of that server",
    "scenario": "default scenario of tests: shipped name or file",
    "allow": "check to ignore in all tests; repeatable",
    "audit": "audit the client of every test: off (default), report or fail",
    "coverage": "write which cases of the API contract the tests cover to this file",
}
MARKER_HELP = (
    "kustom(scenario=..., allow=[...]): scenario of the test's sandbox, and checks to ignore"
    " (crash, invariant, expect, fault, unknown_path, an audit code, or the"
    " name of one fault)."
)
AUDIT_MODES = ("off", "report", "fail")
AUDIT_SECTION = "kustom audit"
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
    group.addoption("--kustom-audit", choices=AUDIT_MODES, help=OPTION_HELP["audit"])
    parser.addini("kustom_audit", OPTION_HELP["audit"])
    group.addoption("--kustom-coverage", metavar="FILE", help=OPTION_HELP["coverage"])
    parser.addini("kustom_coverage", OPTION_HELP["coverage"])


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, check the audit mode, and collect coverage if it is asked for."""
    if _option(config, "audit") not in (None, *AUDIT_MODES):
        expected = ", ".join(AUDIT_MODES)
        value = _option(config, "audit")
        raise pytest.UsageError(f"kustom_audit: expected one of {expected}, got '{value}'")
    _check_allowed_codes(_option(config, "allow") or ())
    config.addinivalue_line("markers", MARKER_HELP)
    file = _option(config, "coverage")
    if file and not hasattr(config, "workerinput"):
        if not Path(file).parent.is_dir():
            raise pytest.UsageError(
                f"--kustom-coverage: cannot write '{file}', its folder does not exist"
            )
        from mockserver.testing.coverage_report import RunCoverageCollector

        config.pluginmanager.register(RunCoverageCollector(file))


def _check_allowed_codes(names: Iterable[str]) -> None:
    """Refuse an unknown audit code once; other names may be faults of a test's scenario."""
    codes = [name for name in names if re.fullmatch(r"A\d+", name)]
    if not codes:
        return
    from mockserver.audit.rule_table import UnknownRuleError, check_codes

    try:
        check_codes(codes)
    except UnknownRuleError as error:
        raise pytest.UsageError(f"--kustom-allow: {error}") from None


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
    sandbox = open_test_sandbox(node, kustom_server, _setting(node, "scenario"))
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
    from mockserver.testing.server_handle import ServerUnreachableError, connect

    try:
        return connect(url, _option(config, "token"))
    except ServerUnreachableError as error:
        problem = str(error)
    pytest.fail(f"kustom: {problem}", pytrace=False)


def open_test_sandbox(
    node: pytest.Item,
    server: "KustomServer",
    scenario: str | Path | None,
) -> "KustomSandbox":
    """Fill a new sandbox for a test, and register it for the checks after the test."""
    from mockserver.client import ControlError
    from mockserver.testing.sandbox_handle import name_sandbox

    folders = (node.path.parent, node.config.rootpath)
    try:
        sandbox = server.open_sandbox(name_sandbox(node.nodeid), scenario, folders)
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
    from mockserver.testing.sandbox_handle import name_sandbox

    user, _ = sandbox.auth
    is_own_user = user == name_sandbox(node.nodeid)
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
        if not text and _option(item.config, "audit") == "fail":
            text = _audit_failure(item, sandbox)
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

        cache = getattr(item.config, "cache", None)  # absent under -p no:cacheprovider
        pictures = cache.mkdir("kustom-pictures") if cache else None
        report.sections.append(("kustom", sandbox_report(sandbox, pictures)))
    if sandbox is not None and call.when == "call":
        report.sections += _audit_sections(item, sandbox)
        _collect_coverage(item, sandbox, report)
    return report


def _audit_failure(item: pytest.Item, sandbox: "KustomSandbox") -> str:
    """Return the failure message of an audit; empty if it has no errors."""
    from mockserver.testing.audit_report import audit, failing_findings

    text = failing_findings(audit(sandbox, _setting(item, "allow") or ()))
    return f"kustom: the audit failed after the test passed\n{text}" if text else ""


def _audit_sections(item: pytest.Item, sandbox: "KustomSandbox") -> list[tuple[str, str]]:
    """Return the audit of a test as a section of its report, if it has findings."""
    if _option(item.config, "audit") in (None, "off"):
        return []
    from mockserver.client import ControlError
    from mockserver.testing.audit_report import audit, render_report

    try:
        audited = audit(sandbox, _setting(item, "allow") or ())
    except ControlError as error:
        return [(AUDIT_SECTION, str(error))]
    return [(AUDIT_SECTION, render_report(audited))] if audited["findings"] else []


def _collect_coverage(
    item: pytest.Item, sandbox: "KustomSandbox", report: pytest.TestReport
) -> None:
    """Add what a test covered to its report, if the coverage of the run is asked for."""
    if not _option(item.config, "coverage"):
        return
    from mockserver.client import ControlError
    from mockserver.testing.coverage_report import REPORT_ATTRIBUTE, collect_coverage

    with suppress(ControlError):  # the test has failed with it
        coverage = collect_coverage(sandbox, item.nodeid)
        setattr(report, REPORT_ATTRIBUTE, coverage.content())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print audits; the reports of xdist workers have been sent."""
    audits = [
        (report.nodeid, text)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, text in report.sections
        if name == AUDIT_SECTION
    ]
    if audits:
        terminalreporter.section(AUDIT_SECTION)
    for nodeid, text in audits:
        terminalreporter.write_line(nodeid)
        terminalreporter.write_line(text)


def pytest_collect_file(
    file_path: Path,
    parent: pytest.Collector,
) -> "ScenarioFile | None":
    """Collect scenario files with steps as tests."""
    if not file_path.name.endswith(SCENARIO_TEST_SUFFIXES):
        return None
    from mockserver.testing.collection import ScenarioFile

    def fill(item: pytest.Item) -> "KustomSandbox":
        return open_test_sandbox(item, get_server(item.config), item.path)

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
