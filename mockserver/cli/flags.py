"""Flags that several verbs share."""

import argparse
import os
from collections.abc import Sequence

from mockserver.settings import (
    OPTIONS,
    URL_VARIABLE,
    Option,
    SettingError,
    Settings,
    load_settings,
)

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


def add_url_flag(verb: argparse.ArgumentParser) -> None:
    """Add ``--url``."""
    url = os.environ.get(URL_VARIABLE)
    verb.add_argument("--url", default=url, help=f"URL of the server ({URL_VARIABLE})")


def add_token_flag(verb: argparse.ArgumentParser) -> None:
    """Add ``--admin-token``."""
    row = OPTIONS["admin_token"]
    verb.add_argument(row.flag, default=os.environ.get(row.variable), help=describe_option(row))


def add_ca_file_flag(verb: argparse.ArgumentParser) -> None:
    """Add ``--ca-file``."""
    verb.add_argument(
        "--ca-file", metavar="FILE", help="certificate authority of an https server, as PEM"
    )


def settings_of(parsed: argparse.Namespace) -> Settings:
    """Return the settings from flags and environment."""
    from mockserver.settings import warn_unknown_variables

    warn_unknown_variables(os.environ)
    return load_settings(vars(parsed), os.environ)


def server_urls(parsed: argparse.Namespace, settings: Settings | None = None) -> Sequence[str]:
    """Return the addresses to try: that of ``--url``, or those of a server on this machine."""
    from mockserver.cli.probe import local_urls

    return [parsed.url] if parsed.url else local_urls(settings or settings_of(parsed))


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
