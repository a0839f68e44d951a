"""Control API: the endpoints that receive webhooks."""

from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.json_values import JsonObject, format_time
from mockserver.http.messages import Request, Response
from mockserver.sandbox.deliveries.webhooks import WebhookEndpoint
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.webhook_parser import set_webhooks


def get_webhooks(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """List the endpoints with their secrets."""
    return _endpoints_response(find_sandbox(context, params))


def put_webhooks(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Replace the endpoints.

    If the secret of a URL changes, the old one signs as well for 10 minutes of the
    sandbox's clock.
    """
    spec = validate(parse_json_object(request), "scenario.schema.json#/$defs/webhooks")
    sandbox = open_sandbox(context, params)
    set_webhooks(sandbox, spec)
    return _endpoints_response(sandbox)


def _endpoints_response(sandbox: Sandbox) -> Response:
    return json_response({"endpoints": list(map(_serialize_endpoint, sandbox.webhooks))})


def _serialize_endpoint(endpoint: WebhookEndpoint) -> JsonObject:
    until = endpoint.previous_until
    return {
        "url": endpoint.url,
        "secret": endpoint.secret,
        "events": list(endpoint.events),
        "previous_secret": endpoint.previous_secret or None,
        "previous_until": until and format_time(until),
    }
