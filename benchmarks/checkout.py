"""Compare creating and reading checkout orders with bare aiohttp, and reads while shops hang.

The bare server reads the same body, and responds to both with the bytes of the order, as
the checkout API does. Rounds alternate. Then a thousand pushes wait for shops that never
answer, and reads are timed again.
"""

import json
import socket
import urllib.request
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from load import Address, Run, load, request
from processes import Server, free_port, pin, python, running

CHECKOUTS = "/checkout/v3/orders"
ORDER = "/ordermanagement/v1/orders/x"
HUNG = 1000
ROUNDS = 5
COUNT = 3000
CONNECTIONS = 16
LINE = {
    "reference": "A12345", "name": "T-shirt", "quantity": 2, "unit_price": 10000,
    "tax_rate": 2500, "total_amount": 20000, "total_tax_amount": 4000,
}  # fmt: skip
CART = {
    "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
    "order_amount": 20000, "order_tax_amount": 4000, "order_lines": [LINE],
    "merchant_urls": dict.fromkeys(
        ("terms", "checkout", "confirmation", "push"), "https://shop.example/{checkout.order.id}"
    ),
}  # fmt: skip


def control(address: Address, method: str, path: str, body: object) -> object:
    """Call the control API of the benchmark's sandbox."""
    url = f"http://{address.host}:{address.port}/__admin/sandboxes/bench/{path}"
    call = urllib.request.Request(url, json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(call, timeout=60) as response:  # noqa: S310
        return json.load(response)


def measure(address: Address, message: bytes, status: int) -> Run:
    """Send one request many times."""
    return load(address, [message], count=COUNT, connections=CONNECTIONS, status=status)


def compare(ours: Server, bare: Server, order_id: str) -> None:
    """Print how much of the bare server's speed creates and reads reach."""
    body = json.dumps(CART).encode()
    rows = {
        "create": (request("POST", CHECKOUTS, body), request("POST", f"{ORDER}/c", body), 201),
        "read": (request("GET", f"{CHECKOUTS}/{order_id}"), request("GET", ORDER), 200),
    }
    for name, (message, plain, status) in rows.items():
        costs = [
            (cost(ours, message, status), cost(bare, plain, status)) for _ in range(ROUNDS)
        ]
        by_cpu, by_clock = (median(plain[i] / own[i] for own, plain in costs) for i in (0, 1))
        print(f"{name}: {by_cpu:.2f} of bare aiohttp by CPU time, {by_clock:.2f} by the clock")


def cost(server: Server, message: bytes, status: int) -> tuple[float, float]:
    """Return the CPU time of the server and the real time that many requests take."""
    before = server.cpu_seconds()
    seconds = measure(server.address, message, status).seconds
    return server.cpu_seconds() - before, seconds


def hang(ours: Address, order_id: str) -> None:
    """Print how much slower reads become while a thousand shops do not answer."""
    read = request("GET", f"{CHECKOUTS}/{order_id}")
    calm = median(measure(ours, read, 200).latency(0.99) for _ in range(ROUNDS))
    with socket.create_server(("127.0.0.1", 0), backlog=HUNG) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{{checkout.order.id}}"
        cart = {"lines": [{"unit_price": 500}], "merchant_urls": {"push": url}}
        for _ in range(HUNG):
            created = control(ours, "POST", "checkouts", cart)
            path = f"checkouts/{created['order_id']}/complete"  # type: ignore[index]
            control(ours, "POST", path, {"push": "with_confirmation"})
        hung = median(measure(ours, read, 200).latency(0.99) for _ in range(ROUNDS))
    print(f"p99 of reads with {HUNG} pushes that hang: {hung / calm:.2f} of that without")


def main() -> None:
    """Start both servers and print every figure."""
    pin([0])
    with TemporaryDirectory() as folder:
        port, other = free_port(), free_port()
        serve = python("-m", "mockserver", "serve", f"--port={port}", "--log-level=error")
        first = request("GET", "/livez")
        with running(serve, port, first) as server:
            ours = server.address
            created = control(ours, "POST", "checkouts", {"lines": [{"unit_price": 500}]})
            page = Path(folder, "page.json")
            page.write_text(json.dumps(created["checkout"]), "utf-8")  # type: ignore[index]
            bare = python("benchmarks/bare.py", str(page), str(other), "--uvloop", "--echo")
            order_id = str(created["order_id"])  # type: ignore[index]
            with running(bare, other, request("GET", ORDER)) as second:
                compare(server, second, order_id)
            hang(ours, order_id)


if __name__ == "__main__":
    main()
