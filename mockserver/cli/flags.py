"""Flags that several verbs share."""

import argparse
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mockserver.settings import (
    OPTIONS,
    URL_VARIABLE,
    Option,
    SettingError,
    Settings,
    load_settings,
)

if TYPE_CHECKING:
    from mockserver.cli.server_access import ServerAccess

TLS_SETTINGS = ("tls", "tls_folder", "tls_cert", "tls_key")


def add_setting(verb: argparse.ArgumentParser, option: Option) -> None:
    """Add the flag of a setting."""
    if isinstance(option.default, bool):
        verb.add_argument(
            option.flag, nargs="?", const="true", metavar="YES", help=describe_option(option)
        )
        return
    verb.add_argument(
        option.flag,
        action="append" if option.repeatable else "store",
        metavar=option.name.rpartition("_")[2].upper(),
        help=describe_option(option),
    )


def describe_option(option: Option) -> str:
    """Return the help text of a setting."""
    notes = []
    if option.choices:
        notes.append(", ".join(option.choices))
    if option.repeatable:
        notes.append("repeatable; comma-separated in the environment")
    if option.default not in (None, ()):
        notes.append(f"default {str(option.default).lower()}")
    return f"{option.meaning} ({'; '.join([*notes, option.variable])})"


def parse_port(text: str) -> int:
    """Parse a port.

    Raises:
        ArgumentTypeError: with what was expected.
    """
    try:
        port: int = OPTIONS["port"].parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return port


def parse_names(text: str) -> list[str]:
    """Split names that are separated by commas; for flags that also repeat."""
    return [name for name in map(str.strip, text.split(",")) if name]


def parse_count(text: str) -> int:
    """Parse a number of things, at least one.

    Raises:
        ArgumentTypeError: with what was expected.
    """
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected an integer from 1, got '{text}'")
    return int(text)


def parse_seconds(text: str) -> float:
    """Parse a number of seconds.

    Raises:
        ArgumentTypeError: with what was expected.
    """
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise argparse.ArgumentTypeError(f"expected seconds such as 10, got '{text}'")
    return float(text)


def add_url_flag(verb: argparse.ArgumentParser) -> None:
    """Add ``--url``."""
    url = os.environ.get(URL_VARIABLE)
    verb.add_argument("--url", default=url, help=f"URL of the server ({URL_VARIABLE})")


def add_server_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags that say where a server is and how to log in."""
    add_url_flag(verb)
    row = OPTIONS["admin_token"]
    verb.add_argument(row.flag, default=os.environ.get(row.variable), help=describe_option(row))
    verb.add_argument(
        "--password",
        default=os.environ.get("KUSTOM_PASSWORD"),
        help="password of the sandbox on a server with --owned (KUSTOM_PASSWORD)",
    )
    verb.add_argument(
        "--ca-file", metavar="FILE", help="certificate authority of an https server, as PEM"
    )


def server_access(parsed: argparse.Namespace) -> "ServerAccess":
    """Return how to reach the server of :func:`add_server_flags`."""
    from mockserver.cli.server_access import ServerAccess

    return ServerAccess(
        urls=server_urls(parsed),
        token=parsed.admin_token,
        password=parsed.password,
        ca_file=parsed.ca_file,
    )


def settings_of(parsed: argparse.Namespace) -> Settings:
    """Return the settings from flags and environment."""
    from mockserver.settings import warn_unknown_variables

    warn_unknown_variables(os.environ)
    return load_settings(vars(parsed), os.environ)


def server_urls(parsed: argparse.Namespace, settings: Settings | None = None) -> Sequence[str]:
    """Return the addresses to try: that of ``--url``, or those of a server on this machine.

    Raises:
        SettingError: ``--url`` is no URL.
    """
    from mockserver.cli.probe import local_urls

    if not parsed.url:
        return local_urls(settings or settings_of(parsed))
    if not re.match(r"https?://[^/]", parsed.url):
        expected = "expected a URL such as http://127.0.0.1:8566"
        raise SettingError(f"--url: {expected}, got '{parsed.url}'")
    return [parsed.url]


def refuse_flags(parsed: argparse.Namespace, names: Sequence[str], other: str) -> None:
    """Refuse flags that have no effect beside another one.

    Raises:
        SettingError: names the flag.
    """
    for name in names if other else ():
        if getattr(parsed, name) is not None:
            raise SettingError(
                f"{OPTIONS[name].flag}: has no effect with {other}; leave one out"
            )
