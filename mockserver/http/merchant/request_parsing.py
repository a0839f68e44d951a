"""Parse and validate a request body into a command, or refuse it."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.http.merchant.endpoints import Endpoint
from mockserver.http.merchant.validation_errors import refusal_for_violations
from mockserver.http.messages import Request
from mockserver.schemas import Schema, get_request_schema

JSON_TYPES = ("application/json", "text/json")
DECODED_ENCODINGS = ("gzip", "deflate", "")  # already decompressed by aiohttp
COMPRESSION_ENCODINGS = frozenset(
    ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress")
)
"""Content codings that compress; others that clients send, such as a charset, are ignored."""


def parse_command(request: Request, endpoint: Endpoint, ids: Mapping[str, str]) -> Command:
    """Parse the body of a change into its command.

    Args:
        request: the request.
        endpoint: the endpoint of a change.
        ids: the ids in the path.

    Raises:
        Refusal: the body is too large, has another media type, or is not valid.
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
    codings = {name.strip().lower() for name in coding.split(",")}
    if codings & COMPRESSION_ENCODINGS and coding.strip().lower() not in DECODED_ENCODINGS:
        raise Refusal(Reason.UNSUPPORTED_ENCODING, content_encoding=coding)


def _parse_and_validate(text: bytes, schema: Schema) -> dict[str, object]:
    try:
        body = parse_json(text)
        if not schema.is_valid(body):
            check_depth(body)
            raise refusal_for_violations(schema.violations(body))
    except MalformedJsonError as error:
        raise Refusal(Reason.MALFORMED_JSON, detail=str(error)) from None
    assert isinstance(body, dict)  # noqa: S101  # by every request schema
    return body


MAX_JSON_DEPTH = 50  # levels of nesting in values that are stored and serialized again

MalformedJsonError = json.JSONDecodeError
"""Raised for invalid or too deeply nested JSON."""


class TooDeepError(MalformedJsonError):
    """Raised for valid JSON that is nested too deep."""

    def __str__(self) -> str:
        """Return the message, which names the limit."""
        return f"nested deeper than {MAX_JSON_DEPTH} levels"


parse_json = orjson.loads
"""Parse JSON of at most 1000 levels; raises :data:`MalformedJsonError`."""


def parse_bounded_json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    """Parse JSON of at most :data:`MAX_JSON_DEPTH` levels.

    Raises:
        MalformedJsonError: with the position of the error.
    """
    value = parse_json(text)
    if text.count(b"[") + text.count(b"{") > MAX_JSON_DEPTH:
        check_depth(value)
    return value


def check_depth(value: Any) -> None:  # noqa: ANN401  # JSON
    """Check that a value is not nested too deeply to be serialized again.

    Raises:
        MalformedJsonError: it is nested too deeply.
    """
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [child for value in level for child in _child_containers(value)]
    if any(isinstance(value, dict | list) for value in level):
        raise TooDeepError("", "", 0)


def _child_containers(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    if not isinstance(value, dict | list):
        return []
    children = value.values() if isinstance(value, dict) else value
    return [child for child in children if isinstance(child, dict | list)]
