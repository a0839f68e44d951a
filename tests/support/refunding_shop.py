"""A shop that refunds over plain HTTP, for tests that are not asynchronous."""

import json
from dataclasses import dataclass
from typing import Any

from mockserver.client import ControlClient
from mockserver.http_client import HttpClient, basic_auth

ORDERS = "/ordermanagement/v1/orders"


@dataclass(frozen=True, slots=True)
class RefundingShop:
    """A merchant with a sandbox of its own on a server."""

    url: str
    user: str

    @property
    def control(self) -> ControlClient:
        """The client of the control API for its sandbox."""
        return ControlClient(self.url, self.user)

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        """Send a request below the path of orders; return the status."""
        client = HttpClient(self.url, headers=basic_auth(self.user, "secret"))
        headers = {"Content-Type": "application/json"}
        content = json.dumps(body) if body is not None else None
        return client.send(method, f"{ORDERS}/{path}", content, headers).status

    def refund(self, order_id: str, amount: int, *references: str) -> int:
        """Refund an amount for one line of each reference."""
        lines = [
            {
                "reference": reference,
                "name": reference,
                "quantity": 1,
                "unit_price": amount,
                "total_amount": amount,
            }
            for reference in references
        ]
        body = {"refunded_amount": amount, **({"order_lines": lines} if lines else {})}
        return self.request("POST", f"{order_id}/refunds", body)
