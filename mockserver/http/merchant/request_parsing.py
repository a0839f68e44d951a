"""Parse and validate a request body into a command, or refuse it."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason, Refusal
from mockserver.http.merchant.endpoints import Endpoint
from mockserver.http.merchant.validation_errors import refusal_for_violations
from mockserver.http.messages import Request
from mockserver.schemas import Schema, get_request_schema

JSON_TYPES = ("application/json", "text/json")
DECODED_ENCODINGS = (
    "gzip",
    "deflate",
    "",
)  # what comes in one of these was unpacked on the way
COMPRESSION_ENCODINGS = frozenset(
    ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress")
)
"""Codings that pack. What else clients name here, such as a charset, means nothing."""


def parse_command(request: Request, endpoint: Endpoint, ids: Mapping[str, str]) -> Command:
    """Understand what is asked for; in one step, where all is as documented.

    Args:
        request: the request.
        endpoint: the change that its path names.
        ids: the ids in its path.

    Raises:
        Rejection: the body is too large, of another type, no JSON, or breaks its schema.
    """
    assert endpoint.parse_command is not None  # noqa: S101  # reads do not come here
    if endpoint.schema is None:
        return endpoint.parse_command({}, ids)
    text = json_bytes(request)
    command = endpoint.parse_strict(text) if endpoint.parse_strict else None
    return command or endpoint.parse_command(
        _parse_and_validate(text, get_request_schema(endpoint.schema)), ids
    )


def json_bytes(request: Request) -> bytes:
    """Return the body bytes if they may be JSON; an empty body counts as ``{}`` (assumed).

    Raises:
        Refusal: too large, another media type, or an encoding that was not unpacked.
    """
    if request.body is None:
        raise Refusal(Reason.BODY_TOO_LARGE)
    if not request.body:
        return b"{}"
    media_type = request.headers.get("Content-Type", JSON_TYPES[0])
    if media_type not in JSON_TYPES:
        _check_media_type(media_type)
    coding = request.headers.get("Content-Encoding", "")
    if coding not in DECODED_ENCODINGS:
        _check_content_encoding(coding)
    return request.body


def _check_media_type(media_type: str) -> None:
    if media_type.partition(";")[0].strip().lower() not in JSON_TYPES:
        raise Refusal(Reason.UNSUPPORTED_MEDIA_TYPE, media_type=media_type)


def _check_content_encoding(coding: str) -> None:
    named = {encoding.strip().lower() for encoding in coding.split(",")}
    if named & COMPRESSION_ENCODINGS and coding.strip().lower() not in DECODED_ENCODINGS:
        raise Refusal(Reason.UNSUPPORTED_ENCODING, content_encoding=coding)


def _parse_and_validate(text: bytes, rules: Schema) -> dict[str, object]:
    """Parse and validate a body."""
    try:
        body = parse_json(text)
        if not rules.is_valid(body):
            check_depth(body)
            raise refusal_for_violations(rules.violations(body))
    except MalformedJsonError as error:
        raise Refusal(Reason.MALFORMED_JSON, detail=str(error)) from None
    assert isinstance(body, dict)  # noqa: S101  # every request schema says so
    return body


MAX_JSON_DEPTH = 50  # levels of nesting, where what was sent may be kept and written out again

MalformedJsonError = json.JSONDecodeError
"""What is raised of a text that is no JSON, or nested too deep."""


class TooDeepError(MalformedJsonError):
    """Raised for valid JSON that is nested too deep."""

    def __str__(self) -> str:
        """Return the message, which names the limit."""
        return f"nested deeper than {MAX_JSON_DEPTH} levels"


parse_json = orjson.loads
"""Reads JSON of any depth up to a thousand, or raises :data:`MalformedJsonError`."""


def parse_bounded_json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    """Read JSON of a bounded depth.

    Raises:
        MalformedJsonError: with the place of what is wrong.
    """
    value = parse_json(text)
    if text.count(b"[") + text.count(b"{") > MAX_JSON_DEPTH:
        check_depth(value)
    return value


def check_depth(value: Any) -> None:  # noqa: ANN401  # JSON
    """Make sure that a value can be written out again.

    Raises:
        MalformedJsonError: it is nested too deep.
    """
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [below for item in level for below in _containers(item)]
    if any(isinstance(item, dict | list) for item in level):
        raise TooDeepError("", "", 0)


def _containers(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    below = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return []
    return [item for item in below if isinstance(item, dict | list)]
