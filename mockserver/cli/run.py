"""``kustom-mock run``: run scenarios as contract tests, by their steps or a command.

Each scenario gets a sandbox. A command after ``--`` acts as the merchant and gets address
and credentials in environment variables; without one the scenario's steps are run.
"""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import FrameType

from mockserver.cli.console import to_json
from mockserver.cli.end_signals import end_signals
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.junit import CaseResult, ScenarioResult, render_junit
from mockserver.cli.run_options import (
    Contract,
    RunOptions,
    UsageError,
    load_contracts,
    order_variable,
)
from mockserver.cli.startup import describe_listen_error
from mockserver.cli.subprocesses import CommandRunner
from mockserver.cli.tls_ca import load_tls
from mockserver.client import ControlClient
from mockserver.coverage.run_coverage import RunCoverage
from mockserver.drift.account import Account, AccountError
from mockserver.drift.drift_file import drift_content
from mockserver.drift.drift_report import DriftReport, report_drift
from mockserver.drift.drift_text import render_drift, render_markdown
from mockserver.drift.exchanges import account_transport, play_against_account
from mockserver.http.server import Server, running_in_thread
from mockserver.http.tls import TlsConfig
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.diagnostics import ScenarioError, pluralize
from mockserver.scenario.loader import UnknownScenarioError
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.times import parse_duration
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.settings import SettingError, Settings
from mockserver.testing.audit_report import audit, is_failing, render_finding
from mockserver.testing.checks import find_failures
from mockserver.testing.coverage_report import collect_coverage, merge_tests, write_coverage
from mockserver.testing.sandbox_handle import KustomSandbox
from mockserver.testing.step_runner import StepResult, run_in_sandbox


class Interrupted(BaseException):  # like KeyboardInterrupt
    """Raised when SIGINT, SIGTERM or SIGHUP ends the run."""


def run(options: RunOptions) -> int:
    """Run scenarios as contracts.

    Returns:
        0 if all scenarios passed, 1 if one or the command failed, 2 if the run cannot
        start.
    """
    coverages: list[RunCoverage] = []
    drifts: list[DriftReport] = []
    try:
        contracts = load_contracts(options)
        with _interrupt_on_signals(), ExitStack() as running:
            run_contract = _contract_runner(options, running, coverages, drifts)
            results = [*_run_contracts(contracts, run_contract, options.jobs)]
        _write_junit(options, results)
        _write_coverage(options, coverages)
        _write_drift(options, drifts)
    except (UsageError, SettingError, UnknownScenarioError, ScenarioError, OSError) as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    except AccountError as error:
        print(f"kustom-mock: --drift: no report: {error}", file=sys.stderr)
        return EXIT_USAGE
    except Interrupted:
        print("kustom-mock: interrupted; running commands were killed", file=sys.stderr)
        return EXIT_FINDINGS
    passed_count = sum(result.passed for result in results)
    failed_count = len(results) - passed_count
    count = pluralize(len(results), "scenario")
    print(f"{count}: {passed_count} passed, {failed_count} failed")
    return EXIT_OK if passed_count == len(results) else EXIT_FINDINGS


def _contract_runner(
    options: RunOptions,
    running: ExitStack,
    coverages: list[RunCoverage],
    drifts: list[DriftReport],
) -> Callable[[Contract], Sequence[CaseResult]]:
    """Return the function that runs a contract; start a server if it needs one."""
    if options.base_url is not None:
        return lambda contract: [*_run_against_base_url(contract, options, drifts)]
    tls = load_tls(options.settings)
    url = _start_server(options.settings, tls, running)
    ca_file = _write_ca_file(tls, running)
    commands = CommandRunner()
    running.callback(commands.stop)

    def run_contract(contract: Contract) -> Sequence[CaseResult]:
        control = ControlClient(url, contract.user, verify=False)  # it is our own server
        sandbox = KustomSandbox.open(control, contract.text, secret=contract.secret)
        if options.command:
            first = _run_command(commands, options, {**_environment(sandbox), **ca_file})
        else:
            first = _steps_result(run_in_sandbox(sandbox, contract.scenario))
        results = [first, _expectations_result(sandbox, options.allow)]
        if options.coverage is not None:
            coverages.append(collect_coverage(sandbox, contract.scenario.name))
        return [*results, _audit_result(sandbox, options.allow)] if options.audit else results

    return run_contract


def _start_server(settings: Settings, tls: TlsConfig | None, running: ExitStack) -> str:
    """Start a server without orders until the end of the run; return its URL."""
    sandboxes = SandboxRegistry(parse_scenario("empty", parse_yaml("version: 1")))
    server = Server(sandboxes, host=settings.host, port=settings.port, tls=tls)
    try:
        return running.enter_context(running_in_thread(server))
    except OSError as error:
        raise UsageError(describe_listen_error(error, settings)) from None


def _run_command(
    commands: CommandRunner, options: RunOptions, variables: Mapping[str, str]
) -> CaseResult:
    limit = parse_duration(options.timeout).total_seconds() if options.timeout else None
    keep_output = options.jobs > 1 or options.junit is not None
    result = commands.run(options.command, variables, limit, keep_output=keep_output)
    problems = (result.problem,) if result.problem else ()
    return CaseResult("command", problems, output=result.output)


def _write_ca_file(tls: TlsConfig | None, running: ExitStack) -> Mapping[str, str]:
    """Write the authority of our own certificate for commands; return its variable."""
    if tls is None or tls.ca_certificate is None:
        return {}
    file = Path(running.enter_context(TemporaryDirectory(prefix="kustom-mock-"))) / "ca.pem"
    file.write_bytes(tls.ca_certificate)
    return {"KUSTOM_CA_FILE": str(file)}


