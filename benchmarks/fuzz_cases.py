"""Random requests and scenario files: valid ones, and mutations of them.

Everything is drawn from one random source, so that a seed repeats a run.
"""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

import merchant
from load import request

from mockserver.domain.operation import ALL_OPERATIONS
from mockserver.http.control.routes import CONTROL_ROUTES, SANDBOXES_PATH
from mockserver.scenario.loader import list_shipped

LARGEST = 4000  # bytes of a scenario file that is mutated, to get through many
USERS = tuple(f"fuzz-{number}" for number in range(20))
SANDBOX = "{sandbox}"
AWAIT = "/await"  # ends the paths of calls that wait on purpose
NUMBERS: Sequence[Any] = (
    0, 1, -1, 100, 1000, 2**31, 2**53, 2**63, 10**400, 0.1, 1.5, -0.0, 1e308, float("nan"),
)  # fmt: skip
TEXTS: Sequence[Any] = (
    "", " ", "A1", "1d", "2026-01-15T09:00:00Z", "x" * 300, "x" * 5000, "\0", "\n", "\u202e",
    "\ud800", "\N{GRINNING FACE}", "' OR 1=1", "../../etc/passwd", "${x}", "%00", "NO", "1e5",
)  # fmt: skip
OTHERS: Sequence[Any] = (None, True, False, [], {}, [[]], [None], {"": {}}, [[[[[[]]]]]])
PATH_PARTS: Sequence[str] = (
    "", ".", "..", "%00", "%ff", "%2F", "x" * 2000, "\u00e5", "a b", "*",
)  # fmt: skip
HEADERS: Sequence[str] = (
    "Content-Type: text/plain", "Content-Type: application/yaml", "Content-Type: x",
    "Content-Encoding: gzip", "Content-Encoding: br", "Klarna-Idempotency-Key: k",
    "Klarna-Idempotency-Key: " + "k" * 300, "Origin: https://evil.example", "Range: bytes=0-1",
    "Sec-Fetch-Site: cross-site", "Expect: 100-continue", "If-None-Match: *", "Accept: */*",
    "Authorization: x", "X: " + "x" * 4000,
)  # fmt: skip
LINE = {
    "type": "physical", "reference": "A1", "name": "Shirt", "quantity": 1, "unit_price": 1000,
    "tax_rate": 0, "total_amount": 1000, "total_tax_amount": 0,
}  # fmt: skip
CHECKOUT = {
    "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
    "order_amount": 1000, "order_tax_amount": 0, "order_lines": [LINE],
    "merchant_urls": {
        name: f"http://127.0.0.1:9/{name}"
        for name in ("terms", "checkout", "confirmation", "push")
    },
}  # fmt: skip
BODIES: Mapping[str, Any] = {
    "capture": {"captured_amount": 1000, "order_lines": [LINE]},
    "refund": {"refunded_amount": 1000, "order_lines": [LINE]},
    "create_checkout": CHECKOUT,
    "update_checkout": CHECKOUT,
    "scenario": {"version": 1, "orders": {"o": {"lines": [{"unit_price": 1000}]}}},
    "orders": {"lines": [LINE], "captures": {"A": {"amount": 500}}},
    "faults": {"on": "refund", "calls": 1, "do": {"respond": {"status": 503}}},
    "clock": {"advance": "1d"},
    "verdict": {
        "orders": {"o": {"status": "AUTHORIZED"}},
        "requests": [{"operation": "refund", "count": 1}],
    },
    "explain": {"order_id": merchant.order_id(1), "refund": {"refunded_amount": 1}},
    "snapshots": {"name": "here"},
    "force": {"outcome": "expire"},
    "names": {"x": "y"},
    "complete": {"outcome": "approved", "push": "hold"},
}  # fmt: skip
FILTERS = ("limit", "status", "after", "view", "row", "x")
ANY_BODY: Mapping[str, Any] = {
    "order_amount": 1000, "description": "text", "order_lines": [LINE], "number_of_days": 14,
    "merchant_reference1": "one", "shipping_info": [{"shipping_method": "Home"}],
    "shipping_address": {"country": "SE"},
}  # fmt: skip


