"""How localstripe is asked: charges in place of orders, since its paths are its own.

A GET reads a charge whose description makes it as long as an order. A capture makes a
charge, a refund refunds one; both carry the very lines that kustom-mock is sent.
"""

import json
from collections.abc import Sequence
from typing import Any

import merchant
from load import request
from merchant import Work
from processes import Server

USER = "sk_bench"
PADDING = "x" * 2342  # what an order has more than a charge


def requests(server: Server, work: Work, count: int) -> Sequence[bytes]:
    """Begin anew with what some work needs; give the requests."""
    merchant.ask(server, "DELETE", "/_config/data", user=USER)
    card = _card(server)
    if work.collection == "captures":
        return [_post("/v1/charges", _charge(card, metadata=_lines(work)))]
    charges = [_made(server, "/v1/charges", _charge(card, description=PADDING))
               for _ in range(min(work.orders(count), merchant.READ_ORDERS))]  # fmt: skip
    if not work.collection:
        return [request("GET", f"/v1/charges/{charge}", user=USER) for charge in charges]
    refund = {"amount": work.lines, "metadata": _lines(work)}
    return [_post("/v1/refunds", {**refund, "charge": charge}) for charge in charges]


def _card(server: Server) -> str:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2099, "cvc": "123"}
    return _made(server, "/v1/payment_methods", {"type": "card", "card": card})


def _charge(card: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"amount": 180_000_000, "currency": "sek", "source": card, **more}


def _lines(work: Work) -> Any:  # noqa: ANN401
    return json.loads(work.body())


def _made(server: Server, path: str, said: Any) -> str:  # noqa: ANN401
    made: str = json.loads(merchant.ask(server, "POST", path, said, user=USER))["id"]
    return made


def _post(path: str, said: Any) -> bytes:  # noqa: ANN401
    return request("POST", path, json.dumps(said).encode(), USER)
