"""What a request that leads nowhere probably meant."""

from difflib import get_close_matches
from typing import Any

from mockserver.api.exchange import Call
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.operation import OPERATIONS, ORDERS_PATH
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox

PREFIX_PARTS = ORDERS_PATH.count("/")


def add_hint(
    rejection: Rejection,
    call: Call,
    sandbox: Sandbox,
    sandboxes: Sandboxes[Any],
) -> None:
    """Add to a refusal's facts what was probably meant: another path or merchant."""
    if rejection.reason is Reason.UNKNOWN_PATH:
        rejection.facts |= _nearest_path(call)
    elif rejection.reason is Reason.ORDER_NOT_FOUND:
        order_id = str(rejection.facts["order_id"])
        if sandbox.name in sandboxes.evicted:
            rejection.facts["hint"] = f"sandbox {sandbox.name} was dropped to make room"
        for each in sandboxes:
            if each is not sandbox and order_id in each.orders:
                rejection.facts["belongs_to"] = f"sandbox {each.name}"
                break


def _nearest_path(call: Call) -> dict[str, str]:
    """Compare the end of the path with the ends of the paths that exist."""
    tail = "/".join(call.segments[PREFIX_PARTS + 1 :])
    likeliest_last = sorted(OPERATIONS, key=lambda row: row.method == call.method)
    ends = {row.path.partition("}/")[2]: row for row in likeliest_last}
    if tuple(call.segments[:PREFIX_PARTS]) != tuple(ORDERS_PATH.strip("/").split("/")):
        return {"hint": f"all paths begin with {ORDERS_PATH}/"}
    near = get_close_matches(tail, ends, n=1, cutoff=0.5)
    if not near:
        return {}
    row = ends[near[0]]
    return {"did_you_mean": f"{row.method} {ORDERS_PATH}{row.path}"}
