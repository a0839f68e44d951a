"""Control API: audit the client of a sandbox."""

from msgspec import to_builtins

from mockserver.http.control.context import ControlContext, PathParams, find_sandbox
from mockserver.http.json_bodies import json_response
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem

FILTER = "allow"


def get_audit(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Audit how the client behaved, from the journal.

    ``allow`` lists codes to leave out, separated by commas or repeated; the
    scenario's own ``allow`` counts as well.
    """
    from mockserver.audit.audit import audit_sandbox  # noqa: PLC0415  # a start need not wait for it
    from mockserver.audit.rule_table import AUDIT_RULES, UnknownRuleError  # noqa: PLC0415  # a start need not wait for it

    sandbox = find_sandbox(context, params)
    spec = context.registry.template_of(sandbox.name).spec
    from_scenario = [code for code in spec.get("allow", ()) if code in AUDIT_RULES]
    allow = dict.fromkeys([*_requested_codes(request), *from_scenario])
    try:
        report = audit_sandbox(sandbox, tuple(allow))
    except UnknownRuleError as error:
        raise Problem(422, str(error)) from None
    return json_response({"sandbox": sandbox.display_name, **to_builtins(report)})


def _requested_codes(request: Request) -> list[str]:
    """Return the codes of the query."""
    return [
        code
        for key, value in request.query.items()
        if key == FILTER
        for code in value.split(",")
        if code
    ]
