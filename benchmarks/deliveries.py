"""Compare the sending of due deliveries with aiohttp's client alone.

A receiver in a process of its own answers 10 000 pushes that are due in one ``advance``;
then the client alone posts as many, as many at a time. Rounds alternate.
"""

import asyncio
import multiprocessing
from datetime import timedelta
from statistics import median
from time import perf_counter

from aiohttp import ClientSession, TCPConnector, web

from mockserver.homes.memory import MemoryHome
from mockserver.http.deliveries.delivery_runner import MAX_PARALLEL, DeliveryRunner
from mockserver.http.deliveries.sender import Sender
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.sandbox.checkouts import complete_checkout
from mockserver.sandbox.clock import ClockMove
from mockserver.sandbox.deliveries.schedules import PushMode
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_builder import DEFAULT_URLS
from mockserver.scenario.checkout_completion import build_completion
from mockserver.scenario.scenario import Scenario, parse_scenario, wrap_value

NUMBER = 10_000
ROUNDS = 3
CLOCK = {"start": "2026-01-15T09:00:00Z", "frozen": True}


def receive(port: "multiprocessing.Queue[int]") -> None:
    """Answer every request with 200 until the process is killed."""

    async def serve() -> None:
        async def answer(request: web.BaseRequest) -> web.Response:
            await request.read()
            return web.Response()

        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(serve())


def fill(registry: SandboxRegistry[Scenario], url: str) -> Sandbox:
    """Return a sandbox in which every push is due in two minutes."""
    urls = {**DEFAULT_URLS, "push": f"{url}/push?order={{checkout.order.id}}"}
    cart = {"lines": [{"unit_price": 500}], "merchant_urls": urls}
    checkouts = {f"cart-{number}": cart for number in range(NUMBER)}
    spec = {"version": 1, "clock": CLOCK, "checkouts": checkouts}
    sandbox = registry.fill("shop", parse_scenario("due", wrap_value(spec)))
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    for checkout in [*sandbox.checkouts.values()]:
        completion = build_completion(checkout, {}, sandbox.ids.seed)
        completed, _ = complete_checkout(sandbox, checkout.order_id, completion)
        sandbox.deliveries.add_push(completed, now, PushMode.SCHEDULE, assumptions)
    return sandbox


async def send_due(url: str) -> float:
    """Return the deliveries per second of one advance."""
    registry: SandboxRegistry[Scenario] = SandboxRegistry(
        parse_scenario("empty", wrap_value({"version": 1}))
    )
    sandbox = fill(registry, url)
    runner = DeliveryRunner(MemoryHome(registry), Sender(TargetPolicy()))
    started = perf_counter()
    sent = await runner.advance(sandbox, ClockMove(by=timedelta(minutes=2)))
    seconds = perf_counter() - started
    await runner.close()
    if not all(item.attempt and item.attempt.succeeded for item in sent) or len(sent) != NUMBER:
        raise SystemExit(f"expected {NUMBER} answered deliveries, got {len(sent)}")
    return NUMBER / seconds


async def post_alone(url: str) -> float:
    """Return the requests per second of aiohttp's client alone."""
    targets = iter(f"{url}/push?order={number:036}" for number in range(NUMBER))
    async with ClientSession(connector=TCPConnector(limit=0)) as session:

        async def work() -> None:
            for target in targets:  # shared by all workers
                async with session.post(target, data=b"", allow_redirects=False) as response:
                    await response.read()

        started = perf_counter()
        await asyncio.gather(*(work() for _ in range(MAX_PARALLEL)))
        return NUMBER / (perf_counter() - started)


def main() -> None:
    """Print both rates and their ratio, by the median of the rounds."""
    context = multiprocessing.get_context("spawn")
    port: multiprocessing.Queue[int] = context.Queue()
    receiver = context.Process(target=receive, args=(port,), daemon=True)
    receiver.start()
    url = f"http://127.0.0.1:{port.get(timeout=30)}"
    rows = [(asyncio.run(send_due(url)), asyncio.run(post_alone(url))) for _ in range(ROUNDS)]
    receiver.kill()
    ours, alone = (median(rates) for rates in zip(*rows, strict=True))
    ratio = median(sent / posted for sent, posted in rows)
    print(f"deliveries due in one advance: {ours:.0f} per second")
    print(f"aiohttp's client alone:        {alone:.0f} per second, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
