"""Control API: judge how the client of a sandbox behaved."""

from msgspec import to_builtins

from mockserver.audit.audit import audit_sandbox
from mockserver.audit.rules import UnknownRuleError
from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import ControlContext, PathParams
from mockserver.http.control.parsing import json_response
from mockserver.http.control.problems import Problem
from mockserver.http.messages import Request, Response

FILTER = "allow"


def get_audit(control: ControlContext, values: PathParams, request: Request) -> Response:
    """Judge how the client behaved, from the journal.

    ``allow`` lists codes to leave out, separated by commas; the scenario's own ``allow``
    counts as well.
    """
    name = values["sandbox"]
    sandbox = control.registry.get(name)
    if sandbox is None:
        raise Problem(404, f"no sandbox '{name}' is in use")
    for key in request.query:
        if key != FILTER:
            raise Problem(422, f"unknown filter '{key}', {did_you_mean(key, (FILTER,))}")
    requested = [code for code in request.query.get(FILTER, "").split(",") if code]
    scenario = control.registry.template_of(name).spec.get("allow", ())
    allow = dict.fromkeys([*requested, *(code for code in scenario if code[0] == "A")])
    try:
        report = audit_sandbox(sandbox, tuple(allow))
    except UnknownRuleError as error:
        raise Problem(422, str(error)) from None
    return json_response({"sandbox": name, **to_builtins(report)})
