"""The shipped JSON Schemas, compiled: one source of truth for all that is checked.

``jsonschema-rs`` decides validity because it costs microseconds, ``jsonschema`` finds the
errors that are reported (decision 12). A test holds the two to each other. A schema is
compiled when it is first asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema_rs
import orjson

from mockserver.resources import folder

if TYPE_CHECKING:
    from mockserver.schema_reporter import SchemaReporter

Json: TypeAlias = Any
SUFFIX = ".schema.json"
FOLDERS = ("", "requests/", "responses/")
BASE = "https://kustom-mock.invalid/schemas/"


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks a schema.

    ``path`` leads to the value, or to the key where that is wrong. ``keyword`` is the
    schema's, ``limit`` what the schema says there or the one key that is missing or
    unknown, ``schema`` the surrounding rules.
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
        self._reference = reference
        self._validator = jsonschema_rs.validator_for(
            {"$ref": BASE + reference},
            registry=_registry(),
            base_uri=BASE,
        )

    def accepts(self, value: Json) -> bool:
        """Say whether a value keeps to the schema."""
        return self._validator.is_valid(value)

    def violations(self, value: Json) -> Iterator[Violation]:
        """Find the ways in which a value breaks the schema, one by one."""
        try:
            reporter = _reporter()
        except (ImportError, OSError):  # no descriptor is left to read its modules from
            yield Violation((), "$ref", self._reference, value, {})
            return
        for error in reporter.errors(self._reference, value):
            path = tuple(error.absolute_path)
            if "propertyNames" in error.absolute_schema_path:
                path = (*path, str(error.instance))
            yield Violation(
                path=path,
                keyword=str(error.validator),
                limit=error.validator_value,
                value=error.instance,
                schema=error.schema if isinstance(error.schema, dict) else {},
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
def _reporter() -> "SchemaReporter":
    # Imported here, so that nobody pays for it whose values are valid.
    from mockserver.schema_reporter import SchemaReporter  # noqa: PLC0415

    return SchemaReporter(documents(), BASE)


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
