"""Control API: health and metrics."""

from time import monotonic

from mockserver import __version__
from mockserver.api.control.bodies import json_response
from mockserver.api.control.handler import ControlContext, PathParams
from mockserver.api.exchange import Request, Response


def get_metrics(control: ControlContext, _values: PathParams, _call: Request) -> Response:
    """Return metrics in Prometheus' text format."""
    return control.metrics.render()


def get_health(control: ControlContext, _values: PathParams, _call: Request) -> Response:
    """Return status, version, uptime and number of sandboxes."""
    return json_response(
        {
            "status": "ok",
            "version": __version__,
            "uptime": round(monotonic() - control.started_at, 3),
            "sandboxes": len(control.registry),
        },
    )
