"""``kustom-mock run``: run scenarios as contract tests, by their steps or a command.

Each scenario gets a sandbox. A command after ``--`` is the merchant, and is told where
to go by environment variables; without one the scenario's steps are played.
"""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType

from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.junit import CaseResult, ScenarioResult, render_junit
from mockserver.cli.run_options import Contract, RunOptions, UsageError, load_contracts
from mockserver.cli.startup import describe_listen_error
from mockserver.cli.subprocesses import CommandRunner
from mockserver.client import ControlClient
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.diagnostics import ScenarioError, pluralize
from mockserver.scenario.loader import UnknownScenarioError
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.times import parse_duration
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.settings import Settings
from mockserver.testing.audit_report import audit, is_failing, render_finding
from mockserver.testing.checks import find_failures
from mockserver.testing.runner import StepResult, StepRunner, run_against_server, run_in_sandbox
from mockserver.testing.sandbox_handle import KustomSandbox


class Interrupted(BaseException):  # like KeyboardInterrupt
    """Raised when SIGINT or SIGTERM ends the run."""


def run(options: RunOptions) -> int:
    """Run scenarios as contracts.

    Returns:
        0 if all are kept, 1 if one is not or the command fails, 2 where the run
        cannot begin.
    """
    try:
        contracts = load_contracts(options)
        with _interrupt_on_signals(), ExitStack() as running:
            play = _contract_runner(options, running)
            results = [*_run_contracts(contracts, play, options.jobs)]
        _write_junit(options, results)
    except (UsageError, UnknownScenarioError, ScenarioError, OSError) as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
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
    wishes: RunOptions, running: ExitStack
) -> Callable[[Contract], Sequence[CaseResult]]:
    """Choose how contracts are kept, and start what is needed for it."""
    if wishes.base_url is not None:
        return lambda contract: [*_run_against_base_url(contract, wishes)]
    sandboxes = SandboxRegistry(parse_scenario("empty", parse_yaml("version: 1")))
    server = Server(sandboxes, port=wishes.port)
    try:
        url = running.enter_context(running_in_thread(server))
    except OSError as error:
        problem = describe_listen_error(error, Settings(port=wishes.port))
        raise UsageError(problem) from None
    commands = CommandRunner()
    running.callback(commands.stop)
    limit = parse_duration(wishes.timeout).total_seconds() if wishes.timeout else None

    def play(contract: Contract) -> Sequence[CaseResult]:
        control = ControlClient(url, contract.user)
        sandbox = KustomSandbox.open(control, contract.text, secret=contract.secret)
        if wishes.command:
            ended = commands.run(
                wishes.command,
                _environment(sandbox),
                limit,
                keep_output=wishes.jobs > 1 or wishes.junit is not None,
            )
            problems = (ended.problem,) if ended.problem else ()
            first = CaseResult("command", problems, output=ended.output)
        else:
            first = _steps_result(run_in_sandbox(sandbox, contract.scenario))
        results = [first, _expectations_result(sandbox, wishes.allow)]
        return [*results, _audit_result(sandbox, wishes.allow)] if wishes.audit else results

    return play


def _environment(sandbox: KustomSandbox) -> Mapping[str, str]:
    """What a command is told, by environment variables."""
    user, secret = sandbox.auth
    orders = {
        f"KUSTOM_ORDER_{name.upper().replace('-', '_')}": order_id
        for name, order_id in sandbox.orders.items()
    }
    return {
        "KUSTOM_API_URL": sandbox.base_url,
        "KUSTOM_USERNAME": user,
        "KUSTOM_PASSWORD": secret,
        **orders,
    }


def _steps_result(played: Iterator[StepResult]) -> CaseResult:
    problems: list[str] = []
    notes: list[str] = []
    for result in played:
        problems += [f"{result.text}: {difference}" for difference in result.differences]
        notes += [f"{result.text}: skipped ({result.skipped})"] if result.skipped else []
    return CaseResult("steps", tuple(problems), tuple(notes))


def _expectations_result(sandbox: KustomSandbox, allow: Sequence[str]) -> CaseResult:
    failures = [failure for failure in find_failures(sandbox) if failure.kind not in allow]
    texts = (e.text if e.kind == "expect" else f"{e.kind}: {e.text}" for e in failures)
    return CaseResult("expect", tuple(texts))


def _audit_result(sandbox: KustomSandbox, allow: Sequence[str]) -> CaseResult:
    """Judge the client; findings that do not fail the run become notes."""
    report = audit(sandbox, allow)
    texts: dict[bool, list[str]] = {True: [], False: []}
    for finding in report["findings"]:
        text = "\n      ".join(render_finding(finding)).strip()
        texts[is_failing(finding)].append(text)
    return CaseResult("audit", tuple(texts[True]), tuple(texts[False]))


def _run_against_base_url(contract: Contract, wishes: RunOptions) -> Iterator[CaseResult]:
    """Play the steps against another server that speaks the same API."""
    assert wishes.base_url is not None  # noqa: S101  # the caller looked
    specs = contract.scenario.spec.get("orders", {})
    order_ids = {
        name: order_spec["order_id"]
        for name, order_spec in specs.items()
        if "order_id" in order_spec
    }
    orders = {**order_ids, **{n: i for n, i in wishes.orders.items() if n in specs}}
    missing = [name for name in specs if name not in orders]
    if missing:
        hint = f"give --order {missing[0]}=ID"
        yield CaseResult("steps", (f"order '{missing[0]}' has no id on that server; {hint}",))
        return
    stage = StepRunner(wishes.base_url, wishes.username, wishes.password, orders)
    yield _steps_result(run_against_server(stage, contract.scenario))


def _run_contracts(
    contracts: Sequence[Contract],
    play: Callable[[Contract], Sequence[CaseResult]],
    jobs: int,
) -> Iterator[ScenarioResult]:
    """Play contracts and tell of each when it is over; results in the order given."""

    def timed(contract: Contract) -> ScenarioResult:
        started = monotonic()
        cases = tuple(play(contract))
        return ScenarioResult(contract.scenario.name, cases, monotonic() - started)

    executor = ThreadPoolExecutor(jobs)
    try:
        futures = [executor.submit(timed, contract) for contract in contracts]
        _print_results(futures)
        yield from (future.result() for future in futures)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _print_results(futures: Sequence[Future[ScenarioResult]]) -> None:
    """Print a line or more for each result; to people also how far it has come."""
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
    """Raise ``Interrupted`` on SIGINT and SIGTERM."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise Interrupted

    old_handlers = {
        signal_number: signal.signal(signal_number, interrupt)
        for signal_number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for signal_number, handler in old_handlers.items():
            signal.signal(signal_number, handler)


def _write_junit(wishes: RunOptions, results: Sequence[ScenarioResult]) -> None:
    if wishes.junit is not None:
        try:
            Path(wishes.junit).write_bytes(render_junit(results))
        except OSError as error:
            problem = f"--junit: cannot write '{wishes.junit}': {error.strerror}"
            raise UsageError(problem) from None
