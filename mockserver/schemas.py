"""Load and compile the shipped JSON Schemas.

``jsonschema-rs`` decides validity because it costs microseconds, ``jsonschema`` finds the
errors that are reported (decision 12). A test checks that both agree. A schema is compiled
on first use.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

import jsonschema_rs
import orjson

from mockserver.json_type import Json
from mockserver.resources import shipped_folder

if TYPE_CHECKING:
    from mockserver.schema_reporter import SchemaReporter

SCHEMA_SUFFIX = ".schema.json"
SCHEMA_FOLDERS = ("", "requests/", "responses/")
BASE_URI = "https://kustom-mock.invalid/schemas/"


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation of a schema.

    ``path`` is that of the value, or of an invalid key. ``keyword`` is the schema's,
    ``constraint`` its value there, or the key that is missing or unknown; ``schema`` is the
    subschema that contains the keyword.
    """

    path: tuple[str | int, ...]
    keyword: str
    constraint: Json
    value: Json
    schema: Mapping[str, Json]


@cache
def shipped_schemas() -> Mapping[str, Json]:
    """Return all shipped schemas by their path below ``schemas/``."""
    shipped = {}
    for folder in SCHEMA_FOLDERS:
        for entry in (
            shipped_folder("schemas") / folder if folder else shipped_folder("schemas")
        ).iterdir():
            if entry.name.endswith(SCHEMA_SUFFIX):
                shipped[folder + entry.name] = orjson.loads(entry.read_bytes())
    return shipped


class Schema:
    """A compiled JSON Schema."""

    def __init__(self, reference: str) -> None:
        """Compile a schema by its path below ``schemas/``, optionally with a fragment."""
        self._reference = reference
        self._validator = jsonschema_rs.validator_for(
            {"$ref": BASE_URI + reference},
            registry=_registry(),
            base_uri=BASE_URI,
        )

    def is_valid(self, value: Json) -> bool:
        """Return whether a value is valid."""
        return self._validator.is_valid(value)

    def violations(self, value: Json) -> Iterator[Violation]:
        """Yield the violations of the schema one by one."""
        try:
            reporter = get_reporter()
        except (ImportError, OSError):  # out of file descriptors
            yield Violation((), "$ref", self._reference, value, {})
            return
        for error in reporter.errors(self._reference, value):
            path = tuple(error.absolute_path)
            if "propertyNames" in error.absolute_schema_path:
                path = (*path, str(error.instance))
            yield Violation(
                path=path,
                keyword=str(error.validator),
                constraint=error.validator_value,
                value=error.instance,
                schema=error.schema if isinstance(error.schema, dict) else {},
            )


@cache
def get_schema(reference: str) -> Schema:
    """Return a compiled schema, such as ``requests/capture.schema.json``."""
    return Schema(reference)


@cache
def get_request_schema(name: str) -> Schema:
    """Return the schema of a request body, such as that of ``capture``."""
    return get_schema(f"requests/{name}.schema.json")


@cache
def get_reporter() -> "SchemaReporter":
    """Return the reporter of schema errors, created on first use."""
    # The import takes 50 ms, which valid values must not pay.
    from mockserver.schema_reporter import SchemaReporter  # noqa: PLC0415

    return SchemaReporter(shipped_schemas(), BASE_URI)


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry(
        [(BASE_URI + path, document) for path, document in shipped_schemas().items()],
    )


def resolve_reference(rules: Mapping[str, Json], file: str) -> tuple[Mapping[str, Json], str]:
    """Follow ``$ref``; keywords beside it, such as ``description``, replace those it leads to.

    Args:
        rules: a schema.
        file: path below ``schemas/`` of the document that has it.

    Returns:
        The schema without ``$ref``, and the file of the document that has it.
    """
    while "$ref" in rules:
        path, _, pointer = rules["$ref"].partition("#")
        file = normpath(join(dirname(file), path)) if path else file
        target = shipped_schemas()[file]
        for key in filter(None, pointer.split("/")):
            target = target[key]
        rules = {**target, **{key: rules[key] for key in rules if key != "$ref"}}
    return rules, file


def bundle_schema(name: str) -> dict[str, Json]:
    """Return a schema with all shared definitions included."""
    text = orjson.dumps(shipped_schemas()[name]).replace(
        b'"common.schema.json#/$defs/',
        b'"#/$defs/',
    )
    whole: dict[str, Json] = orjson.loads(text)
    shared = shipped_schemas()["common.schema.json"]["$defs"]
    whole["$defs"] = {**shared, **whole["$defs"]}
    return whole
