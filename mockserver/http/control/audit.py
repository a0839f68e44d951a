"""Control API: judge how the client of a sandbox behaved."""

from msgspec import to_builtins

from mockserver.audit.audit import audit_sandbox
from mockserver.audit.rules import UnknownRuleError
from mockserver.http.control.context import ControlContext, PathParams, find_sandbox
from mockserver.http.control.parsing import json_response
from mockserver.http.control.problems import Problem
from mockserver.http.messages import Request, Response

FILTER = "allow"


def get_audit(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Judge how the client behaved, from the journal.

    ``allow`` lists codes to leave out, separated by commas; the scenario's own ``allow``
    counts as well.
    """
    sandbox = find_sandbox(context, params)
    requested = [code for code in request.query.get(FILTER, "").split(",") if code]
    scenario = context.registry.template_of(sandbox.name).spec.get("allow", ())
    allow = dict.fromkeys([*requested, *(code for code in scenario if code[0] == "A")])
    try:
        report = audit_sandbox(sandbox, tuple(allow))
    except UnknownRuleError as error:
        raise Problem(422, str(error)) from None
    return json_response({"sandbox": sandbox.display_name, **to_builtins(report)})
