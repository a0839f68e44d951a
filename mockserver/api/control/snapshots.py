"""Named snapshots of a sandbox: freeze and return."""

from mockserver.api.control.bodies import checked_name, json_answer, json_body
from mockserver.api.control.handler import Control, Values, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.api.views import time_text
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.snapshots import Snapshot


def list_snapshots(control: Control, values: Values, _call: Call) -> Answer:
    """List the snapshots, oldest first."""
    sandbox = sandbox_of(control, values)
    kept = sandbox.snapshots
    return json_answer({"snapshots": [_view(name, each) for name, each in kept.items()]})


def take_snapshot(control: Control, values: Values, call: Call) -> Answer:
    """Freeze the sandbox under a name."""
    name = checked_name(json_body(call).get("name"), "name")
    sandbox = sandbox_of(control, values)
    return json_answer(_view(name, sandbox.freeze(name)), status=201)


def restore_snapshot(control: Control, values: Values, _call: Call) -> Answer:
    """Take the sandbox back to a snapshot."""
    sandbox = sandbox_of(control, values)
    name, known = values["name"], list(sandbox.snapshots)
    if name not in known:
        hint = f", {did_you_mean(name, known)}" if known else "; none was taken"
        raise Problem(404, f"no snapshot '{name}'{hint}")
    return json_answer(_view(name, sandbox.restore(name)))


def _view(name: str, snapshot: Snapshot) -> dict[str, object]:
    return {
        "name": name,
        "now": time_text(snapshot.taken_at),
        "orders": list(snapshot.order_names),
    }
