"""Server settings: one table that defines flags, environment variables and their docs.

A flag wins over its environment variable, which wins over the default.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from mockserver.domain.wording import nearest_name

ENV_PREFIX = "KUSTOM_MOCK_"
URL_VARIABLE = f"{ENV_PREFIX}URL"
"""URL of the server for verbs that query a running one."""
DEFAULT_PORT = 8566


def setting(
    default: object,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    repeatable: bool = False,
) -> Any:  # noqa: ANN401
    """Describe one setting as a dataclass field."""
    row = {"meaning": meaning, "choices": choices, "repeatable": repeatable}
    return field(default=default, metadata=MappingProxyType(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a server runs."""

    host: str = setting(
        "localhost",
        "address or name to listen on; localhost and :: are both IPv4 and IPv6",
    )
    port: int = setting(DEFAULT_PORT, "port to listen on; 0 picks a free one")
    scenario: tuple[str, ...] = setting(
        (),
        "shipped name, file or folder that new sandboxes start from",
        repeatable=True,
    )
    seed: str | None = setting(
        None, "seed for ids and shoppers; defaults to the sandbox's name"
    )
    assume: tuple[str, ...] = setting(
        (),
        "set an assumption, as name=value (see the fidelity verb)",
        repeatable=True,
    )
    mock_headers: bool = setting(
        True,  # noqa: FBT003
        "send Mock-… headers that explain responses",
    )
    allowed_host: tuple[str, ...] = setting(
        (),
        "host name that is allowed in requests to the control API",
        repeatable=True,
    )
    public_url: str | None = setting(
        None,
        "address of the server as browsers know it; by default the one that the shop uses",
    )
    deliver_to: tuple[str, ...] = setting(
        (),
        "host that deliveries may be sent to, beside loopback and private addresses",
        repeatable=True,
    )
    deliver: tuple[str, ...] = setting(
        (),
        "rewrite the origin of deliveries, as https://shop.example=http://localhost:8080",
        repeatable=True,
    )
    watch: bool = setting(
        False,  # noqa: FBT003
        "reload scenario files when they change",
    )
    require_known: bool = setting(
        False,  # noqa: FBT003
        "refuse users that have neither listed credentials nor a sandbox",
    )
    admin_token: str | None = setting(
        None,
        "token required by the control API (Authorization: Bearer)",
    )
    tls: bool = setting(
        False,  # noqa: FBT003
        "serve HTTPS with a certificate created at start, also valid for Kustom's host names",
    )
    tls_folder: str | None = setting(
        None,
        "folder for the certificate authority of --tls; if unset, each start creates a new one",
    )
    tls_cert: str | None = setting(
        None, "serve HTTPS with this certificate (PEM) and --tls-key"
    )
    tls_key: str | None = setting(None, "private key (PEM) of --tls-cert")
    owned: bool = setting(
        False,  # noqa: FBT003
        "tie each sandbox to the first secret that it is used with",
    )
    sandbox_ttl: str | None = setting(
        None, "drop sandboxes that were not used for this long (real time), such as 7d"
    )
    store: str = setting(
        "memory:",
        "where sandboxes live: memory:, file:PATH, or valkey://HOST:PORT or unix:///PATH for"
        " several servers",
    )
    store_fsync: bool = setting(
        True,  # noqa: FBT003
        "with --store file:, write each change to the disk before it is answered",
    )
    max_sandboxes: int = setting(
        1000, "maximum number of sandboxes; only unchanged or unused ones are evicted"
    )
    journal_size: int = setting(1000, "number of requests in each sandbox's journal")
    log_format: str = setting("text", "log format", choices=("text", "json"))
    log_level: str = setting(
        "warning",
        "log level; info logs one line per request",
        choices=("debug", "info", "warning", "error"),
    )
    from_environment: frozenset[str] = frozenset()
    """Names of the settings that come from environment variables."""

    def flag_or_variable(self, name: str) -> str:
        """Return the variable or flag that sets (or could set) a setting, for messages."""
        row = OPTIONS[name]
        return row.variable if name in self.from_environment else row.flag