class FuzzedRequest(NamedTuple):
    """A request; its framing is always valid."""

    method: str
    path: str
    user: str
    headers: Sequence[str]
    body: bytes

    def encode(self) -> bytes:
        """Return the bytes of the request."""
        content = request(self.method, self.path, self.body, self.user)
        head, separator, rest = content.partition(b"\r\n")
        lines = [header.encode("utf-8", "surrogatepass") for header in self.headers]
        return separator.join([head, *lines, rest])


def fuzzed_request(random: Random) -> FuzzedRequest:
    """Return a random request of one of both APIs."""
    user = random.choice(USERS)
    if random.random() < 1 / 50:  # orders go when a sandbox is reset or dropped
        return FuzzedRequest("POST", f"{SANDBOXES_PATH}/{user}/orders", user, (), ORDER)
    if random.random() < 1 / 2:
        info = random.choice(ALL_OPERATIONS)
        method, path, name = info.method, info.full_path, str(info.operation)
    else:
        route = random.choice([route for route in CONTROL_ROUTES if SANDBOX in route.path])
        method, path = route.method, route.path.replace(SANDBOX, user)
        name = path.rstrip("/").rpartition("/")[2]
    parts = [_filled(random, part) for part in path.split("/")]
    body = b""
    if method in ("POST", "PUT", "PATCH"):
        value = BODIES.get(name, ANY_BODY)
        body = mutate_bytes(random, dump(mutate(random, value)))
    if random.random() < 1 / 20:
        parts[random.randrange(len(parts))] = quote(random.choice(PATH_PARTS), safe="%")
        method = random.choice((method, "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"))
    path = "/".join(parts)
    if path.endswith(AWAIT):
        path += "?timeout=0s"
    elif random.random() < 1 / 20:
        path += f"?{random.choice(FILTERS)}={quote(str(random.choice((*NUMBERS, *FILTERS))))}"
    headers = random.sample(HEADERS, random.choice((0, 0, 0, 1, 2)))
    return FuzzedRequest(method, path or "/", user, headers, body)


def fuzzed_scenario(random: Random) -> bytes:
    """Return the bytes of a random scenario file."""
    if random.random() < 1 / 3:
        scenario = {**BODIES["scenario"], "expect": BODIES["verdict"]}
        return mutate_bytes(random, dump(mutate(random, scenario)))
    return mutate_bytes(random, random.choice(SHIPPED), always=True)


def mutate(random: Random, value: Any, depth: int = 0) -> Any:  # noqa: ANN401  # JSON
    """Return a value in which some parts are replaced, left out or repeated."""
    if random.random() < 1 / 25:
        return random.choice(random.choice((NUMBERS, TEXTS, OTHERS)))
    if isinstance(value, dict):
        items = [item for item in value.items() if random.random() < 49 / 50]
        return {key: mutate(random, item, depth + 1) for key, item in items}
    if isinstance(value, list):
        repeated = value * random.choice((1, 1, 1, 1, 2, 30))
        return [mutate(random, item, depth + 1) for item in repeated]
    return value


def mutate_bytes(random: Random, content: bytes, *, always: bool = False) -> bytes:
    """Return content in which some bytes are replaced, removed, repeated or moved."""
    if not content or not (always or random.random() < 1 / 10):
        return content
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(content) + 1)
        end = min(len(content), start + random.choice((0, 1, 2, 20)))
        piece = random.choice((b"", content[start:end] * 2, random.choice(PIECES)))
        content = content[:start] + piece + content[end:]
    return content


def dump(value: Any) -> bytes:  # noqa: ANN401  # JSON
    """Return JSON, also of texts and numbers that JSON does not allow."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _filled(random: Random, part: str) -> str:
    if not part.startswith("{"):
        return part
    ids = (merchant.order_id(1), "order-1", "o", "here", "fault-1", "delivery-1", "x")
    return random.choice(ids)


ORDER = json.dumps(merchant.order(1)).encode()
SHIPPED = [
    content for file in list_shipped().values() if len(content := file.read_bytes()) <= LARGEST
]
PIECES: Sequence[bytes] = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\r\n", b"\t", b"&a ", b"*a", b"!!python/x ", b"<<: ",
    b"- ", b": ", b"{", b"}", b"[", b"]", b'"', b"'", b"#", b"|\n", b"%YAML 1.2\n", b"---\n",
    b"...\n", b"? ", b"99999999999999999999", b"1e999", b".nan", b"2026-13-45", b"~", b"order",
    b"refunds:",
)  # fmt: skip
