"""Recorded requests and responses of a journal: bounded in bytes, shown without secrets.

Headers and bodies are kept as they were sent, up to a limit, and masked when they are read.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping

from msgspec import Struct

MAX_BODY_BYTES = 65_536  # of one body; the rest is cut
MAX_RECORDED_BYTES = 4 * 1024**2  # of all messages of one journal
MESSAGE_OVERHEAD_BYTES = 1000  # headers and objects of one message, about

MASKED = "masked"
HIDDEN = "(hidden)"
MASKED_KEYS = (
    "given_name", "family_name", "organization_name", "attention", "street_address",
    "street_address2", "street_name", "street_number", "house_extension", "care_of",
    "email", "phone", "date_of_birth", "national_identification_number",
    "merchant_data",  # may hold a login cookie
)  # fmt: skip
SECRET_HEADERS = re.compile(
    r"(proxy-)?authorization|.*(cookie|token|secret|password|api-?key|credential).*",
    re.IGNORECASE,
)

_TEXT = r'"(?:[^"\\]|\\.)+(?:"|\Z)'  # a cut body may end inside a text
_PERSONAL_VALUE = re.compile(rf'("(?:{"|".join(MASKED_KEYS)})"\s*:\s*){_TEXT}')
_CUSTOMER = re.compile(r'"customer"\s*:\s*\{[^{}]*')
_CUSTOMER_VALUE = re.compile(rf'("(?!type")[^"\\]+"\s*:\s*)(?:{_TEXT}|[0-9]+)')


class Message(Struct, frozen=True):
    """Headers and body of a request or response; the body may be cut."""

    headers: Mapping[str, str]
    body: bytes
    body_bytes: int

    @property
    def is_cut(self) -> bool:
        """Whether the body was longer than what was kept."""
        return len(self.body) < self.body_bytes

    def shown_headers(self) -> dict[str, str]:
        """Return the headers; values that may be secrets are hidden."""
        return {
            str(name): HIDDEN if SECRET_HEADERS.fullmatch(name) else value
            for name, value in self.headers.items()
        }

    def shown_body(self) -> str:
        """Return the body as text, with personal data masked as in exports."""
        text = self.body.decode(errors="replace")
        text = _CUSTOMER.sub(lambda found: _mask(_CUSTOMER_VALUE, found.group()), text)
        return _mask(_PERSONAL_VALUE, text)


def record_message(headers: Mapping[str, str], body: bytes | None) -> Message:
    """Keep a message; ``None`` is a body that was too large to be read."""
    size = MAX_BODY_BYTES + 1 if body is None else len(body)
    return Message(headers, (body or b"")[:MAX_BODY_BYTES], size)


class Recordings:
    """The messages of the latest journal entries, by entry id, oldest first."""

    def __init__(self) -> None:
        self._pairs: OrderedDict[int, tuple[Message, Message]] = OrderedDict()
        self.total_bytes = 0

    def add(self, entry_id: int, request: Message, response: Message) -> None:
        """Add the messages of an entry; beyond the limit the oldest are dropped."""
        self._pairs[entry_id] = request, response
        self.total_bytes += _total_bytes(request, response)
        while self.total_bytes > MAX_RECORDED_BYTES:
            self._drop_oldest()

    def drop_before(self, entry_id: int) -> None:
        """Drop the messages of entries that the journal has dropped."""
        while self._pairs and next(iter(self._pairs)) < entry_id:
            self._drop_oldest()

    def drop(self, entry_id: int) -> None:
        """Drop the messages of an entry."""
        if entry_id in self._pairs:
            self.total_bytes -= _total_bytes(*self._pairs.pop(entry_id))

    def get(self, entry_id: int) -> tuple[Message, Message] | None:
        """Return request and response of an entry, if they are still kept."""
        return self._pairs.get(entry_id)

    def copy(self) -> "Recordings":
        """Return independent recordings with the same messages."""
        copy = Recordings()
        copy._pairs.update(self._pairs)
        copy.total_bytes = self.total_bytes
        return copy

    def _drop_oldest(self) -> None:
        self.total_bytes -= _total_bytes(*self._pairs.popitem(last=False)[1])


def _total_bytes(request: Message, response: Message) -> int:
    """Return the bytes that the messages of an entry count for."""
    return len(request.body) + len(response.body) + 2 * MESSAGE_OVERHEAD_BYTES


def _mask(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(rf'\1"{MASKED}"', text)
