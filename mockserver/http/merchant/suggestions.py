"""Suggestions for unknown paths and for orders of another sandbox."""

from difflib import get_close_matches
from typing import Any

from mockserver.domain.errors import Reason
from mockserver.domain.operation import (
    CHECKOUTS_PATH,
    OPERATIONS,
    ORDERS_PATH,
    SESSIONS_PATH,
    TOKENS_PATH,
)
from mockserver.domain.refusal import Refusal
from mockserver.http.messages import Request
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox

ORDERS_PATH_DEPTH = ORDERS_PATH.count("/")


def add_suggestion(
    refusal: Refusal,
    request: Request,
    sandbox: Sandbox,
    registry: SandboxRegistry[Any],
    *,
    reveal_sandboxes: bool,
) -> None:
    """Add the path or the sandbox that was probably meant to the facts of a refusal.

    Args:
        refusal: the refusal.
        request: the refused request.
        sandbox: the sandbox of the caller.
        registry: all sandboxes.
        reveal_sandboxes: whether the caller may learn the names of other sandboxes.
    """
    if refusal.reason is Reason.UNKNOWN_PATH:
        refusal.facts |= _suggest_path(request)
    elif refusal.reason is Reason.ORDER_NOT_FOUND:
        order_id = str(refusal.facts["order_id"])
        if registry.eviction_before(sandbox.name) is not None:
            refusal.facts["hint"] = f"sandbox {sandbox.display_name} was evicted"
        other_sandboxes = registry if reveal_sandboxes else ()
        for other_sandbox in other_sandboxes:
            if other_sandbox is not sandbox and order_id in other_sandbox.orders:
                refusal.facts["belongs_to"] = f"sandbox {other_sandbox.display_name}"
                break


def _suggest_path(request: Request) -> dict[str, str]:
    """Suggest the endpoint whose path ends most like the requested one."""
    requested_end = "/".join(request.segments[ORDERS_PATH_DEPTH + 1 :])
    operations = sorted(OPERATIONS, key=lambda info: info.method == request.method)
    operation_by_end = {info.path.partition("}/")[2]: info for info in operations}
    if tuple(request.segments[:ORDERS_PATH_DEPTH]) != tuple(ORDERS_PATH.strip("/").split("/")):
        prefixes = f"{ORDERS_PATH}/, {CHECKOUTS_PATH}, {TOKENS_PATH}/ or {SESSIONS_PATH}"
        return {"hint": f"all paths begin with {prefixes}"}
    close_ends = get_close_matches(requested_end, operation_by_end, n=1, cutoff=0.5)
    if not close_ends:
        return {}
    info = operation_by_end[close_ends[0]]
    return {"did_you_mean": f"{info.method} {ORDERS_PATH}{info.path}"}
