"""Flags of ``serve``, ``healthcheck`` and ``tls``, and what they run."""

import argparse

from mockserver.cli.flags import (
    add_setting,
    add_url_flag,
    describe_option,
    parse_seconds,
    refuse_flags,
    server_urls,
    settings_of,
)
from mockserver.settings import OPTIONS

ADDRESS_SETTINGS = ("host", "port")


def serve_flags(verb: argparse.ArgumentParser) -> None:
    """Add a flag for every setting."""
    for option in OPTIONS.values():
        add_setting(verb, option)


def run_serve(parsed: argparse.Namespace) -> int:
    """Start the server."""
    from mockserver.cli.serve import serve

    return serve(settings_of(parsed))


def healthcheck_flags(verb: argparse.ArgumentParser) -> None:
    """Add the flags of ``healthcheck``."""
    add_url_flag(verb)
    for name in ADDRESS_SETTINGS:
        add_setting(verb, OPTIONS[name])
    verb.add_argument(
        "--wait",
        type=parse_seconds,
        default=0,
        metavar="SECONDS",
        help="keep trying for this long",
    )


def run_healthcheck(parsed: argparse.Namespace) -> int:
    """Check whether a server is healthy."""
    from mockserver.cli.probe import healthcheck

    refuse_flags(parsed, ADDRESS_SETTINGS, "--url" if parsed.url else "")
    return healthcheck(server_urls(parsed), parsed.wait)


def tls_flags(verb: argparse.ArgumentParser) -> None:
    """Add the actions of ``tls``."""
    actions = verb.add_subparsers(metavar="ca", required=True, dest="action")
    what = "print the CA certificate that clients must trust"
    ca = actions.add_parser("ca", help=what, description=what)
    row = OPTIONS["tls_folder"]
    ca.add_argument(row.flag, metavar="FOLDER", help=describe_option(row))
    add_url_flag(ca)


def run_tls(parsed: argparse.Namespace) -> int:
    """Print the certificate authority of ``--tls``."""
    from mockserver.cli.tls_ca import print_ca_certificate

    settings = settings_of(parsed)
    refuse_flags(parsed, ("tls_folder",), "--url" if parsed.url else "")
    return print_ca_certificate(settings, server_urls(parsed, settings))
