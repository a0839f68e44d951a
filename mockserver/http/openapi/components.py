"""Shared parts of both OpenAPI documents: schemas as components, and small builders.

A document stands alone, so every schema it refers to is taken in, with all that those
refer to in turn. ``requests/refund.schema.json`` becomes ``requests.refund``,
``common.schema.json#/$defs/amount`` becomes ``common.amount``.
"""

from collections.abc import Mapping, Sequence
from posixpath import dirname, join, normpath
from typing import Any, TypeAlias

from mockserver import __version__
from mockserver.schemas import SCHEMA_SUFFIX, shipped_schemas

JsonObject: TypeAlias = dict[str, Any]

OPENAPI = "3.1.0"
JSON_TYPE = "application/json"
OMITTED_KEYS = ("$schema", "$defs", "title")


class Components:
    """The schemas that one OpenAPI document uses, by name."""

    def __init__(self) -> None:
        """Start without any."""
        self.schemas: dict[str, JsonObject] = {}

    def ref(self, reference: str) -> JsonObject:
        """Refer to a schema by its path below ``schemas/``, and take it in."""
        place, _, pointer = reference.partition("#")
        steps = [path_step for path_step in pointer.split("/") if path_step]
        name = ".".join(
            (*place.removesuffix(SCHEMA_SUFFIX).split("/"), *(s for s in steps if s != "$defs"))
        )
        if name not in self.schemas:
            self.schemas[name] = {}  # so that a schema may refer to itself
            self.schemas[name] = self._rewrite_references(_lookup(place, steps), place)
        return {"$ref": f"#/components/schemas/{name}"}

    def _rewrite_references(self, value: Any, place: str) -> Any:  # noqa: ANN401
        """Copy a schema with references turned into those of this document."""
        if isinstance(value, list):
            return [self._rewrite_references(item, place) for item in value]
        if not isinstance(value, dict):
            return value
        rewritten = {key: self._rewrite_references(item, place) for key, item in value.items()}
        if isinstance(value.get("$ref"), str):
            rewritten |= self.ref(_absolute(value["$ref"], place))
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


def _lookup(place: str, steps: Sequence[str]) -> Any:  # noqa: ANN401
    value = shipped_schemas()[place]
    for step in steps:
        value = value[step]
    if steps:
        return value
    return {key: item for key, item in value.items() if key not in OMITTED_KEYS}


def _absolute(reference: str, place: str) -> str:
    """Resolve a reference that stands in the document at a place."""
    target, _, pointer = reference.partition("#")
    path = normpath(join(dirname(place), target)) if target else place
    return f"{path}#{pointer}"
