"""Decode scenario files by their byte order mark; UTF-8 without one."""

import codecs
import re

from mockserver.scenario.document import Position, syntax_error

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),  # what > writes in Windows PowerShell 5
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_BYTE_ORDER_MARK = "\ufeff"
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML does not allow."""


def decode_text(data: str | bytes) -> str:
    """Return the text of a file, without its byte order mark.

    Raises:
        ScenarioError: bytes that do not fit the encoding, at line and column of the first.
    """
    if isinstance(data, str):
        return data.removeprefix(_BYTE_ORDER_MARK)
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None and b"\0" in data[:2]:
        message = "UTF-16 without a byte order mark cannot be decoded; save the file as UTF-8"
        raise syntax_error(message, (1, 1))
    try:
        return data.decode(encoding or "UTF-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding or "UTF-8", errors="ignore")
        before = before.removeprefix(_BYTE_ORDER_MARK)
        message = f"{_describe_byte(data[error.start])} is not {encoding or 'UTF-8'}"
        raise syntax_error(
            f"{message}; save the file as UTF-8", text_position(before, len(before))
        ) from None


def check_characters(text: str) -> None:
    """Refuse characters that YAML does not allow.

    Raises:
        ScenarioError: with the code of the first and how to write it.
    """
    match = _NOT_ALLOWED.search(text)
    if match:
        code = ord(match[0])
        escape = f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004
        message = (
            f"the character U+{code:04X} is not allowed; remove it, or write it as"
            f" {escape} in double quotes"
        )
        raise syntax_error(message, text_position(text, match.start()))


def text_position(text: str, index: int) -> Position:
    """Return the line and column of an index."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _describe_byte(byte: int) -> str:
    character = bytes([byte]).decode("cp1252", errors="ignore")
    return f"byte 0x{byte:02x}" + (f" ('{character}' in Windows-1252)" if character else "")
