"""Control API: filters of the list of orders."""

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.lifecycle import Status, derive_status
from mockserver.domain.order import Order
from mockserver.http.control.parsing import parse_limit
from mockserver.http.messages import Request
from mockserver.http.problems import Problem
from mockserver.sandbox.sandbox import Sandbox

FILTER_CHOICES = {"status": tuple(Status), "outcome": tuple(AllocationOutcome)}


def filter_orders(sandbox: Sandbox, request: Request) -> tuple[list[Order], int]:
    """Return the orders that match the query, oldest first, and how many there are in all.

    ``limit`` leaves the latest.

    Raises:
        Problem: with status 422 for an unknown status or outcome, or a wrong limit.
    """
    outcome, status = _choice(request, "outcome"), _choice(request, "status")
    limit, words = parse_limit(request), request.query.get("text", "").casefold().split()
    orders = [*sandbox.orders.values()]
    if outcome is not None:
        orders = [order for order in orders if _has_refund(order, outcome)]
    if status is not None:
        orders = [order for order in orders if _status(sandbox, order) == status]
    if words:
        names = {order_id: name for name, order_id in sandbox.order_names.items()}
        orders = [o for o in orders if _has_words(o, names.get(o.order_id, ""), words)]
    return orders[-limit:] if limit else orders, len(orders)


def _choice(request: Request, name: str) -> str | None:
    value, choices = request.query.get(name), FILTER_CHOICES[name]
    if value is not None and value not in choices:
        expected = f"expected {', '.join(choices[:-1])} or {choices[-1]}"
        raise Problem(422, f"{expected} for '{name}', got '{value[:80]}'")
    return value


def _has_refund(order: Order, outcome: str) -> bool:
    return any(refund.allocation.outcome == outcome for refund in order.refunds)


def _status(sandbox: Sandbox, order: Order) -> Status:
    return derive_status(order, sandbox.clock.now(), sandbox.assumptions)


def _has_words(order: Order, name: str, words: list[str]) -> bool:
    """Return whether all words are in the order's name, id or references."""
    texts = (
        name, order.order_id, order.klarna_reference, order.merchant_reference1,
        order.merchant_reference2,
    )  # fmt: skip
    text = "\n".join(filter(None, texts)).casefold()
    return all(word in text for word in words)
