"""What a contract run is asked to do, checked and read before anything runs."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mockserver.domain.wording import did_you_mean
from mockserver.scenario.catalogue import find, text_of
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.loading import FileError
from mockserver.scenario.scenario import Scenario, read_scenario
from mockserver.scenario.source import parse
from mockserver.scenario.times import duration
from mockserver.testing.checks import KINDS
from mockserver.testing.handle import SECRET


class UsageError(Exception):
    """A run that cannot begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What to run and how."""

    files: Sequence[str]
    command: Sequence[str] = ()
    junit: str | None = None
    jobs: int = 1
    timeout: str | None = None
    port: int = 0
    allow: Sequence[str] = ()
    base_url: str | None = None
    username: str = ""
    password: str = ""
    orders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """A scenario, the file it is in, and the user that is its merchant."""

    scenario: Scenario
    text: str
    user: str
    secret: str


def read_contracts(wishes: Wishes) -> Sequence[Contract]:
    """Read all scenarios.

    Raises:
        UsageError: a flag that cannot be used, or a command that does not exist.
        UnknownScenarioError: a reference leads nowhere, or to what cannot be read.
        FileError: a scenario cannot be used.
    """
    check(wishes)
    files = [file for each in wishes.files for file in find(each)]
    names = [each.name.partition(".")[0] for each in files]
    doubled = {name for name, count in Counter(names).items() if count > 1}
    read = []
    for index, (file, stem) in enumerate(zip(files, names, strict=True), 1):
        name = f"{stem}-{index}" if stem in doubled else stem
        read.append(_contract(str(file), text_of(file), name))
    _check_users(read)
    _check_orders(wishes.orders, read)
    return read


def _contract(file: str, text: bytes, name: str) -> Contract:
    try:
        scenario = read_scenario(name, parse(text))
        scenario.build("trial")
    except ScenarioError as error:
        raise FileError(file, error.findings) from None
    user, secret = next(iter(scenario.credentials.items()), (name, SECRET))
    return Contract(scenario, text.decode(), user, secret)


def _check_users(contracts: Sequence[Contract]) -> None:
    """Every contract needs a user of its own, as the user is the sandbox."""
    for user, count in Counter(each.user for each in contracts).items():
        if count > 1:
            raise UsageError(f"{count} scenarios list user '{user}'; run them one by one")


def _check_orders(orders: Mapping[str, str], contracts: Sequence[Contract]) -> None:
    known = [name for each in contracts for name in each.scenario.spec.get("orders", {})]
    for name in orders:
        if name not in known:
            hint = f", {did_you_mean(name, known)}" if known else ""
            raise UsageError(f"--order: no scenario has an order '{name}'{hint}")


def check(wishes: Wishes) -> None:
    """Check the flags and the command.

    Raises:
        UsageError: naming the flag, its value, and what would be right.
    """
    if wishes.jobs < 1:
        raise UsageError(f"--jobs: expected a whole number from 1, got {wishes.jobs}")
    for name in wishes.allow:
        if name not in KINDS:
            raise UsageError(f"--allow: unknown name '{name}', {did_you_mean(name, KINDS)}")
    try:
        duration(wishes.timeout or "1s")
    except ValueError as error:
        raise UsageError(f"--timeout: {error}") from None
    if wishes.command and shutil.which(wishes.command[0]) is None:
        raise UsageError(f"command not found: '{wishes.command[0]}'")
    if wishes.orders and wishes.base_url is None:
        raise UsageError("--order: only against a server of --base-url; here ids are known")
    if wishes.base_url is not None:
        _check_base_url(wishes.base_url, wishes)


def _check_base_url(url: str, wishes: Wishes) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        wanted = "expected an address such as https://api.playground.kustom.co"
        raise UsageError(f"--base-url: {wanted}, got '{url}'")
    if wishes.command:
        raise UsageError("--base-url plays steps against that server; it takes no command")
