"""Run long work in threads, so that the event loop answers other requests meanwhile.

The work must only use values that nobody changes meanwhile: its own, immutable ones, copies.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread
from traceback import clear_frames
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

MAX_WORKERS = 2  # they take turns with the event loop
WORKER_NAME = "kustom-mock worker"
SMALL_BODY = 4096  # bytes of a scenario that is built in about 50 ms
SMALL_SANDBOX = 65_536  # bytes of a sandbox that is read in about 50 ms

ResultT = TypeVar("ResultT")
Work: TypeAlias = Callable[[], ResultT]


class Workers:
    """Threads for long work, limited in number.

    Each job has a daemon thread of its own, so that the process ends without waiting for it.
    """

    def __init__(self) -> None:
        self._vacancies = asyncio.Semaphore(MAX_WORKERS)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def lock_of(self, name: str) -> asyncio.Lock:
        """Return the lock of a sandbox; the task that holds it builds that sandbox."""
        return self._locks.setdefault(name, asyncio.Lock())

    async def run_if(self, work: Work[ResultT], *, is_long: bool) -> ResultT:
        """Run work: in a thread if it is long, otherwise at once."""
        if not is_long:
            return work()

        async def prepare() -> Work[ResultT]:
            return work

        return await self.run(prepare)

    async def run(self, prepare: Callable[[], Awaitable[Work[ResultT]]]) -> ResultT:
        """Run work in a thread.

        Args:
            prepare: is awaited when a thread is free; returns the work.

        Returns:
            What the work returns; what it raises is raised.
        """
        await self._vacancies.acquire()
        try:
            result = self._start(await prepare())
        except BaseException:
            self._vacancies.release()
            raise
        return await result

    def _start(self, work: Work[ResultT]) -> asyncio.Future[ResultT]:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[ResultT] = loop.create_future()

        def finish(settle: Callable[[Any], None], value: object) -> None:
            self._vacancies.release()
            if not result.cancelled():
                settle(value)

        def run() -> None:
            settle: tuple[Callable[[Any], None], object]
            try:
                settle = result.set_result, work()
            except Exception as error:  # noqa: BLE001  # raised where it is awaited
                clear_frames(error.__traceback__)  # or large values wait for the collector
                settle = result.set_exception, error
            with suppress(RuntimeError):  # the loop is closed: the server has stopped
                loop.call_soon_threadsafe(finish, *settle)

        Thread(target=run, name=WORKER_NAME, daemon=True).start()
        return result