def _environment(sandbox: KustomSandbox) -> Mapping[str, str]:
    """Return the environment variables of a command."""
    user, secret = sandbox.auth
    orders = {order_variable(name): order_id for name, order_id in sandbox.orders.items()}
    return {
        "KUSTOM_API_URL": sandbox.base_url,
        "KUSTOM_USERNAME": user,
        "KUSTOM_PASSWORD": secret,
        **orders,
    }


def _steps_result(step_results: Iterator[StepResult]) -> CaseResult:
    problems: list[str] = []
    notes: list[str] = []
    for result in step_results:
        problems += [f"{result.text}: {difference}" for difference in result.differences]
        notes += [f"{result.text}: skipped ({result.skipped})"] if result.skipped else []
    return CaseResult("steps", tuple(problems), tuple(notes))


def _expectations_result(sandbox: KustomSandbox, allow: Sequence[str]) -> CaseResult:
    failures = [failure for failure in find_failures(sandbox) if failure.kind not in allow]
    texts = (e.text if e.kind == "expect" else f"{e.kind}: {e.text}" for e in failures)
    return CaseResult("expect", tuple(texts))


def _audit_result(sandbox: KustomSandbox, allow: Sequence[str]) -> CaseResult:
    """Audit the client; findings that do not fail the run become notes."""
    report = audit(sandbox, allow)
    texts: dict[bool, list[str]] = {True: [], False: []}
    for finding in report["findings"]:
        text = "\n      ".join(render_finding(finding)).strip()
        texts[is_failing(finding)].append(text)
    return CaseResult("audit", tuple(texts[True]), tuple(texts[False]))


def _run_against_base_url(
    contract: Contract, options: RunOptions, drifts: list[DriftReport]
) -> Iterator[CaseResult]:
    """Run the steps against another server that offers the same API."""
    assert options.base_url is not None  # noqa: S101  # the caller checked
    specs = contract.scenario.spec.get("orders", {})
    order_ids = {
        name: order_spec["order_id"]
        for name, order_spec in specs.items()
        if "order_id" in order_spec
    }
    orders = {**order_ids, **{n: i for n, i in options.orders.items() if n in specs}}
    missing = [name for name in specs if name not in orders]
    if missing:
        hint = f"pass --order {missing[0]}=ID"
        yield CaseResult("steps", (f"order '{missing[0]}' has no id on that server; {hint}",))
        return
    scenario, url = contract.scenario, options.base_url
    user, secret = options.username, options.password
    send = account_transport(url, user, secret)
    if options.drift is not None:
        send = Account(url, send, list(orders)).send
    results, exchanges, runner = play_against_account(scenario, url, user, secret, orders, send)
    yield _steps_result(iter(results))
    if options.drift is not None:
        drifts.append(report_drift(scenario, url, exchanges, runner, wall_clock()))


def _run_contracts(
    contracts: Sequence[Contract],
    run_contract: Callable[[Contract], Sequence[CaseResult]],
    jobs: int,
) -> Iterator[ScenarioResult]:
    """Run contracts and print each result when it is complete; yield them in order."""

    def timed(contract: Contract) -> ScenarioResult:
        started = monotonic()
        cases = tuple(run_contract(contract))
        return ScenarioResult(contract.scenario.name, cases, monotonic() - started)

    executor = ThreadPoolExecutor(jobs)
    try:
        futures = [executor.submit(timed, contract) for contract in contracts]
        _print_results(futures)
        yield from (future.result() for future in futures)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _print_results(futures: Sequence[Future[ScenarioResult]]) -> None:
    """Print each result, and on a terminal the progress."""
    is_terminal = sys.stdout.isatty()
    for done, future in enumerate(as_completed(futures), 1):
        result = future.result()
        end = "\r\x1b[K" if is_terminal else ""
        print(f"{end}{'ok  ' if result.passed else 'FAIL'}  {result.scenario}")
        for case in result.cases:
            print(
                "".join(f"      {case.name}: {problem}\n" for problem in case.problems), end=""
            )
            print("".join(f"      {note}\n" for note in case.notes), end="")
            print(case.output, end="")
        if is_terminal and done < len(futures):
            print(f"{done} of {len(futures)}", end="")
        sys.stdout.flush()


@contextmanager
def _interrupt_on_signals() -> Iterator[None]:
    """Raise ``Interrupted`` on SIGINT, SIGTERM and SIGHUP."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise Interrupted

    old_handlers = {
        signal_number: signal.signal(signal_number, interrupt)
        for signal_number in end_signals()
    }
    try:
        yield
    finally:
        for signal_number, handler in old_handlers.items():
            signal.signal(signal_number, handler)


def _write_drift(options: RunOptions, drifts: list[DriftReport]) -> None:
    if options.drift is not None:
        file = Path(options.drift)
        try:
            file.write_text(f"{to_json(drift_content(drifts))}\n", "utf-8")
            file.with_suffix(".md").write_text(render_markdown(drifts), "utf-8")
        except OSError as error:
            problem = f"--drift: cannot write '{error.filename}': {error.strerror}"
            raise UsageError(problem) from None
        print("\n".join(map(render_drift, drifts)))


def _write_coverage(options: RunOptions, coverages: list[RunCoverage]) -> None:
    if options.coverage is not None:
        try:
            print(write_coverage(merge_tests(coverages), options.coverage))
        except OSError as error:
            problem = f"--coverage: cannot write '{options.coverage}': {error.strerror}"
            raise UsageError(problem) from None


def _write_junit(options: RunOptions, results: Sequence[ScenarioResult]) -> None:
    if options.junit is not None:
        try:
            Path(options.junit).write_bytes(render_junit(results))
        except OSError as error:
            problem = f"--junit: cannot write '{options.junit}': {error.strerror}"
            raise UsageError(problem) from None
