"""Sandboxes as a whole: list, look at, fill, reset, drop, judge."""

from typing import Any

from mockserver.api.control.bodies import checked, document, json_answer, json_body, yaml_answer
from mockserver.api.control.handler import Control, Values, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.api.views import time_text
from mockserver.domain.invariants import violations
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.catalogue import UnknownScenarioError, find_shipped
from mockserver.scenario.expect import Verdict, judge
from mockserver.scenario.export import export
from mockserver.scenario.findings import place_of
from mockserver.scenario.scenario import Scenario, read_scenario
from mockserver.scenario.source import Document, parse


def list_sandboxes(control: Control, _values: Values, _call: Call) -> Answer:
    """List the sandboxes in use, and those that were dropped to make room."""
    summaries = [_summary(control, each) for each in control.sandboxes]
    return json_answer({"sandboxes": summaries, "evicted": list(control.sandboxes.evicted)})


def get_sandbox(control: Control, values: Values, _call: Call) -> Answer:
    """Look at a sandbox that is in use."""
    sandbox = control.sandboxes.find(values["sandbox"])
    if sandbox is None:
        raise _not_in_use(values["sandbox"])
    return json_answer(_summary(control, sandbox))


def drop_sandbox(control: Control, values: Values, _call: Call) -> Answer:
    """Forget a sandbox with everything in it."""
    if not control.sandboxes.drop(values["sandbox"]):
        raise _not_in_use(values["sandbox"])
    return Answer(204)


def reset_sandbox(control: Control, values: Values, _call: Call) -> Answer:
    """Go back to the seed of the sandbox's scenario."""
    sandbox = control.sandboxes.reset(values["sandbox"])
    return json_answer(_filled(control.sandboxes.world_of(sandbox.name), sandbox))


def put_scenario(control: Control, values: Values, call: Call) -> Answer:
    """Fill a sandbox from a scenario that is sent, or from a shipped one by name."""
    name, scenario_document = _scenario_sent(document(call))
    surroundings = control.sandboxes.world.surroundings
    scenario = read_scenario(name, scenario_document, surroundings)
    sandbox = control.sandboxes.put(values["sandbox"], scenario)
    return json_answer(_filled(scenario, sandbox))


def get_scenario(control: Control, values: Values, _call: Call) -> Answer:
    """Export a sandbox as a scenario that reproduces it.

    Personal data is masked, credentials are left out.
    """
    return yaml_answer(export(sandbox_of(control, values)))


def verdict(control: Control, values: Values, _call: Call) -> Answer:
    """Judge what the sandbox's scenario expects."""
    sandbox = sandbox_of(control, values)
    return _judged(control.sandboxes.world_of(sandbox.name).judge(sandbox))


def judge_now(control: Control, values: Values, call: Call) -> Answer:
    """Judge expectations that are sent, in the syntax of a scenario's ``expect``."""
    expect = checked(json_body(call), "scenario.schema.json#/$defs/expect")
    sandbox = sandbox_of(control, values)
    known = [each.name for each in sandbox.faults.rules()]
    for name in expect.get("faults", {}):
        if name not in known:
            raise Problem(422, f"unknown fault '{name}', {did_you_mean(name, known)}")
    return _judged(judge(expect, sandbox))


def name_parts(control: Control, values: Values, call: Call) -> Answer:
    """Give captures and refunds names, by which expectations speak of them."""
    names = json_body(call)
    sandbox = sandbox_of(control, values)
    ids = {each.capture_id for order in sandbox.orders.values() for each in order.captures}
    ids |= {each.refund_id for order in sandbox.orders.values() for each in order.refunds}
    for part_id, name in names.items():
        if part_id not in ids:
            raise Problem(404, f"no capture or refund '{part_id}' in '{sandbox.name}'")
        if not isinstance(name, str) or not name or not name.isprintable():
            message = f"expected a text of one line as the name of {part_id}, got {name!r}"
            raise Problem(422, message)
    sandbox.part_names.update(names)
    return json_answer({"names": sandbox.part_names})


def invariants(control: Control, values: Values, _call: Call) -> Answer:
    """Check the money of every order, violations first."""
    sandbox = sandbox_of(control, values)
    checked = [
        {"order_id": each.order_id, "violations": list(violations(each))}
        for each in sandbox.orders.values()
    ]
    checked.sort(key=lambda each: not each["violations"])
    broken = any(each["violations"] for each in checked)
    return json_answer({"passed": not broken, "orders": checked})


def _scenario_sent(sent: Document) -> tuple[str, Document]:
    if not isinstance(sent.value, dict):
        raise Problem(422, 'expected a scenario, or {"use": "<shipped name>"}')
    if "use" not in sent.value:
        return str(sent.value.get("title", "")), sent
    name = str(sent.value["use"])
    if len(sent.value) > 1:
        raise Problem(422, "'use' stands alone; copy the scenario to change it")
    try:
        return name, parse(find_shipped(name).read_bytes())
    except UnknownScenarioError as error:
        raise Problem(422, str(error)) from None


def _filled(scenario: Scenario, sandbox: Sandbox) -> dict[str, Any]:
    return {"scenario": scenario.name, "orders": sandbox.order_names}


def _summary(control: Control, sandbox: Sandbox) -> dict[str, Any]:
    return {
        "name": sandbox.name,
        "scenario": control.sandboxes.world_of(sandbox.name).name,
        "orders": len(sandbox.orders),
        "requests": sandbox.journal.count,
        "faults": len(sandbox.faults.rules()),
        "now": time_text(sandbox.clock.now()),
        "frozen": sandbox.clock.frozen,
    }


def _judged(verdict: Verdict) -> Answer:
    expectations = [
        {
            "path": place_of(each.path),
            "passed": each.passed,
            "expected": each.expected,
            "actual": each.actual,
            "text": each.text,
        }
        for each in verdict.expectations
    ]
    return json_answer({"passed": verdict.passed, "expectations": expectations})


def _not_in_use(name: str) -> Problem:
    return Problem(404, f"no sandbox '{name}' is in use")
