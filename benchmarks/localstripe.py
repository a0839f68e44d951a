"""Requests to localstripe: charges instead of orders, because it has other paths.

A GET reads a charge whose description makes it as long as an order. A capture creates a
charge, a refund refunds one; both have the lines that kustom-mock receives.
"""

import json
from collections.abc import Sequence
from typing import Any

import merchant
from load import request
from merchant import Work
from processes import Server

USER = "sk_bench"
PADDING = "x" * 2342  # makes a charge as long as an order


def requests(server: Server, work: Work, count: int) -> Sequence[bytes]:
    """Replace all data by what the work needs; return the requests."""
    merchant.send(server, "DELETE", "/_config/data", user=USER)
    card = _card(server)
    if work.collection == "captures":
        return [_post("/v1/charges", _charge(card, metadata=_lines(work)))]
    charges = [_create(server, "/v1/charges", _charge(card, description=PADDING))
               for _ in range(min(work.orders(count), merchant.READ_ORDERS))]  # fmt: skip
    if not work.collection:
        return [request("GET", f"/v1/charges/{charge}", user=USER) for charge in charges]
    refund = {"amount": work.lines, "metadata": _lines(work)}
    return [_post("/v1/refunds", {**refund, "charge": charge}) for charge in charges]


def _card(server: Server) -> str:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2099, "cvc": "123"}
    return _create(server, "/v1/payment_methods", {"type": "card", "card": card})


def _charge(card: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"amount": 180_000_000, "currency": "sek", "source": card, **more}


def _lines(work: Work) -> Any:  # noqa: ANN401
    return json.loads(work.body())


def _create(server: Server, path: str, body: Any) -> str:  # noqa: ANN401
    created_id: str = json.loads(merchant.send(server, "POST", path, body, user=USER))["id"]
    return created_id


def _post(path: str, body: Any) -> bytes:  # noqa: ANN401
    return request("POST", path, json.dumps(body).encode(), USER)
