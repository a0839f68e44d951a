"""``kustom-mock run``: scenarios as contracts, kept by their own steps or by a command.

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

from mockserver.api.server import Server, running_in_thread
from mockserver.cli.command import Commands
from mockserver.cli.contracts import Contract, UsageError, Wishes, read_contracts
from mockserver.cli.exit_codes import FINDINGS, OK, USAGE
from mockserver.cli.junit import Case, Result, junit
from mockserver.cli.listening import listening_problem
from mockserver.client import ControlClient
from mockserver.sandbox.registry import Sandboxes
from mockserver.scenario.catalogue import UnknownScenarioError
from mockserver.scenario.findings import ScenarioError, counted
from mockserver.scenario.scenario import read_scenario
from mockserver.scenario.source import parse
from mockserver.scenario.times import duration
from mockserver.settings import Settings
from mockserver.testing.checks import failures_of
from mockserver.testing.contract import play_elsewhere, play_in_sandbox
from mockserver.testing.handle import KustomSandbox
from mockserver.testing.play import Played, Stage


class Interrupted(BaseException):  # like KeyboardInterrupt
    """Somebody ended the run."""


def run(wishes: Wishes) -> int:
    """Run scenarios as contracts.

    Returns:
        0 if all are kept, 1 if one is not or the command fails, 2 where the run
        cannot begin.
    """
    try:
        contracts = read_contracts(wishes)
        with _interruptible(), ExitStack() as running:
            play = _player(wishes, running)
            results = [*_results(contracts, play, wishes.jobs)]
        _write_junit(wishes, results)
    except (UsageError, UnknownScenarioError, ScenarioError, OSError) as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return USAGE
    except Interrupted:
        print("kustom-mock: interrupted; what ran was ended", file=sys.stderr)
        return FINDINGS
    kept = sum(each.passed for each in results)
    print(f"{counted(len(results), 'scenario')}: {kept} kept, {len(results) - kept} not")
    return OK if kept == len(results) else FINDINGS


def _player(wishes: Wishes, running: ExitStack) -> Callable[[Contract], Sequence[Case]]:
    """Choose how contracts are kept, and start what is needed for it."""
    if wishes.base_url is not None:
        return lambda contract: [*_elsewhere(contract, wishes)]
    sandboxes = Sandboxes(read_scenario("empty", parse("version: 1")))
    server = Server(sandboxes, port=wishes.port)
    try:
        url = running.enter_context(running_in_thread(server))
    except OSError as error:
        problem = listening_problem(error, Settings(port=wishes.port))
        raise UsageError(problem) from None
    commands = Commands()
    running.callback(commands.stop)
    limit = duration(wishes.timeout).total_seconds() if wishes.timeout else None

    def play(contract: Contract) -> Sequence[Case]:
        control = ControlClient(url, contract.user)
        sandbox = KustomSandbox.open(control, contract.text, secret=contract.secret)
        if wishes.command:
            ended = commands.run(
                wishes.command,
                _variables(sandbox),
                limit,
                keep_output=wishes.jobs > 1 or wishes.junit is not None,
            )
            problems = (ended.problem,) if ended.problem else ()
            first = Case("command", problems, output=ended.output)
        else:
            first = _steps_case(play_in_sandbox(sandbox, contract.scenario))
        return [first, _expectations(sandbox, wishes.allow)]

    return play


def _variables(sandbox: KustomSandbox) -> Mapping[str, str]:
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


def _steps_case(played: Iterator[Played]) -> Case:
    problems: list[str] = []
    notes: list[str] = []
    for each in played:
        problems += [f"{each.text}: {difference}" for difference in each.differences]
        notes += [f"{each.text}: skipped ({each.skipped})"] if each.skipped else []
    return Case("steps", tuple(problems), tuple(notes))


def _expectations(sandbox: KustomSandbox, allow: Sequence[str]) -> Case:
    failures = [each for each in failures_of(sandbox) if each.kind not in allow]
    texts = (e.text if e.kind == "expect" else f"{e.kind}: {e.text}" for e in failures)
    return Case("expect", tuple(texts))


def _elsewhere(contract: Contract, wishes: Wishes) -> Iterator[Case]:
    """Play the steps against another server that speaks the same API."""
    assert wishes.base_url is not None  # noqa: S101  # the caller looked
    specs = contract.scenario.spec.get("orders", {})
    known = {name: each["order_id"] for name, each in specs.items() if "order_id" in each}
    orders = {**known, **{n: i for n, i in wishes.orders.items() if n in specs}}
    missing = [name for name in specs if name not in orders]
    if missing:
        hint = f"give --order {missing[0]}=ID"
        yield Case("steps", (f"order '{missing[0]}' has no id on that server; {hint}",))
        return
    stage = Stage(wishes.base_url, wishes.username, wishes.password, orders)
    yield _steps_case(play_elsewhere(stage, contract.scenario))


def _results(
    contracts: Sequence[Contract],
    play: Callable[[Contract], Sequence[Case]],
    jobs: int,
) -> Iterator[Result]:
    """Play contracts and tell of each when it is over; results in the order given."""

    def timed(contract: Contract) -> Result:
        begun = monotonic()
        cases = tuple(play(contract))
        return Result(contract.scenario.name, cases, monotonic() - begun)

    executor = ThreadPoolExecutor(jobs)
    try:
        futures = [executor.submit(timed, each) for each in contracts]
        _tell(futures)
        yield from (each.result() for each in futures)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _tell(futures: Sequence[Future[Result]]) -> None:
    """Print a line or more for each result; to people also how far it has come."""
    people = sys.stdout.isatty()
    for done, future in enumerate(as_completed(futures), 1):
        result = future.result()
        end = "\r\x1b[K" if people else ""
        print(f"{end}{'ok  ' if result.passed else 'FAIL'}  {result.scenario}")
        for case in result.cases:
            print("".join(f"      {case.name}: {each}\n" for each in case.problems), end="")
            print("".join(f"      {each}\n" for each in case.notes), end="")
            print(case.output, end="")
        if people and done < len(futures):
            print(f"{done} of {len(futures)}", end="")
        sys.stdout.flush()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the run in good order."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise Interrupted

    kept = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)


def _write_junit(wishes: Wishes, results: Sequence[Result]) -> None:
    if wishes.junit is not None:
        try:
            Path(wishes.junit).write_bytes(junit(results))
        except OSError as error:
            problem = f"--junit: cannot write '{wishes.junit}': {error.strerror}"
            raise UsageError(problem) from None
