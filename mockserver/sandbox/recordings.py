"""Recorded requests and responses: bounded in bytes, shown without secrets.

Headers and bodies are kept as they were sent, up to a limit, and masked when they are read.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

MAX_BODY_BYTES = 65_536  # of one body; the rest is cut
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
            str(name): HIDDEN if _may_be_secret(name) else value
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


def measure_messages(messages: tuple[Message, Message] | None) -> int:
    """Return the bytes that the messages of a journal entry count for."""
    if messages is None:
        return 0
    request, response = messages
    return len(request.body) + len(response.body) + 2 * MESSAGE_OVERHEAD_BYTES


@lru_cache(1024)
def _may_be_secret(header: str) -> bool:
    return SECRET_HEADERS.fullmatch(header) is not None


def _mask(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(rf'\1"{MASKED}"', text)
