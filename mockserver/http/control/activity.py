"""Control API: who called it, as far as a bounded list goes back."""

import logging
from collections import deque
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from mockserver.http.json_values import format_time
from mockserver.http.log_lines import format_fields
from mockserver.http.messages import Request
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.names import display_name

MAX_CALLS = 1000
MAX_PATH_LENGTH = 200  # characters
SANDBOX_POSITION = 2  # of the name among the segments of a path

log = logging.getLogger("kustom_mock.control")


class Call(Struct, frozen=True):
    """One call of the control API; ``at`` is real time."""

    at: datetime
    address: str
    method: str
    path: str
    sandbox: str | None
    status: int


class Activity(Struct, frozen=True):
    """The latest calls of the control API, oldest first."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=MAX_CALLS))

    def record(self, request: Request, status: int) -> None:
        """Record a call, and log it at level info."""
        segments = list(request.segments)
        sandbox = None
        if segments[1:2] == ["sandboxes"] and len(segments) > SANDBOX_POSITION:
            sandbox = segments[SANDBOX_POSITION] = display_name(segments[SANDBOX_POSITION])
        path = f"/{'/'.join(segments)}"[:MAX_PATH_LENGTH]
        call = Call(wall_clock(), request.client, request.method, path, sandbox, status)
        self.calls.append(call)
        if log.isEnabledFor(logging.INFO):
            fields = {key: value for key, value in serialize_call(call).items() if key != "at"}
            log.info("control %s", format_fields(fields), extra={"fields": fields})


def serialize_call(call: Call) -> dict[str, Any]:
    """Serialize a call."""
    return {**asdict(call), "at": format_time(call.at)}
