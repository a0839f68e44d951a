"""Parse and validate a request body into a command, or refuse it."""

from collections.abc import Mapping

from mockserver.api.exchange import Request
from mockserver.api.json_in import MalformedJsonError, check_depth, parse_json
from mockserver.api.operations import Endpoint
from mockserver.api.request_errors import refusal_for_violations
from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason, Refusal
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
    text = _json_bytes(request)
    command = endpoint.parse_strict(text) if endpoint.parse_strict else None
    return command or endpoint.parse_command(
        _parse_and_validate(text, get_request_schema(endpoint.schema)), ids
    )


def _json_bytes(request: Request) -> bytes:
    """Return the body bytes if they may be JSON; an empty body counts as ``{}`` (assumed)."""
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
