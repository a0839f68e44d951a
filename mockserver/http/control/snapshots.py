"""Control API: take, list and restore snapshots."""

from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.control.parsing import validate_name
from mockserver.http.json_bodies import json_response, parse_json_object
from mockserver.http.json_values import format_time
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.snapshots import Snapshot


def list_snapshots(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """List the snapshots, oldest first."""
    sandbox = find_sandbox(context, params)
    snapshots = sandbox.snapshots
    return json_response(
        {
            "snapshots": [
                _serialize_snapshot(name, snapshot) for name, snapshot in snapshots.items()
            ]
        }
    )


def take_snapshot(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Take a snapshot under a name."""
    name = validate_name(parse_json_object(request).get("name"), "name")
    sandbox = open_sandbox(context, params)
    return json_response(_serialize_snapshot(name, sandbox.take_snapshot(name)), status=201)


def restore_snapshot(
    context: ControlContext, params: PathParams, _request: Request
) -> Response:
    """Restore a snapshot."""
    sandbox = open_sandbox(context, params)
    name, snapshot_names = params["name"], list(sandbox.snapshots)
    if name not in snapshot_names:
        hint = (
            f", {did_you_mean(name, snapshot_names)}"
            if snapshot_names
            else "; the sandbox has none"
        )
        raise Problem(404, f"no snapshot '{name}'{hint}")
    return json_response(_serialize_snapshot(name, sandbox.restore_snapshot(name)))


def _serialize_snapshot(name: str, snapshot: Snapshot) -> dict[str, object]:
    return {
        "name": name,
        "now": format_time(snapshot.taken_at),
        "orders": list(snapshot.order_names),
    }
