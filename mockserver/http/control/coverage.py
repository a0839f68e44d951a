"""Control API: coverage of the API contract by the requests of a sandbox, or of all."""

from typing import TYPE_CHECKING

from mockserver.http.control.context import ControlContext, PathParams, find_sandbox
from mockserver.http.json_bodies import json_response
from mockserver.http.messages import Request, Response

if TYPE_CHECKING:
    from mockserver.coverage.run_coverage import RunCoverage


def get_coverage(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return what the requests of a sandbox have covered since it was filled."""
    return json_response(_count(context, params).content())


def get_coverage_report(
    context: ControlContext, params: PathParams, _request: Request
) -> Response:
    """Return what the requests of a sandbox have covered and missed, by tier."""
    from mockserver.coverage.page import page_data  # noqa: PLC0415  # a start need not wait for it
    from mockserver.coverage.tiers import summarize  # noqa: PLC0415  # a start need not wait for it

    return json_response(page_data(summarize(_count(context, params)), scenarios=False))


def _count(context: ControlContext, params: PathParams) -> "RunCoverage":
    coverage = _new_coverage()
    coverage.count(find_sandbox(context, params).build_tally())
    return coverage


def _new_coverage() -> "RunCoverage":
    from mockserver.coverage.run_coverage import RunCoverage  # noqa: PLC0415  # a start need not wait for it

    return RunCoverage()


def get_total_coverage(
    context: ControlContext, _params: PathParams, _request: Request
) -> Response:
    """Return what all requests have covered, those of dropped sandboxes included."""
    coverage = _new_coverage()
    coverage.count(context.registry.dropped_tally, context.registry.dropped_count)
    for sandbox in context.registry:
        tally = sandbox.build_tally()
        coverage.count(tally, 1 if len(tally) else 0)
    return json_response(coverage.content())
