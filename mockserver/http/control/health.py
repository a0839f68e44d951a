"""Control API: health and metrics."""

from time import monotonic

from mockserver import __version__
from mockserver.http.control.context import ControlContext, PathParams
from mockserver.http.json_bodies import json_response
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem


def get_metrics(context: ControlContext, _params: PathParams, _request: Request) -> Response:
    """Return metrics in Prometheus' text format."""
    return context.metrics.render()


def get_health(context: ControlContext, _params: PathParams, _request: Request) -> Response:
    """Return status, version, uptime and number of sandboxes."""
    return json_response(_describe_health(context))


def _describe_health(context: ControlContext) -> dict[str, object]:
    health: dict[str, object] = {
        "status": "ok",
        "version": __version__,
        "uptime": round(monotonic() - context.started_at, 3),
        "sandboxes": len(context.registry),
    }
    more = {"replica": context.home.replica, "unreadable": len(context.home.unreadable)}
    return health | {name: value for name, value in more.items() if value}


async def get_readiness(
    context: ControlContext, _params: PathParams, _request: Request
) -> Response:
    """Return the health, or 503 while the store of the sandboxes is away."""
    warning = await context.home.check()
    return json_response(_describe_health(context) | ({"warning": warning} if warning else {}))


def get_ca_certificate(
    context: ControlContext, _params: PathParams, _request: Request
) -> Response:
    """Return the CA certificate (PEM) of the server; 404 if it has none."""
    if context.ca_certificate is None:
        raise Problem(
            404, "this server does not use a certificate authority of its own, see --tls"
        )
    return Response(200, context.ca_certificate, {"Content-Type": "application/x-pem-file"})
