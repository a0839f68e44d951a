"""From the body of a request to the command it asks for, or the refusal it gets."""

from collections.abc import Mapping

from mockserver.api.exchange import Call
from mockserver.api.json_in import MalformedJsonError, check_depth, parse_json
from mockserver.api.operations import Row
from mockserver.api.request_errors import refusal_of
from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason, Rejection
from mockserver.schemas import Schema, request_schema

JSON_TYPES = ("application/json", "text/json")
UNPACKED = ("gzip", "deflate", "")  # what comes in one of these was unpacked on the way
PACKED = frozenset(("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"))
"""Codings that pack. What else clients name here, such as a charset, means nothing."""


def read_command(call: Call, row: Row, ids: Mapping[str, str]) -> Command:
    """Understand what is asked for; in one step, where all is as documented.

    Args:
        call: the request.
        row: the change that its path names.
        ids: the ids in its path.

    Raises:
        Rejection: the body is too large, of another type, no JSON, or breaks its schema.
    """
    assert row.command is not None  # noqa: S101  # reads do not come here
    if row.schema is None:
        return row.command({}, ids)
    text = _json_text(call)
    command = row.read_at_once(text) if row.read_at_once else None
    return command or row.command(_read_body(text, request_schema(row.schema)), ids)


def _json_text(call: Call) -> bytes:
    """Take a body that may be JSON; an empty one counts as ``{}`` (assumed)."""
    if call.body is None:
        raise Rejection(Reason.BODY_TOO_LARGE)
    if not call.body:
        return b"{}"
    media_type = call.headers.get("Content-Type", JSON_TYPES[0])
    if media_type not in JSON_TYPES:
        _check_media_type(media_type)
    coding = call.headers.get("Content-Encoding", "")
    if coding not in UNPACKED:
        _check_coding(coding)
    return call.body


def _check_media_type(media_type: str) -> None:
    if media_type.partition(";")[0].strip().lower() not in JSON_TYPES:
        raise Rejection(Reason.UNSUPPORTED_MEDIA_TYPE, media_type=media_type)


def _check_coding(coding: str) -> None:
    named = {each.strip().lower() for each in coding.split(",")}
    if named & PACKED and coding.strip().lower() not in UNPACKED:
        raise Rejection(Reason.UNSUPPORTED_ENCODING, content_encoding=coding)


def _read_body(text: bytes, rules: Schema) -> dict[str, object]:
    """Take a body apart and check it."""
    try:
        body = parse_json(text)
        if not rules.accepts(body):
            check_depth(body)
            raise refusal_of(rules.violations(body))
    except MalformedJsonError as error:
        raise Rejection(Reason.MALFORMED_JSON, detail=str(error)) from None
    assert isinstance(body, dict)  # noqa: S101  # every request schema says so
    return body
