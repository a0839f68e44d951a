"""Settings of a server: one table that makes flags, environment variables and docs.

A flag wins over its environment variable, which wins over the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

PREFIX = "KUSTOM_MOCK_"
URL = f"{PREFIX}URL"
"""Names the server that verbs ask which serve nothing themselves."""
DEFAULT_PORT = 8566


def option(
    default: object,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    many: bool = False,
) -> Any:  # noqa: ANN401
    """Describe one setting as a dataclass field."""
    row = {"meaning": meaning, "choices": choices, "many": many}
    return field(default=default, metadata=MappingProxyType(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a server runs."""

    host: str = option("127.0.0.1", "address to listen on")
    port: int = option(DEFAULT_PORT, "port to listen on; 0 picks a free one")
    scenario: tuple[str, ...] = option(
        (),
        "shipped name, file or folder that new sandboxes start from",
        many=True,
    )
    seed: str | None = option(None, "seed for ids and people; the sandbox's name if unset")
    assume: tuple[str, ...] = option(
        (),
        "an assumption to switch, as name=value (see the fidelity verb)",
        many=True,
    )
    mock_headers: bool = option(
        True,  # noqa: FBT003
        "send Mock-… headers that explain answers",
    )
    allowed_host: tuple[str, ...] = option(
        (),
        "a host name under which the control API may be used",
        many=True,
    )
    watch: bool = option(
        False,  # noqa: FBT003
        "load scenario files anew when they change",
    )
    require_known: bool = option(
        False,  # noqa: FBT003
        "refuse users without listed credentials or a sandbox of their own",
    )
    admin_token: str | None = option(
        None,
        "token that the control API asks for, as Authorization: Bearer",
    )
    tls: bool = option(
        False,  # noqa: FBT003
        "serve HTTPS by a certificate made on start, for Kustom's host names as well",
    )
    tls_folder: str | None = option(
        None,
        "folder that keeps the certificate authority of --tls; a new one each start if unset",
    )
    tls_cert: str | None = option(None, "serve HTTPS by this certificate (PEM), with --tls-key")
    tls_key: str | None = option(None, "the key (PEM) of --tls-cert")
    max_sandboxes: int = option(1000, "how many sandboxes to keep; the least used makes room")
    journal_size: int = option(1000, "how many requests each sandbox remembers")
    log_format: str = option("text", "how to log", choices=("text", "json"))
    log_level: str = option(
        "warning",
        "how much to log; info has a line for each request",
        choices=("debug", "info", "warning", "error"),
    )
    from_environment: frozenset[str] = frozenset()
    """Which of them the environment set."""

    def place(self, name: str) -> str:
        """Say where a setting was, or could be, given: its variable, or its flag."""
        row = OPTIONS[name]
        return row.variable if name in self.from_environment else row.flag


@dataclass(frozen=True, slots=True)
class Option:
    """A row of the table: a setting with its flag and its environment variable."""

    name: str
    default: Any
    meaning: str
    choices: tuple[str, ...]
    many: bool

    @property
    def flag(self) -> str:
        """The flag, such as ``--log-level``."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable, such as ``KUSTOM_MOCK_LOG_LEVEL``."""
        return PREFIX + self.name.upper()

    def read(self, text: str) -> Any:  # noqa: ANN401
        """Read a value from a flag or the environment.

        Raises:
            ValueError: with a sentence that says what would be right.
        """
        if self.choices and text not in self.choices:
            message = f"expected {' or '.join(self.choices)}, got '{text}'"
            raise ValueError(message)
        if isinstance(self.default, bool):
            return _switch(text)
        if isinstance(self.default, int):
            return _port(text) if self.name == "port" else _count(text)
        return text


def _switch(text: str) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True}
    known |= {"false": False, "no": False, "off": False, "0": False}
    if text.lower() not in known:
        message = f"expected true or false, got '{text}'"
        raise ValueError(message)
    return known[text.lower()]


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:  # noqa: PLR2004  # a port's bound
        hint = "; Kubernetes and Docker links set this for a service of this name, give --port"
        message = (
            f"expected a port from 0 to 65535, got '{text}'{hint if '://' in text else ''}"
        )
        raise ValueError(message)
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        message = f"expected a whole number from 1, got '{text}'"
        raise ValueError(message)
    return int(text)


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        each.name: Option(name=each.name, default=each.default, **each.metadata)
        for each in fields(Settings)
        if each.metadata
    },
)


class SettingError(ValueError):
    """A flag or variable with a value that cannot be used."""


def read_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Put flags over environment over defaults.

    Raises:
        SettingError: naming the flag or variable, its value, and what would be right.
    """
    values: dict[str, Any] = {}
    variables = set()
    for name, row in OPTIONS.items():
        if flags.get(name) is not None:
            values[name] = _value(row, flags[name], row.flag)
        elif environ.get(row.variable):
            values[name] = _value(row, environ[row.variable], row.variable)
            variables.add(name)
    return Settings(**values, from_environment=frozenset(variables))


def _value(row: Option, given: Any, place: str) -> Any:  # noqa: ANN401
    if given == "":
        return row.default
    try:
        if row.many:
            texts = given if isinstance(given, list) else given.split(",")
            return tuple(row.read(each.strip()) for each in texts if each.strip())
        return row.read(given)
    except ValueError as error:
        message = f"{place}: {error}"
        raise SettingError(message) from None
