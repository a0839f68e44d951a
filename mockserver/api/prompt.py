"""Answers that nothing has to wait for are given while their request is read.

aiohttp wakes a task for each connection that has a request, and makes another one for the
request. Nearly every answer here is found without waiting for anything, so it is asked
for where the bytes come in. Where something has to be waited for after all, a fault that
delays or a body that has not come, the way through the tasks is taken, from where it got.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeAlias, cast

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.http import RawRequestMessage

from mockserver.api.exchange import Answer
from mockserver.api.plain_response import written

Answering: TypeAlias = Coroutine[Any, Any, Answer]
Begin: TypeAlias = Callable[[RawRequestMessage, StreamReader], Answering | None]
"""Begins to answer a request that came in full, or says that it needs a task."""


class Begun(Generator[Any, Any, Answer]):
    """A coroutine that was run to where it first waits; to await it is to go on there."""

    def __init__(self, coroutine: Answering, waited_for: object) -> None:
        """Take what it waits for, too, which whoever awaits this has to see."""
        self._coroutine = coroutine
        self._unseen = [waited_for]

    def __await__(self) -> Generator[Any, Any, Answer]:
        """Be what is awaited."""
        return self

    def send(self, value: object) -> object:
        """Tell what is waited for, or go on with what came of it."""
        return self._unseen.pop() if self._unseen else self._coroutine.send(value)

    def throw(self, *exception: Any) -> object:  # noqa: ANN401  # as generators take it
        """Go on with a failure, such as having been cancelled."""
        self._unseen.clear()
        return self._coroutine.throw(*exception)


class PromptConnection(web.RequestHandler):
    """A connection that answers in the turn in which a request comes, where it can."""

    __slots__ = ("_begin", "_begun")

    def __init__(self, *args: Any, begin: Begin, **options: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Take what aiohttp's server gives, and what begins to answer a request."""
        super().__init__(*args, **options)
        self._begin = begin
        self._begun: Begun | Answering | None = None

    def take_begun(self) -> Begun | Answering | None:
        """Give the answer that was begun before its request came to a task, if any."""
        begun, self._begun = self._begun, None
        return begun

    def read(self, data: bytes) -> bool:
        """Read what came, and answer it if nothing has to be waited for; say whether it was.

        Else aiohttp's task is woken, which sleeps until a request came.
        """
        idle, self._waiter = self._waiter, None
        super().data_received(data)
        self._waiter = idle
        if not idle or not self._messages or idle.done():
            return False
        if self._answered():
            return True
        idle.set_result(None)
        return False

    def _answered(self) -> bool:
        message, body = self._messages[0]
        if len(self._messages) > 1 or not isinstance(message, RawRequestMessage):
            return False
        if self._paused or not _is_plain(message, body):
            return False
        answer = self._begin_answer(message, body)
        if answer is None:
            return False
        self._messages.popleft()
        if self._parser is not None:
            self._parser.message_consumed()
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self.transport is not None:  # as long as the client is there
            self.transport.write(written(answer, message.method))
        return True

    def _begin_answer(self, message: RawRequestMessage, body: StreamReader) -> Answer | None:
        """Run to the answer, if nothing has to be waited for; else keep how far it came."""
        try:
            coroutine = self._begin(message, body)
            if coroutine is None:
                return None
            self._begun = Begun(coroutine, coroutine.send(None))
        except StopIteration as ended:
            answer = cast("Answer", ended.value)
            if answer.delivery is None:
                return answer
            self._begun = _give(answer)
        except Exception as crash:  # noqa: BLE001  # it is told where all crashes are
            self._begun = _fail(crash)
        return None


def _is_plain(message: RawRequestMessage, body: StreamReader) -> bool:
    """Whether a request came in full, and neither it nor its connection is special."""
    return (
        body.is_eof()
        and body.exception() is None
        and message.version == HttpVersion11
        and not message.should_close
        and not message.upgrade
        and message.path.startswith("/")
        and "Host" in message.headers
    )


async def _give(answer: Answer) -> Answer:
    return answer


async def _fail(crash: Exception) -> Answer:
    raise crash
