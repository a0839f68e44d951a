"""A small typed client for the control API, on the standard library alone.

>>> control = ControlClient("http://127.0.0.1:8566", "my-test")
>>> control.use("split-shipment")["two-shipments"]
'7ce4ee13-973c-6f49-a30e-85a0bc675997'
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

Json: TypeAlias = Any
PATIENCE = 70.0  # seconds; longer than the longest wait for requests


class ControlError(Exception):
    """The control API refused; ``status`` is 0 where no server answered."""

    def __init__(self, status: int, detail: str, problem: Mapping[str, Json]) -> None:
        """Take the HTTP status, the sentence and the whole problem document."""
        super().__init__(detail)
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ControlClient:
    """One sandbox of a running server."""

    url: str
    sandbox: str
    token: str | None = None

    def use(self, shipped: str) -> dict[str, str]:
        """Fill the sandbox from a shipped scenario; gives order ids by name."""
        return self._orders(self.ask("PUT", "scenario", {"use": shipped}))

    def load(self, text: str | bytes) -> dict[str, str]:
        """Fill the sandbox from the text of a scenario; gives order ids by name."""
        return self._orders(self.ask("PUT", "scenario", text))

    def export(self) -> str:
        """Write the sandbox as a scenario that reproduces it, personal data masked."""
        text: str = self.ask("GET", "scenario")
        return text

    def reset(self) -> dict[str, str]:
        """Go back to the seed; gives order ids by name."""
        return self._orders(self.ask("POST", "reset"))

    def drop(self) -> None:
        """Forget the sandbox."""
        self.ask("DELETE", "")

    def orders(self) -> list[dict[str, Json]]:
        """List the orders, a summary each."""
        return self._list("orders")

    def make_order(self, spec: Mapping[str, Json]) -> dict[str, Json]:
        """Make an order from scenario syntax; gives it as the merchant sees it."""
        return self._object("POST", "orders", spec)

    def order(self, order: str) -> dict[str, Json]:
        """Look into an order, by its id or its name."""
        return self._object("GET", f"orders/{quote(order, safe='')}")

    def force(self, order: str, outcome: str) -> dict[str, Json]:
        """Bring an outcome about, such as ``expire``; gives the order's inner view."""
        path = f"orders/{quote(order, safe='')}/force"
        return self._object("POST", path, {"outcome": outcome})

    def explain(self, correlation_id: str) -> dict[str, Json]:
        """Ask why a request got its answer."""
        return self._object("GET", f"explain/{quote(correlation_id, safe='')}")

    def explain_refund(self, order: str, refund: Mapping[str, Json]) -> dict[str, Json]:
        """Ask how a refund would be allocated."""
        return self._object("POST", "explain", {"order_id": order, "refund": refund})

    def faults(self) -> list[dict[str, Json]]:
        """List the fault rules with their counts."""
        return self._list("faults")

    def add_fault(self, spec: Mapping[str, Json]) -> dict[str, Json]:
        """Put a fault rule in; ``id`` names it."""
        return self._object("POST", "faults", spec)

    def clear_faults(self) -> None:
        """Take all fault rules out."""
        self.ask("DELETE", "faults")

    def clear_requests(self) -> None:
        """Forget all requests and their counts."""
        self.ask("DELETE", "requests")

    def remove_fault(self, name: str) -> None:
        """Take a fault rule out."""
        self.ask("DELETE", f"faults/{quote(name, safe='')}")

    def clock(self) -> dict[str, Json]:
        """Tell the sandbox's time."""
        return self._object("GET", "clock")

    def set_clock(self, **wishes: Json) -> dict[str, Json]:
        """Move or stop the time: ``advance="28d"``, ``set="…"``, ``freeze=True``."""
        return self._object("POST", "clock", wishes)

    def requests(self, **filters: str | int) -> list[dict[str, Json]]:
        """List the kept requests, filtered by operation, order_id, status, …."""
        return self._list("requests", filters)

    def await_requests(self, **filters: str | int) -> dict[str, Json]:
        """Wait until ``count`` matching requests came, for at most ``timeout``."""
        return self._object("GET", f"requests/await?{urlencode(filters)}")

    def verdict(self) -> dict[str, Json]:
        """Judge what the scenario expects."""
        return self._object("GET", "verdict")

    def judge(self, expect: Mapping[str, Json]) -> dict[str, Json]:
        """Judge expectations now, in the syntax of a scenario's ``expect``."""
        return self._object("POST", "verdict", expect)

    def name_parts(self, names: Mapping[str, str]) -> None:
        """Name captures and refunds, given by their ids."""
        self.ask("PUT", "names", names)

    def invariants(self) -> dict[str, Json]:
        """Check the money of every order."""
        return self._object("GET", "invariants")

    def snapshot(self, name: str) -> None:
        """Freeze the sandbox under a name."""
        self.ask("POST", "snapshots", {"name": name})

    def restore(self, name: str) -> None:
        """Go back to a snapshot."""
        self.ask("POST", f"snapshots/{quote(name, safe='')}/restore")

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json] | str | bytes | None = None,
    ) -> Json:
        """Ask anything below the sandbox's own path.

        Gives the JSON, the text of anything else, or ``{}`` if there is nothing.

        Raises:
            ControlError: the server refused, or none answered.
        """
        place = f"/__admin/sandboxes/{quote(self.sandbox, safe='')}/{path}".rstrip("/")
        status, page = self._send(method, place, body)
        answer: Json = json.loads(page) if page[:1] in (b"{", b"[") else {}
        if status >= 400:  # noqa: PLR2004  # where errors begin
            raise ControlError(status, answer.get("detail", f"status {status}"), answer)
        return answer or page.decode() or {}

    def _send(
        self,
        method: str,
        place: str,
        body: Mapping[str, Json] | str | bytes | None,
    ) -> tuple[int, bytes]:
        address = urlsplit(self.url)
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = kind(address.netloc, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if isinstance(body, Mapping):
            headers["Content-Type"], body = "application/json", json.dumps(body)
        elif body is not None:
            headers["Content-Type"] = "application/yaml"
        content = body.encode() if isinstance(body, str) else body
        try:
            connection.request(method, place, content, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise ControlError(0, f"no answer from {self.url}: {error}", {}) from error
        finally:
            connection.close()

    def _object(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json] | None = None,
    ) -> dict[str, Json]:
        found: dict[str, Json] = self.ask(method, path, body)
        return found

    def _list(
        self,
        path: str,
        filters: Mapping[str, str | int] | None = None,
    ) -> list[dict[str, Json]]:
        query = f"?{urlencode(filters)}" if filters else ""
        found: list[dict[str, Json]] = self.ask("GET", path + query)[path]
        return found

    def _orders(self, answer: Mapping[str, Json]) -> dict[str, str]:
        orders: dict[str, str] = answer["orders"]
        return orders
