"""Measure the dashboard with the browser's own tools, and print a table.

Needs Chromium and the development dependencies. Figures depend on the machine; long animation
frames are used for the list, because they count the work of the page and not of its neighbours.
"""

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Page

from mockserver.client import ControlClient
from mockserver.http.dashboard.static_files import read_files
from mockserver.http.server import Server, running_in_thread
from mockserver.http_client import HttpClient, basic_auth
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.browser import find_chromium, running_chromium

ENTRIES = 10_000
RIGHT_REFUNDS = 120  # of 200; the others are misspelt
RATE = 200  # entries a second
WATCH = 6.0  # seconds
LONG_FRAME = 50  # milliseconds
SANDBOX = "figures"
LONGEST_FRAMES = """() => new Promise((resolve) => {
  const frames = [];
  new PerformanceObserver((list) => frames.push(...list.getEntries().map((f) =>
    f.scripts.reduce((sum, script) => sum + script.duration, 0) +
    (f.styleAndLayoutStart ? f.startTime + f.duration - f.styleAndLayoutStart : 0))))
    .observe({ type: "long-animation-frame", buffered: false });
  const list = document.querySelector(".list");
  const end = performance.now() + 6000;
  let times = [], last = performance.now(), down = true;
  const step = (now) => {
    times.push(now - last); last = now;
    list.scrollTop += down ? 240 : -240;
    if (list.scrollTop <= 0) down = true;
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) down = false;
    if (now < end) requestAnimationFrame(step);
    else resolve({ frames, times });
  };
  requestAnimationFrame(step);
})"""


def main() -> int:
    """Measure everything and print it."""
    executable = find_chromium()
    if executable is None:
        print("no Chromium is installed")
        return 2
    registry = SandboxRegistry(
        load_scenario(("split-shipment",), ScenarioDefaults(journal_size=ENTRIES))
    )
    with running_in_thread(Server(registry)) as url, running_chromium(executable) as browser:
        control = ControlClient(url, SANDBOX)
        control.reset()
        for name, value in (
            ("files, uncompressed", f"{sum(len(c) for c, _ in read_files().values())} bytes"),
            *first_paint(browser, url),
            *large_picture(browser, url, control),
            *long_journal(browser, url, control),
            *idle(url, browser),
        ):
            print(f"{name:<58} {value}", flush=True)
    return 0


def first_paint(browser: Browser, url: str) -> list[tuple[str, str]]:
    """Open the dashboard with an empty cache, several times."""
    paints, sizes = [], []
    for _ in range(5):
        page = browser.new_page()
        page.goto(f"{url}/__admin/ui/#/s/{SANDBOX}")
        page.get_by_role("link", name="two-shipments").wait_for()
        paints.append(
            page.evaluate(
                "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
            )
        )
        sizes.append(
            page.evaluate(
                """() => performance.getEntriesByType("resource")
                     .filter((one) => one.name.includes("/ui/"))
                     .reduce((sum, one) => sum + one.transferSize, 0)"""
            )
        )
        page.close()
    return [
        ("first contentful paint, median of 5", f"{statistics.median(paints):.0f} ms"),
        ("transferred for the list of orders", f"{statistics.median(sizes):.0f} bytes"),
    ]


def large_picture(browser: Browser, url: str, control: ControlClient) -> list[tuple[str, str]]:
    """Draw an order with 50 captures and 200 refunds, several times."""
    lines = [
        {"reference": f"R{n}", "name": f"Article {n}", "unit_price": 1000} for n in range(50)
    ]
    order_id = control.create_order(
        {
            "name": "large",
            "lines": lines,
            "captures": {f"C{n}": {"lines": [f"R{n}"]} for n in range(50)},
        }
    )["order_id"]
    send = merchant(url)
    for number in range(200):
        reference = f"R{number % 40}" if number < RIGHT_REFUNDS else "misspelt"
        line = {
            "reference": reference, "name": "Article", "quantity": 1, "unit_price": 10,
            "total_amount": 10,
        }  # fmt: skip
        send("POST", f"{order_id}/refunds", {"refunded_amount": 10, "order_lines": [line]})
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/__admin/ui/#/s/{SANDBOX}/orders/{order_id}")
    page.locator(".picture svg").wait_for()
    times = [
        page.evaluate(DRAW, f"/sandboxes/{SANDBOX}/orders/{order_id}/picture.svg")
        for _ in range(9)
    ]
    page.close()
    return [
        (
            "picture of 50 captures, 200 refunds: fetched, laid out, painted",
            f"{statistics.median(times):.0f} ms",
        )
    ]