@dataclass(frozen=True, slots=True)
class Option:
    """Definition of one setting: flag, environment variable, default."""

    name: str
    default: Any
    meaning: str
    choices: tuple[str, ...]
    repeatable: bool

    @property
    def flag(self) -> str:
        """The flag, such as ``--log-level``."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable, such as ``KUSTOM_MOCK_LOG_LEVEL``."""
        return ENV_PREFIX + self.name.upper()

    def parse(self, text: str) -> Any:  # noqa: ANN401
        """Parse a value of a flag or an environment variable.

        Raises:
            ValueError: with what was expected.
        """
        if self.choices and text not in self.choices:
            message = f"expected one of {', '.join(self.choices)}, got '{text}'"
            raise ValueError(message)
        if isinstance(self.default, bool):
            return _parse_bool(text)
        if isinstance(self.default, int):
            return _port(text) if self.name == "port" else _count(text)
        return text


def _parse_bool(text: str) -> bool:
    booleans = {"true": True, "yes": True, "on": True, "1": True}
    booleans |= {"false": False, "no": False, "off": False, "0": False}
    if text.lower() not in booleans:
        message = f"expected true or false, got '{text}'"
        raise ValueError(message)
    return booleans[text.lower()]


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:  # noqa: PLR2004  # a port's bound
        hint = (
            "; Kubernetes and Docker set this variable for a service of this name, use --port"
        )
        message = (
            f"expected a port from 0 to 65535, got '{text}'{hint if '://' in text else ''}"
        )
        raise ValueError(message)
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        message = f"expected an integer from 1, got '{text}'"
        raise ValueError(message)
    return int(text)


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        dataclass_field.name: Option(
            name=dataclass_field.name,
            default=dataclass_field.default,
            **dataclass_field.metadata,
        )
        for dataclass_field in fields(Settings)
        if dataclass_field.metadata
    },
)


class SettingError(ValueError):
    """Raised when a flag or environment variable has an invalid value."""


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Build the settings: flags over environment over defaults.

    Raises:
        SettingError: names the flag or variable, its value, and what was expected.
    """
    _check_admin_token(flags, environ)
    values: dict[str, Any] = {}
    variables = set()
    for name, row in OPTIONS.items():
        if flags.get(name) is not None:
            values[name] = _value(row, flags[name], row.flag)
        elif environ.get(row.variable):
            values[name] = _value(row, environ[row.variable], row.variable)
            variables.add(name)
    return Settings(**values, from_environment=frozenset(variables))


def _check_admin_token(flags: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """Refuse a token that no header can have; a missing secret in CI is an empty one."""
    row = OPTIONS["admin_token"]
    sources = {row.flag: flags.get("admin_token"), row.variable: environ.get(row.variable)}
    origin, token = next(((p, t) for p, t in sources.items() if t is not None), ("", None))
    if token == "":
        problem = "got an empty text; leave it out to need no token"
    elif token is not None and token != token.strip():
        problem = "got one with blanks or line breaks around it"
    else:
        return
    raise SettingError(f"{origin}: expected a token, {problem}")


def _value(row: Option, value: Any, origin: str) -> Any:  # noqa: ANN401
    if value == "":
        return row.default
    try:
        if row.repeatable:
            texts = value if isinstance(value, list) else filter(str.strip, value.split(","))
            return tuple(row.parse(text.strip()) for text in texts)
        return row.parse(value)
    except ValueError as error:
        message = f"{origin}: {error}"
        raise SettingError(message) from None


SERVICE_LINKS = re.compile(r"SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP)")
"""Variables that Kubernetes and Docker set for a service called kustom-mock."""


def warn_unknown_variables(environ: Mapping[str, str]) -> None:
    """Warn of each unknown variable, with the closest known name."""
    for warning in unknown_variable_warnings(environ):
        sys.stderr.write(f"kustom-mock: warning: {warning}\n")


def unknown_variable_warnings(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each unknown variable with the prefix."""
    known_names = [row.variable.removeprefix(ENV_PREFIX) for row in OPTIONS.values()]
    known_names.append(URL_VARIABLE.removeprefix(ENV_PREFIX))
    for variable in sorted(environ):
        name = variable.removeprefix(ENV_PREFIX)
        if name in (variable, *known_names) or SERVICE_LINKS.match(name):
            continue
        close_names = nearest_name(name.upper(), known_names)
        hint = (
            f"did you mean {ENV_PREFIX}{close_names}?"
            if close_names
            else "see serve --help for all variables"
        )
        yield f"{variable} is not a setting and is ignored, {hint}"
