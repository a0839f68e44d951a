"""Checks of a Valkey or Redis at the start: whether it can be used, and what it may lose."""

from collections.abc import Iterator, Mapping
from typing import Any

from valkey.exceptions import ResponseError

from mockserver.homes.store import StoreError

OLDEST_VERSION = (6, 2)
CONNECTION_HINT = "check that it runs, the address, and TLS (valkeys:// or rediss://)"
NEEDED_RIGHTS = "~km:* +@read +@write +@scripting +@connection +info"
LOGIN_HINT = "check the user and the password"
HINT_BY_TEXT: Mapping[str, str] = {
    "username-password": LOGIN_HINT,
    "Authentication required": LOGIN_HINT,
    "AUTH <password>": LOGIN_HINT,
    "no permissions": f"allow its user {NEEDED_RIGHTS}",
    "is loading": "wait until it has loaded its data",
    "DB index": "choose a lower number, or raise its setting 'databases'",
}
"""What to do, by a part of the text of the error."""


def describe_start_error(error: Exception) -> str:
    """Describe why a store cannot be used, and what to do."""
    reason = str(error).removesuffix(".")
    hints = [hint for text, hint in HINT_BY_TEXT.items() if text in reason]
    if not hints and not isinstance(error, ResponseError):
        hints = [CONNECTION_HINT]
    return "; ".join([f"cannot be used: {reason}", *hints])


def check_information(information: Mapping[str, Any]) -> None:
    """Check what a store says of itself (``INFO``).

    Raises:
        StoreError: it is too old, or is a replica of another store.
    """
    version = str(information["redis_version"])
    if tuple(map(int, version.split(".")[:2])) < OLDEST_VERSION:
        raise StoreError("store_unavailable", f"expected Redis 6.2 or later, found {version}")
    if information.get("role") == "slave":
        message = "is a replica, which refuses changes or loses them; use its primary"
        raise StoreError("store_unavailable", message)


def find_risks(
    information: Mapping[str, Any], configuration: Mapping[str, Any]
) -> Iterator[str]:
    """Yield how the settings of a store may lose data.

    Args:
        information: what it says of itself (``INFO``).
        configuration: its setting ``appendfsync``; empty if it does not tell.
    """
    policy = information.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"maxmemory-policy is {policy}, which drops sandboxes in use; set noeviction"
    if not information.get("aof_enabled"):
        yield "appendonly is off, so a restart of the store loses changes; set appendonly yes"
    elif configuration.get("appendfsync") == "no":
        yield (
            "appendfsync is no, so a crash of its machine may lose half a minute of changes;"
            " set always, or everysec, which may lose a second"
        )