DRAW = """async (path) => {
  const { readSvg } = await import("/__admin/ui/api.js");
  const place = document.querySelector(".picture");
  const start = performance.now();
  const svg = await readSvg(`${path}?style=none&width=1100`);
  place.replaceChildren(svg);
  svg.getBoundingClientRect();
  await new Promise((done) => requestAnimationFrame(() => { setTimeout(done, 0); }));
  return performance.now() - start;
}"""


def long_journal(browser: Browser, url: str, control: ControlClient) -> list[tuple[str, str]]:
    """Scroll through 10 000 entries while more arrive."""
    order_id = control.orders()[0]["order_id"]
    send = merchant(url)
    for _ in range(ENTRIES):
        send("GET", order_id)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/__admin/ui/#/s/{SANDBOX}/journal")
    page.locator(".item").first.wait_for()
    page.wait_for_timeout(500)
    stop = threading.Event()
    sent = [0]
    sender = threading.Thread(target=send_steadily, args=(url, order_id, stop, sent))
    before = shown_total(page)
    sender.start()
    began = time.monotonic()
    result = page.evaluate(LONGEST_FRAMES)
    seconds = time.monotonic() - began
    stop.set()
    sender.join()
    page.wait_for_timeout(500)
    arrived = shown_total(page) - before
    page.close()
    work = sorted(result["frames"])  # scripts, style and layout of each long frame
    times = sorted(result["times"])
    return [
        ("entries sent a second while scrolling", f"{sent[0] / seconds:.0f}"),
        ("entries that the page missed", str(sent[0] - arrived)),
        ("frames while scrolling 10 000 entries", str(len(times))),
        ("longest time between two frames", f"{times[-1]:.0f} ms"),
        (
            "long animation frames, of them with more than 50 ms of work",
            f"{len(work)}, {sum(one > LONG_FRAME for one in work)}",
        ),
    ]


def shown_total(page: Page) -> int:
    """Return the number of requests that the page shows."""
    text = page.locator(".head [role=status]").inner_text()
    return int(text.rpartition("of")[2].replace(" ", ""))


def send_steadily(url: str, order_id: str, stop: threading.Event, sent: list[int]) -> None:
    """Send requests at a steady rate."""
    send = merchant(url)
    began = time.monotonic()
    while not stop.is_set():
        send("GET", order_id)
        sent[0] += 1
        time.sleep(max(0.0, began + sent[0] / RATE - time.monotonic()))


def idle(url: str, browser: Browser) -> list[tuple[str, str]]:
    """Compare the processor time of this process without and with an open dashboard."""

    def cpu(seconds: float) -> float:
        start = os.times()
        time.sleep(seconds)
        end = os.times()
        return (end.user + end.system - start.user - start.system) / seconds

    without = cpu(WATCH)
    page = browser.new_page()
    page.goto(f"{url}/__admin/ui/#/s/{SANDBOX}")
    page.get_by_text("live", exact=True).wait_for()
    with_page = cpu(WATCH)
    page.close()
    return [
        ("server, idle", f"{without * 100:.2f} % of a core"),
        ("server, idle, with the dashboard open", f"{with_page * 100:.2f} % of a core"),
    ]


def merchant(url: str) -> Callable[..., Any]:
    """Return a function that sends requests as the merchant of the sandbox."""
    client = HttpClient(url, headers=basic_auth(SANDBOX, "secret"))

    def send(method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
        return client.send(method, f"/ordermanagement/v1/orders/{path}", body)

    return send


if __name__ == "__main__":
    sys.exit(main())
