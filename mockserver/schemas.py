"""The shipped JSON Schemas, compiled: one source of truth for all that is checked.

``jsonschema-rs`` judges here because it costs microseconds; a test holds it to the
verdicts of ``jsonschema``. A schema is compiled when it is first asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import jsonschema_rs
import orjson
from jsonschema_rs import ValidationErrorKind

from mockserver.resources import folder

Json: TypeAlias = Any
SUFFIX = ".schema.json"
FOLDERS = ("", "requests/", "responses/")
BASE = "kustom-mock:///schemas/"


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks a schema.

    ``path`` leads to the value, or to the key where that is wrong. ``keyword`` is the
    schema's, ``limit`` what the schema says there, ``schema`` the surrounding rules.
    """

    path: tuple[str | int, ...]
    keyword: str
    limit: Json
    value: Json
    schema: Mapping[str, Json]


@cache
def documents() -> Mapping[str, Json]:
    """All shipped schemas by their path below ``schemas/``."""
    shipped = {}
    for place in FOLDERS:
        for entry in (folder("schemas") / place if place else folder("schemas")).iterdir():
            if entry.name.endswith(SUFFIX):
                shipped[place + entry.name] = orjson.loads(entry.read_bytes())
    return shipped


class Schema:
    """A compiled schema that says yes or no, or lists every violation."""

    def __init__(self, reference: str) -> None:
        """Compile a schema by its path below ``schemas/``, maybe with a fragment."""
        self._validator = jsonschema_rs.validator_for(
            {"$ref": BASE + reference},
            registry=_registry(),
            base_uri=BASE,
        )

    def accepts(self, value: Json) -> bool:
        """Say whether a value keeps to the schema."""
        return self._validator.is_valid(value)

    def violations(self, value: Json) -> Iterable[Violation]:
        """List every way in which a value breaks the schema."""
        for error in self._validator.iter_errors(value):
            place, broken = tuple(error.instance_path), error
            if isinstance(error.kind, ValidationErrorKind.PropertyNames):
                broken = error.kind.error
                place = (*place, str(broken.instance))
            yield Violation(
                path=place,
                keyword=broken.kind.name,
                limit=broken.kind.value,
                value=broken.instance,
                schema=_surrounding(broken.absolute_keyword_location or ""),
            )


@cache
def schema(reference: str) -> Schema:
    """Find a schema, compiled once, such as ``requests/capture.schema.json``."""
    return Schema(reference)


@cache
def request_schema(name: str) -> Schema:
    """Find the schema of a request's body, such as that of ``capture``."""
    return schema(f"requests/{name}.schema.json")


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry(
        [(BASE + path, document) for path, document in documents().items()],
    )


def bundled(name: str) -> dict[str, Json]:
    """Give a schema with the shared parts it refers to inside, for use on its own."""
    text = orjson.dumps(documents()[name]).replace(
        b'"common.schema.json#/$defs/',
        b'"#/$defs/',
    )
    whole: dict[str, Json] = orjson.loads(text)
    shared = documents()["common.schema.json"]["$defs"]
    whole["$defs"] = {**shared, **whole["$defs"]}
    return whole


def _surrounding(location: str) -> Mapping[str, Json]:
    """Find the rules around a keyword, such as the ``minItems`` beside ``maxItems``."""
    name, _, pointer = location.removeprefix(BASE).partition("#")
    rules = documents().get(name, {})
    for step in pointer.split("/")[1:-1]:
        rules = rules[int(step) if isinstance(rules, list) else step]
    return rules if isinstance(rules, dict) else {}
