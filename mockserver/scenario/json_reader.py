"""Parse JSON scenario files with the position of every value.

The standard library checks the syntax. The tokens then become events of the YAML parser,
so that both formats share limits, duplicate key detection and positions.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

import yaml

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.document import (
    Document,
    check_size,
    compose_document,
    position_of,
    syntax_error,
)
from mockserver.scenario.text_encoding import decode_text

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+')
_KEYWORDS = ("true", "false", "null")
_NOT_JSON = ("NaN", "Infinity", "-Infinity")  # json.loads accepts them
MAX_EXPONENT = 15
"""Numbers with a larger exponent stay text, which no key of a scenario accepts as a number."""


def parse_json(data: str | bytes) -> Document:
    """Parse one JSON document, with the same limits as YAML.

    Raises:
        ScenarioError: not decodable or not JSON, too large or too deep, or a duplicate key.
    """
    check_size(data)
    text = decode_text(data)
    _check_syntax(text)
    return compose_document(_events(text))


def _events(text: str) -> Iterator[yaml.Event]:
    line, line_start, end = 0, 0, 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        line += text.count("\n", end, start)  # from the last token on: a line may be long
        line_start = max(text.rfind("\n", end, start) + 1, line_start)
        yield _event(match[0], yaml.Mark("", start, line, start - line_start, None, 0))
        end = match.end()


def _event(token: str, mark: yaml.Mark) -> yaml.Event:
    match token[0]:
        case "{":
            return yaml.MappingStartEvent(None, None, implicit=True, start_mark=mark)
        case "[":
            return yaml.SequenceStartEvent(None, None, implicit=True, start_mark=mark)
        case "}":
            return yaml.MappingEndEvent(mark)
        case "]":
            return yaml.SequenceEndEvent(mark)
        case '"':
            text = _parse_string(token, mark)
            return yaml.ScalarEvent(None, None, (False, True), text, mark, style='"')
        case _:
            text = _parse_plain(token, mark)
            return yaml.ScalarEvent(None, None, (True, False), text, mark)


def _check_syntax(text: str) -> None:
    try:
        json.loads(text, parse_constant=str, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise _explain_error(text, error) from None
    except RecursionError:
        return  # the document is refused at the level that is too deep


def _explain_error(text: str, error: json.JSONDecodeError) -> ScenarioError:
    """Return the error; of a trailing comma, as every Python version tells it differently."""
    before = text[: error.pos].rstrip()
    comma = error.pos if text[error.pos : error.pos + 1] == "," else len(before) - 1
    if text[comma : comma + 1] == "," and text[comma + 1 :].lstrip()[:1] in ("]", "}"):
        line_start = text.rfind("\n", 0, comma) + 1
        position = (text.count("\n", 0, comma) + 1, comma - line_start + 1)
        return syntax_error("not JSON: a comma after the last entry; remove it", position)
    message = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
    return syntax_error(message, (error.lineno, error.colno))


def _parse_string(token: str, mark: yaml.Mark) -> str:
    value: str = json.loads(token)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            message = "not JSON: a string with half of a surrogate pair"
            raise syntax_error(message, position_of(mark)) from None
    return value


def _parse_plain(token: str, mark: yaml.Mark) -> str:
    """Return a number without an exponent, which YAML files do not have."""
    if token in _NOT_JSON:
        raise syntax_error(f"not JSON: {token} is not a number", position_of(mark))
    if token in _KEYWORDS or not {*"eE"} & {*token}:
        return token
    number = Decimal(token)
    return token if abs(number.adjusted()) > MAX_EXPONENT else f"{number:f}"
