"""Suggestions for unknown paths and for orders of another sandbox."""

from difflib import get_close_matches
from typing import Any

from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.operation import CHECKOUTS_PATH, OPERATIONS, ORDERS_PATH
from mockserver.http.messages import Request
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox

ORDERS_PATH_DEPTH = ORDERS_PATH.count("/")


def add_suggestion(
    rejection: Refusal,
    request: Request,
    sandbox: Sandbox,
    sandboxes: SandboxRegistry[Any],
) -> None:
    """Add to a refusal's facts what was probably meant: another path or merchant."""
    if rejection.reason is Reason.UNKNOWN_PATH:
        rejection.facts |= _suggest_path(request)
    elif rejection.reason is Reason.ORDER_NOT_FOUND:
        order_id = str(rejection.facts["order_id"])
        if sandbox.name in sandboxes.evicted:
            rejection.facts["hint"] = f"sandbox {sandbox.name} was dropped to make room"
        for other_sandbox in sandboxes:
            if other_sandbox is not sandbox and order_id in other_sandbox.orders:
                rejection.facts["belongs_to"] = f"sandbox {other_sandbox.name}"
                break


def _suggest_path(request: Request) -> dict[str, str]:
    """Compare the end of the path with the ends of the paths that exist."""
    requested_end = "/".join(request.segments[ORDERS_PATH_DEPTH + 1 :])
    endpoints = sorted(OPERATIONS, key=lambda row: row.method == request.method)
    endpoint_by_end = {row.path.partition("}/")[2]: row for row in endpoints}
    if tuple(request.segments[:ORDERS_PATH_DEPTH]) != tuple(ORDERS_PATH.strip("/").split("/")):
        return {"hint": f"all paths begin with {ORDERS_PATH}/ or {CHECKOUTS_PATH}"}
    close_paths = get_close_matches(requested_end, endpoint_by_end, n=1, cutoff=0.5)
    if not close_paths:
        return {}
    row = endpoint_by_end[close_paths[0]]
    return {"did_you_mean": f"{row.method} {ORDERS_PATH}{row.path}"}
