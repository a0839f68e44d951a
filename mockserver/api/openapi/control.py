"""The control API's OpenAPI document, from its route table and its schemas."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mockserver.api.control.handler import Route
from mockserver.api.openapi.components import (
    JSON_TYPE,
    Components,
    Page,
    content,
    describe,
    path_parameters,
    words,
)
from mockserver.schemas import documents

SCHEMAS = "control.schema.json"
YAML_TYPE = "application/yaml"
DESCRIPTION = (
    "Look into the sandboxes of a kustom-mock server and change them. A sandbox appears on"
    " its first use. Never subject to faults. Calls from web pages of another origin are"
    " refused."
)
PROBLEMS = {
    400: "Malformed JSON.",
    401: "The admin token is missing or wrong.",
    403: "An unexpected host, or a web page of another origin.",
    404: "There is no such thing.",
    409: "There are as many as are kept.",
    413: "The body is too large.",
    415: "Neither YAML nor JSON.",
    422: "Not what is expected here; the errors say what would be.",
}


def control_document(routes: Sequence[Route]) -> Page:
    """Describe the routes of a control API."""
    components = Components()
    handlers = Counter(each.handler for each in routes)
    paths: dict[str, Page] = {}
    for route in routes:
        operation = _operation(route, components)
        if handlers[route.handler] > 1:
            operation["operationId"] += "_" + route.path.rpartition("/")[2]
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    parts = {
        "schemas": components.schemas,
        "responses": {f"problem_{each}": _problem(each, components) for each in PROBLEMS},
        "securitySchemes": {"admin_token": {"type": "http", "scheme": "bearer"}},
    }
    security: Page = {"security": [{}, {"admin_token": []}]}
    title = "kustom-mock: the control API"
    return describe(title, DESCRIPTION, paths, parts, security)


def _operation(route: Route, components: Components) -> Page:
    operation: Page = {
        "operationId": route.handler.__name__,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        **words(route.handler.__doc__),
        "parameters": [*path_parameters(route.path, {}), *_query(route, components)],
    }
    if route.open:
        operation["security"] = []
    if route.request:
        media_types = (JSON_TYPE, YAML_TYPE) if route.takes_yaml else (JSON_TYPE,)
        body = content(_schema(route.request, components), *media_types)
        operation["requestBody"] = {"required": True, **body}
    operation["responses"] = {str(route.status): _answer(route, components)}
    for status in _problems(route):
        response = {"$ref": f"#/components/responses/problem_{status}"}
        operation["responses"][str(status)] = response
    return operation


def _query(route: Route, components: Components) -> Iterable[Page]:
    if route.query is None:
        return ()
    names = documents()[SCHEMAS]["$defs"][route.query]["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "schema": _schema(f"{route.query}/properties/{name}", components),
        }
        for name in names
    ]


def _answer(route: Route, components: Components) -> Page:
    if route.answer is None:
        return {"description": "Done."}
    told = documents()[SCHEMAS]["$defs"][route.answer].get("description", "As asked.")
    body = content(_schema(route.answer, components), route.answer_type)
    return {"description": told, **body}


def _problems(route: Route) -> list[int]:
    applies = {
        400: route.request is not None,
        401: not route.open,
        403: not route.open,
        404: "{" in route.path or route.may_lack,
        409: route.bounded,
        413: route.request is not None,
        415: route.takes_yaml,
        422: route.request is not None or route.query is not None,
    }
    return [status for status, holds in applies.items() if holds]


def _problem(status: int, components: Components) -> Page:
    body = content(_schema("problem", components), "application/problem+json")
    return {"description": PROBLEMS[status], **body}


def _schema(name: str, components: Components) -> Page:
    return components.ref(f"{SCHEMAS}#/$defs/{name}")
