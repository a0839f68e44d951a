"""Control API: the picture of an order as SVG, also with a refund that is only tried."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256

from mockserver.domain.order import Order
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_order,
    find_sandbox,
)
from mockserver.http.control.explain import try_refund, validate_refund
from mockserver.http.control.serializers import order_steps
from mockserver.http.json_bodies import parse_json_object
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.picture.content import DryRun
from mockserver.picture.order_picture import DEFAULT_WIDTH, MAX_WIDTH, MIN_WIDTH, draw_order
from mockserver.picture.svg import read_style
from mockserver.sandbox.sandbox import Sandbox

NUMBER_PATTERN = re.compile(r"[0-9]{1,6}")
SVG_TYPE = "image/svg+xml"
CHOICES = {"expand": ("false", "true"), "style": ("embedded", "none")}


def get_picture(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Draw an order as SVG: shipments as bars, refunds as flows to where they were booked.

    ``step`` draws it as it was after that step of its timeline; ``expand=true`` draws every
    refund, ``style=none`` leaves the style sheet to the page that embeds the picture.
    """
    sandbox = find_sandbox(context, params)
    order = find_order(sandbox, params["order_id"])
    step = _number(request, "step", 1, None)
    return svg_response(order, request, visible=_visible_ids(sandbox, order, step))


def draw_dry_run(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Draw an order with a refund that is not sent: the body is that of the refund."""
    body = parse_json_object(request)
    validate_refund(body)
    sandbox = find_sandbox(context, params)
    order = find_order(sandbox, params["order_id"])
    explanation, refusal, _ = try_refund(sandbox, order, body)
    return svg_response(
        order, request, dry_run=DryRun(explanation, str(refusal) if refusal else None)
    )


def svg_response(
    order: Order,
    request: Request,
    *,
    visible: frozenset[str] | None = None,
    dry_run: DryRun | None = None,
) -> Response:
    """Draw an order as the query asks, and build the response."""
    picture = draw_order(
        order,
        width=_number(request, "width", MIN_WIDTH, MAX_WIDTH) or DEFAULT_WIDTH,
        visible=visible,
        dry_run=dry_run,
        expand=_choice(request, "expand") == "true",
        styled=_choice(request, "style") == "embedded",
    )
    headers = {
        "Content-Type": SVG_TYPE,
        "Content-Security-Policy": f"default-src 'none'; style-src '{_style_digest()}'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, picture.encode(), headers)


@cache
def _style_digest() -> str:
    return f"sha256-{b64encode(sha256(read_style().encode()).digest()).decode()}"


def _visible_ids(sandbox: Sandbox, order: Order, step: int | None) -> frozenset[str] | None:
    """Return the ids of the captures and refunds that existed after a step."""
    if step is None:
        return None
    entries = [entry for entry in sandbox.journal if entry.order_id == order.order_id]
    events = [step.event for step in order_steps(sandbox, order, entries)[:step]]
    ids = {event.refund_id or event.capture_id for event in events}
    return frozenset(filter(None, ids))


def _number(request: Request, name: str, least: int, most: int | None) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not NUMBER_PATTERN.fullmatch(text) or not least <= int(text) <= (most or int(text)):
        limits = f"{least} to {most}" if most else f"{least} or more"
        raise Problem(422, f"expected {limits} for '{name}', got '{text}'")
    return int(text)


def _choice(request: Request, name: str) -> str:
    choices = CHOICES[name]
    value = request.query.get(name, choices[0])
    if value not in choices:
        raise Problem(422, f"expected {' or '.join(choices)} for '{name}', got '{value}'")
    return value
