"""Report the violations of a schema, with ``jsonschema``.

``jsonschema-rs`` decides validity (see ``schemas``), but lists all errors before it gives
the first. ``jsonschema`` yields them one by one, so that reading the first hundred costs a
hundred. It is slow on valid values: those inside lists and mappings that ``jsonschema-rs``
accepts are skipped. Import this module only once a value is invalid: the import takes 50 ms.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TypeAlias
from urllib.parse import urljoin

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import relevance
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mockserver.json_type import Json

Errors: TypeAlias = Iterator[ValidationError]


class SchemaReporter:
    """Finds errors by schemas that refer to each other.

    Args:
        documents: the schemas by their path below ``base``.
        base: the URI of the folder that holds them.
    """

    def __init__(self, documents: Mapping[str, Json], base: str) -> None:
        """Compile both validators, with absolute references."""
        schemas = [
            (base + path, _standalone(document, base + path))
            for path, document in documents.items()
        ]
        self._base = base
        self._fast_registry = jsonschema_rs.Registry(schemas)
        self._fast_validators: dict[int, Callable[[Json], bool]] = {}
        self._registry: Registry[Json] = Registry().with_resources(
            (uri, DRAFT202012.create_resource(document)) for uri, document in schemas
        )
        self._validator = extend(  # type: ignore[no-untyped-call]
            Draft202012Validator,
            {
                "additionalProperties": self._additional_properties,
                "items": self._items,
                "maxItems": _max_items,
                "pattern": _pattern,
                "propertyNames": self._property_names,
                "required": _required,
                "type": _type,
            },
        )

    def errors(self, reference: str, value: Json) -> Errors:
        """Yield errors one by one."""
        rules = {"$ref": self._base + reference}
        for error in self._validator(rules, registry=self._registry).iter_errors(value):
            yield _most_relevant(error)

    def _is_valid(self, rules: Json) -> Callable[[Json], bool]:
        """Return the fast validator of a subschema, compiled once."""
        if id(rules) not in self._fast_validators:
            validator = jsonschema_rs.validator_for(rules, registry=self._fast_registry)
            self._fast_validators[id(rules)] = validator.is_valid
        return self._fast_validators[id(rules)]

    def _items(
        self, validator: Draft202012Validator, items: Json, value: Json, rules: Json
    ) -> Errors:
        """Check a list up to ``maxItems``; a longer list is one error by itself."""
        if not validator.is_type(value, "array"):
            return
        is_valid = self._is_valid(items)
        for index, item in enumerate(islice(value, rules.get("maxItems"))):
            if not is_valid(item):
                yield from validator.descend(item, items, path=index)

    def _additional_properties(
        self,
        validator: Draft202012Validator,
        extras: Json,
        value: Json,
        rules: Json,
    ) -> Errors:
        """Check the values of additional keys, or yield one error for each of them."""
        if not validator.is_type(value, "object"):
            return
        known = rules.get("properties", {})
        for name in (key for key in value if key not in known):
            if extras is False:
                yield ValidationError("unknown key", validator_value=name)
            elif not self._is_valid(extras)(value[name]):
                yield from validator.descend(value[name], extras, path=name)

    def _property_names(
        self,
        validator: Draft202012Validator,
        names: Json,
        value: Json,
        _rules: Json,
    ) -> Errors:
        if validator.is_type(value, "object"):
            is_valid = self._is_valid(names)
            for name in value:
                if not is_valid(name):
                    yield from validator.descend(name, names)


def _most_relevant(error: ValidationError) -> ValidationError:
    """Return the error, or for a union one from the branches with the fewest errors."""
    while error.context:
        counts = Counter(inner.schema_path[0] for inner in error.context)
        fewest = min(counts.values())
        nearest = [e for e in error.context if counts[e.schema_path[0]] == fewest]
        error = min(nearest, key=relevance)
    return error


def _required(
    validator: Draft202012Validator, names: Json, value: Json, _rules: Json
) -> Errors:
    """Yield one error for each missing key."""
    if validator.is_type(value, "object"):
        for name in names:
            if name not in value:
                yield ValidationError("missing key", validator_value=name)


def _type(validator: Draft202012Validator, types: Json, value: Json, _rules: Json) -> Errors:
    """Check the type; unlike in ``jsonschema`` the message does not contain the value."""
    names = [types] if isinstance(types, str) else types
    if not any(validator.is_type(value, name) for name in names):
        yield ValidationError("wrong type")


def _max_items(
    validator: Draft202012Validator,
    limit: Json,
    value: Json,
    _rules: Json,
) -> Errors:
    """Check the length; the message does not contain the value."""
    if validator.is_type(value, "array") and len(value) > limit:
        yield ValidationError("too long")


def _pattern(
    validator: Draft202012Validator, pattern: Json, value: Json, _rules: Json
) -> Errors:
    """Match as ``jsonschema-rs`` does: in Python ``$`` also matches before a line end."""
    if validator.is_type(value, "string") and not _matches(pattern)(value):
        yield ValidationError("no match")


@cache
def _matches(pattern: str) -> Callable[[Json], bool]:
    return jsonschema_rs.validator_for({"pattern": pattern}).is_valid


def _standalone(value: Json, uri: str) -> Json:
    """Copy a schema with absolute references.

    ``$schema`` is left out: at that key ``jsonschema`` changes to its own validator class.
    """
    if isinstance(value, list):
        return [_standalone(item, uri) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: urljoin(uri, below)
        if key == "$ref" and isinstance(below, str)
        else _standalone(below, uri)
        for key, below in value.items()
        if key != "$schema"
    }
