"""Shared parts of both OpenAPI documents: schemas as components, and small builders.

A document is self-contained: it includes every schema it refers to, and those that these
refer to in turn. ``requests/refund.schema.json`` becomes ``requests.refund``,
``common.schema.json#/$defs/amount`` becomes ``common.amount``.
"""

from collections.abc import Mapping, Sequence
from posixpath import dirname, join, normpath
from typing import Any

from mockserver import __version__
from mockserver.http.json_values import JsonObject
from mockserver.schemas import SCHEMA_SUFFIX, shipped_schemas

OPENAPI = "3.1.0"
JSON_TYPE = "application/json"
OMITTED_KEYS = ("$schema", "$defs", "title")


class Components:
    """The schemas that one OpenAPI document uses, by name."""

    def __init__(self) -> None:
        """Start empty."""
        self.schemas: dict[str, JsonObject] = {}

    def ref(self, reference: str) -> JsonObject:
        """Return a reference to a schema by its path below ``schemas/``, and include it."""
        path, _, pointer = reference.partition("#")
        steps = [path_step for path_step in pointer.split("/") if path_step]
        name = ".".join(
            (*path.removesuffix(SCHEMA_SUFFIX).split("/"), *(s for s in steps if s != "$defs"))
        )
        if name not in self.schemas:
            self.schemas[name] = {}  # so that a schema may refer to itself
            self.schemas[name] = self._rewrite_references(_lookup(path, steps), path)
        return {"$ref": f"#/components/schemas/{name}"}

    def _rewrite_references(self, value: Any, path: str) -> Any:  # noqa: ANN401
        """Copy a schema with its references rewritten for this document."""
        if isinstance(value, list):
            return [self._rewrite_references(member, path) for member in value]
        if not isinstance(value, dict):
            return value
        rewritten = {
            key: self._rewrite_references(member, path) for key, member in value.items()
        }
        if isinstance(value.get("$ref"), str):
            rewritten |= self.ref(_absolute(value["$ref"], path))
        return rewritten


def build_document(
    title: str,
    description: str,
    paths: Mapping[str, JsonObject],
    components: JsonObject,
    security: JsonObject,
) -> JsonObject:
    """Build an OpenAPI document."""
    return {
        "openapi": OPENAPI,
        "info": {
            "title": title,
            "version": __version__,
            "description": description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        **security,
        "paths": dict(paths),
        "components": components,
    }


def content(
    schema: JsonObject, *media_types: str, examples: JsonObject | None = None
) -> JsonObject:
    """Describe a body of some media types."""
    media_type = {"schema": schema, **({"examples": examples} if examples else {})}
    return {"content": dict.fromkeys(media_types or (JSON_TYPE,), media_type)}


def path_parameters(template: str, schemas: Mapping[str, JsonObject]) -> Sequence[JsonObject]:
    """Describe the variables of a path template such as ``/orders/{order_id}``."""
    names = [part.strip("{}") for part in template.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": schemas.get(name, ANY_SEGMENT)}
        for name in names
    ]


ANY_SEGMENT: JsonObject = {"type": "string", "minLength": 1}


def docstring_fields(text: str | None) -> JsonObject:
    """Split a docstring into summary (first paragraph) and description."""
    summary, _, rest = (text or "").partition("\n\n")
    fields = {"summary": " ".join(summary.split()).removesuffix(".")}
    return {**fields, "description": " ".join(rest.split())} if rest.strip() else fields


def _lookup(path: str, steps: Sequence[str]) -> Any:  # noqa: ANN401
    value = shipped_schemas()[path]
    for step in steps:
        value = value[step]
    if steps:
        return value
    return {key: member for key, member in value.items() if key not in OMITTED_KEYS}


def _absolute(reference: str, path: str) -> str:
    """Resolve a reference relative to the path of its document."""
    target, _, pointer = reference.partition("#")
    target_path = normpath(join(dirname(path), target)) if target else path
    return f"{target_path}#{pointer}"
