"""The shared part of both documents: shipped schemas as components, and small builders.

A document stands alone, so every schema it refers to is taken in, with all that those
refer to in turn. ``requests/refund.schema.json`` becomes ``requests.refund``,
``common.schema.json#/$defs/amount`` becomes ``common.amount``.
"""

from collections.abc import Mapping, Sequence
from posixpath import dirname, join, normpath
from typing import Any, TypeAlias

from mockserver import __version__
from mockserver.schemas import SUFFIX, documents

Page: TypeAlias = dict[str, Any]

OPENAPI = "3.1.0"
JSON_TYPE = "application/json"
LEFT_OUT = ("$schema", "$defs", "title")


class Components:
    """The schemas of one document, by name, in the order in which they are needed."""

    def __init__(self) -> None:
        """Start without any."""
        self.schemas: dict[str, Page] = {}

    def ref(self, reference: str) -> Page:
        """Refer to a schema by its path below ``schemas/``, and take it in."""
        place, _, pointer = reference.partition("#")
        steps = [each for each in pointer.split("/") if each]
        name = ".".join(
            (*place.removesuffix(SUFFIX).split("/"), *(s for s in steps if s != "$defs"))
        )
        if name not in self.schemas:
            self.schemas[name] = {}  # so that a schema may refer to itself
            self.schemas[name] = self._own(_found(place, steps), place)
        return {"$ref": f"#/components/schemas/{name}"}

    def _own(self, value: Any, place: str) -> Any:  # noqa: ANN401
        """Copy a schema with references turned into those of this document."""
        if isinstance(value, list):
            return [self._own(each, place) for each in value]
        if not isinstance(value, dict):
            return value
        copy = {key: self._own(each, place) for key, each in value.items()}
        if isinstance(value.get("$ref"), str):
            copy |= self.ref(_absolute(value["$ref"], place))
        return copy


def describe(
    title: str,
    description: str,
    paths: Mapping[str, Page],
    components: Page,
    more: Page,
) -> Page:
    """Put a document together."""
    return {
        "openapi": OPENAPI,
        "info": {
            "title": title,
            "version": __version__,
            "description": description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        **more,
        "paths": dict(paths),
        "components": components,
    }


def content(schema: Page, *media_types: str, examples: Page | None = None) -> Page:
    """Describe a body of some media types."""
    told = {"schema": schema, **({"examples": examples} if examples else {})}
    return {"content": dict.fromkeys(media_types or (JSON_TYPE,), told)}


def path_parameters(template: str, schemas: Mapping[str, Page]) -> Sequence[Page]:
    """Describe the variables of a path template such as ``/orders/{order_id}``."""
    names = [part.strip("{}") for part in template.split("/") if part.startswith("{")]
    return [
        {"name": each, "in": "path", "required": True, "schema": schemas.get(each, ANY_PART)}
        for each in names
    ]


ANY_PART: Page = {"type": "string", "minLength": 1}


def words(text: str | None) -> Page:
    """Take a docstring apart: its first paragraph sums up, the rest describes."""
    summary, _, rest = (text or "").partition("\n\n")
    told = {"summary": " ".join(summary.split()).removesuffix(".")}
    return {**told, "description": " ".join(rest.split())} if rest.strip() else told


def _found(place: str, steps: Sequence[str]) -> Any:  # noqa: ANN401
    value = documents()[place]
    for step in steps:
        value = value[step]
    if steps:
        return value
    return {key: each for key, each in value.items() if key not in LEFT_OUT}


def _absolute(reference: str, place: str) -> str:
    """Resolve a reference that stands in the document at a place."""
    target, _, pointer = reference.partition("#")
    path = normpath(join(dirname(place), target)) if target else place
    return f"{path}#{pointer}"
