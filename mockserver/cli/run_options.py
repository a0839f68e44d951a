"""Options of ``run``, and loading the scenarios to be run."""

import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from mockserver.audit.rule_table import nearest_codes
from mockserver.domain.wording import did_you_mean
from mockserver.drift.drift_report import classify_host
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.file_format import parse_file
from mockserver.scenario.loader import ScenarioFileError, read_file, resolve_files
from mockserver.scenario.scenario import Scenario, parse_scenario
from mockserver.scenario.text_encoding import decode_text
from mockserver.scenario.times import parse_duration
from mockserver.settings import OPTIONS, SettingError, Settings, load_settings
from mockserver.testing.checks import FAILURE_KINDS
from mockserver.testing.sandbox_handle import SECRET

_VARIABLE = re.compile(r"[A-Z0-9_]+")


class UsageError(Exception):
    """Raised when a run cannot start because an option is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options of a contract run."""

    files: Sequence[str]
    command: Sequence[str] = ()
    junit: str | None = None
    jobs: int = 1
    timeout: str | None = None
    port: int = 0
    allow: Sequence[str] = ()
    audit: bool = False
    coverage: str | None = None
    drift: str | None = None
    live: bool = False
    base_url: str | None = None
    settings: Settings = field(default_factory=Settings)
    username: str = ""
    password: str = ""
    orders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """A scenario with its source text and the credentials of its merchant."""

    scenario: Scenario
    text: str
    user: str
    secret: str


WITHOUT_EFFECT_ALLOWED = ("host", "port", "scenario")
"""Settings of ``serve`` whose variables may be set beside ``run``: the image sets them."""


def run_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Return the settings of the server that ``run`` starts: address and certificates.

    Raises:
        SettingError: an invalid value, or a variable that has no effect on ``run``.
    """
    used = {name: value for name, value in flags.items() if name.startswith("tls")}
    settings = load_settings(used, environ)
    for name in sorted(settings.from_environment):
        if not name.startswith("tls") and name not in WITHOUT_EFFECT_ALLOWED:
            variable = OPTIONS[name].variable
            raise SettingError(f"{variable}: has no effect on run; unset it for this command")
    return replace(settings, host="127.0.0.1", port=flags["port"])


def load_contracts(options: RunOptions) -> Sequence[Contract]:
    """Load all scenarios.

    Raises:
        UsageError: an invalid flag, or a command that does not exist.
        UnknownScenarioError: no such scenario, or it cannot be read.
        ScenarioFileError: a scenario is invalid.
    """
    validate_options(options)
    files = [file for reference in options.files for file in resolve_files(reference)]
    names = [file.name.partition(".")[0] for file in files]
    repeated_names = {name for name, count in Counter(names).items() if count > 1}
    contracts = []
    for index, (file, stem) in enumerate(zip(files, names, strict=True), 1):
        name = f"{stem}-{index}" if stem in repeated_names else stem
        contracts.append(_contract(str(file), read_file(file), name))
    _check_users(contracts)
    if options.command:
        for contract in contracts:
            _check_variables(contract)
    _check_orders(options.orders, contracts)
    return contracts


def _contract(file: str, text: bytes, name: str) -> Contract:
    try:
        scenario = parse_scenario(name, parse_file(text, file))
        scenario.build("trial")
    except ScenarioError as error:
        raise ScenarioFileError(file, error.findings) from None
    user, secret = next(iter(scenario.credentials.items()), (name, SECRET))
    return Contract(scenario, decode_text(text), user, secret)


def _check_users(contracts: Sequence[Contract]) -> None:
    """Check that no two contracts share a user, because the user selects the sandbox."""
    for user, count in Counter(contract.user for contract in contracts).items():
        if count > 1:
            raise UsageError(f"{count} scenarios list user '{user}'; run them separately")


def order_variable(name: str) -> str:
    """Return the environment variable that holds the id of an order."""
    return f"KUSTOM_ORDER_{name.upper().replace('-', '_')}"


def _check_variables(contract: Contract) -> None:
    """Check that each order has an environment variable, and no two have the same."""
    names: dict[str, str] = {}
    for name in contract.scenario.spec.get("orders", {}):
        variable = order_variable(name)
        if not _VARIABLE.fullmatch(variable):
            raise UsageError(
                f"{contract.scenario.name}: the name of order '{name}' cannot be part of an"
                " environment variable; use letters A to Z, digits, - and _"
            )
        if variable in names:
            raise UsageError(
                f"{contract.scenario.name}: orders '{names[variable]}' and '{name}' would both"
                f" be passed as {variable}; rename one of them"
            )
        names[variable] = name


def _check_orders(orders: Mapping[str, str], contracts: Sequence[Contract]) -> None:
    order_names = [
        name for contract in contracts for name in contract.scenario.spec.get("orders", {})
    ]
    for name in orders:
        if name not in order_names:
            hint = f", {did_you_mean(name, order_names)}" if order_names else ""
            raise UsageError(f"--order: no scenario has an order '{name}'{hint}")


def validate_options(options: RunOptions) -> None:
    """Check the flags and the command.

    Raises:
        UsageError: names the flag, its value, and what was expected.
    """
    for name in options.allow:
        known_names = (*FAILURE_KINDS, *nearest_codes(name))
        if name not in known_names:
            hint = did_you_mean(name, known_names)
            raise UsageError(f"--allow: unknown name '{name}', {hint}")
    try:
        parse_duration(options.timeout or "1s")
    except ValueError as error:
        raise UsageError(f"--timeout: {error}") from None
    if options.command and shutil.which(options.command[0]) is None:
        raise UsageError(f"command not found: '{options.command[0]}'")
    _check_reports(options)
    if options.orders and options.base_url is None:
        raise UsageError("--order: needs --base-url; the built-in server knows the order ids")
    _check_effect(options)
    if options.base_url is not None:
        _check_base_url(options.base_url)


def _check_effect(options: RunOptions) -> None:
    """Refuse options that have no effect beside the others."""
    if options.timeout and not options.command:
        raise UsageError("--timeout: has no effect without a command after --")
    if options.base_url is None:
        return
    if options.command:
        raise UsageError("--base-url: runs the steps against that server and takes no command")
    settings = options.settings
    used = [name for name in OPTIONS if name.startswith("tls") and getattr(settings, name)]
    flags = ["--port"] if options.port else [settings.flag_or_variable(name) for name in used]
    if flags:
        raise UsageError(f"{flags[0]}: has no effect with --base-url; leave one out")


def _check_reports(options: RunOptions) -> None:
    """Check which reports go with which server."""
    if options.audit and options.base_url is not None:
        raise UsageError("--audit: needs the built-in server, leave out --base-url")
    if options.coverage is not None and options.base_url is not None:
        raise UsageError("--coverage: needs the built-in server, leave out --base-url")
    if options.drift is not None:
        _check_drift(options)
    elif options.live:
        raise UsageError("--live: has no effect without --drift; leave it out")


def _check_drift(options: RunOptions) -> None:
    if options.base_url is None:
        raise UsageError("--drift: needs --base-url, the account to compare with")
    if options.drift is not None and options.drift.endswith(".md"):
        raise UsageError("--drift: names the JSON file; the Markdown is written beside it")
    if classify_host(options.base_url) == "live" and not options.live:
        raise UsageError(
            f"--drift: '{options.base_url}' is a live account, where captures move money; use"
            " a playground account, or pass --live"
        )


def _check_base_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        expected = "expected a URL such as https://api.playground.kustom.co"
        raise UsageError(f"--base-url: {expected}, got '{url}'")
