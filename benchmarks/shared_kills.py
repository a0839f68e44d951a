"""Kill servers and their store at random while merchants refund, and check every ledger.

A request meets another server each time. Everything that ends is started again.
"""

import asyncio
import random
from asyncio import FIRST_EXCEPTION
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import NamedTuple

from aiohttp import ClientSession, ClientTimeout, TCPConnector
from refunding import RETRY_INTERVAL, Client, LedgerError, Merchant
from replicas import Program, balancing, ending, start_engine, start_replica

MERCHANTS = 12
SHORTEST, LONGEST = 1.0, 4.0  # seconds in which everything runs, between two kills
DOWN = 1.0  # seconds until what was killed is started again
REQUEST_TIMEOUT = 10.0  # seconds
MANY = 1_000_000


class Settings(NamedTuple):
    """What to run.

    Attributes:
        store: ``valkey`` for replicas on a store, ``file`` for one server on a file.
        fsync: when the store writes its log to the disk.
        victims: ``all``, ``replicas`` or ``store``.
        refunds: the run ends once so many are acknowledged, or
        kills: once so many programs were killed.
    """

    store: str = "valkey"
    replicas: int = 3
    seconds: float = 300.0
    fsync: str = "always"
    victims: str = "all"
    refunds: int = MANY
    kills: int = MANY
    seed: int = 7


class Killing:
    """Kills programs at random; each is started again."""

    def __init__(
        self, settings: Settings, programs: Sequence[Program], merchants: Sequence[Merchant]
    ) -> None:
        self._chance = random.Random(settings.seed)  # noqa: S311  # repeatable
        self._programs, self._merchants = programs, merchants
        wanted = settings.victims.removesuffix("s")
        self._victims = [item for item in programs if wanted in ("all", item.name)]
        self.counts: Counter[str] = Counter()

    async def run(self, end: asyncio.Event) -> None:
        """Kill and restart until the end."""
        while not end.is_set():
            with suppress(TimeoutError):
                pause = self._chance.uniform(SHORTEST, LONGEST)
                await asyncio.wait_for(end.wait(), pause)
                return
            await self._wait_for_refunds(end)
            victim = self._chance.choice(self._victims)
            self.counts[victim.name] += 1
            victim.kill()
            await asyncio.sleep(DOWN)
            victim.restart()
            await asyncio.to_thread(victim.wait_until_it_listens)

    async def _wait_for_refunds(self, end: asyncio.Event) -> None:
        """Wait until some refunds were acknowledged, so that a kill meets others under way."""
        goal = self._count() + len(self._programs)
        while self._count() < goal and not end.is_set():  # noqa: ASYNC110  # of many tasks
            await asyncio.sleep(RETRY_INTERVAL)

    def _count(self) -> int:
        return sum(merchant.count for merchant in self._merchants)

    async def supervise(self) -> None:
        """Start again what ends by itself: a replica that meets no store at its start."""
        while True:
            for program in self._programs:
                program.restart_if_ended()
            await asyncio.sleep(RETRY_INTERVAL)

    def read_logs(self) -> list[str]:
        """Return what each program has logged."""
        return [program.log.read_text() for program in self._programs]

    def restart_all(self) -> None:
        """Kill everything at once, and start it again."""
        for program in self._programs:
            program.kill()
        for program in self._programs:
            program.restart()
            program.wait_until_it_listens()


def start_programs(settings: Settings, folder: Path) -> list[Program]:
    """Start the store, if it is a program of its own, and the servers."""
    if settings.store == "file":
        return [start_replica(folder, f"file:{folder}/sandboxes.db")]
    engine = start_engine(folder, settings.fsync)
    store = f"redis://127.0.0.1:{engine.port}"
    return [engine, *(start_replica(folder, store) for _ in range(settings.replicas))]


async def run_kills(settings: Settings) -> None:
    """Kill for some seconds while merchants refund, and check everything afterwards."""
    with (
        TemporaryDirectory() as folder,
        ending(start_programs(settings, Path(folder))) as programs,
    ):
        servers = [program for program in programs if program.name != "store"]
        for program in servers:
            program.wait_until_it_listens()
        timeout = ClientTimeout(total=REQUEST_TIMEOUT)
        async with (
            balancing([server.port for server in servers]) as url,
            ClientSession(timeout=timeout, connector=TCPConnector(force_close=True)) as session,
        ):
            names = [f"merchant-{number}" for number in range(MERCHANTS)]
            merchants = [Merchant(Client(name, session, url)) for name in names]
            killing = Killing(settings, programs, merchants)
            supervising = asyncio.create_task(killing.supervise())
            seconds = await _refund_under_kills(settings, merchants, killing)
            await _check(merchants, killing)
            supervising.cancel()
    _print_results(settings, merchants, killing, seconds)


async def _refund_under_kills(
    settings: Settings, merchants: Sequence[Merchant], killing: Killing
) -> float:
    """Let the merchants refund until the end; return how long they did."""
    end, started = asyncio.Event(), monotonic()
    work = [asyncio.create_task(merchant.work(end)) for merchant in merchants]
    work.append(asyncio.create_task(killing.run(end)))
    while not _is_over(settings, merchants, killing, started):
        await asyncio.wait(work, timeout=RETRY_INTERVAL, return_when=FIRST_EXCEPTION)
    end.set()
    await asyncio.gather(*work)
    return monotonic() - started


def _is_over(
    settings: Settings, merchants: Sequence[Merchant], killing: Killing, started: float
) -> bool:
    return (
        monotonic() > started + settings.seconds
        or sum(merchant.count for merchant in merchants) >= settings.refunds
        or killing.counts.total() >= settings.kills
    )


async def _check(merchants: Sequence[Merchant], killing: Killing) -> None:
    """Check orders and journals, and that a restart of everything changes no order."""
    before = [await merchant.read_orders() for merchant in merchants]
    killing.restart_all()
    for merchant, orders in zip(merchants, before, strict=True):
        await merchant.check_journal()
        await merchant.check_orders(orders)
        if await merchant.read_orders() != orders:
            raise LedgerError(f"{merchant.client.user}: other orders after a restart")
    for log in killing.read_logs():
        if "Traceback" in log:
            raise LedgerError(f"a server crashed: {log}")


def _print_results(
    settings: Settings, merchants: Sequence[Merchant], killing: Killing, seconds: float
) -> None:
    statuses = sum((merchant.client.statuses for merchant in merchants), Counter[int]())
    waits = sorted(wait for merchant in merchants for wait in merchant.client.waits)
    acknowledged = sum(merchant.count for merchant in merchants)
    kills = ", ".join(f"{count} of a {name}" for name, count in killing.counts.items())
    entries = sum(merchant.last_entry for merchant in merchants)
    print(f"{settings.store}, {seconds:.0f} s; kills: {kills or 'none'}")
    print(f"{acknowledged} acknowledged refunds: 0 lost, 0 doubled, same ids after a restart")
    print(f"{entries} journal entries without a hole; a fault of the third call fired once")
    rows = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    p99, longest = waits[len(waits) * 99 // 100], waits[-1]
    print(f"responses: {rows}")
    print(f"wait until answered: p99 {p99:.2f} s, longest {longest:.2f} s")
