"""OpenAPI document of the control API, generated from its route table."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mockserver.http.control.context import Route
from mockserver.http.json_values import JsonObject
from mockserver.http.openapi.components import (
    JSON_TYPE,
    Components,
    build_document,
    content,
    docstring_fields,
    path_parameters,
)
from mockserver.schemas import shipped_schemas

SCHEMAS = "control.schema.json"
YAML_TYPE = "application/yaml"
CONTROL_DESCRIPTION = (
    "Inspect and change the sandboxes of a kustom-mock server. A sandbox is created by its"
    " first merchant request or change; reads create none. HEAD is offered wherever GET is."
    " Faults never apply here. Requests from web pages of another origin are refused."
)
PROBLEM_DESCRIPTIONS = {
    400: "Malformed JSON.",
    401: "The admin token is missing or wrong.",
    403: "An unexpected host, or a web page of another origin.",
    404: "Not found.",
    409: "The maximum number is reached, or the state of the checkout order forbids it.",
    413: "The body is too large.",
    415: "Neither YAML nor JSON.",
    422: "Invalid content, name of a sandbox or filter; `errors` lists findings.",
}


def control_document(routes: Sequence[Route]) -> JsonObject:
    """Describe the routes of a control API."""
    components = Components()
    handlers = Counter(route.handler for route in routes)
    paths: dict[str, JsonObject] = {}
    for route in routes:
        operation = _operation(route, components)
        if handlers[route.handler] > 1:
            operation["operationId"] += "_" + route.path.rpartition("/")[2]
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    parts = {
        "schemas": components.schemas,
        "responses": {
            f"problem_{status}": _problem(status, components) for status in PROBLEM_DESCRIPTIONS
        },
        "securitySchemes": {"admin_token": {"type": "http", "scheme": "bearer"}},
    }
    security: JsonObject = {"security": [{}, {"admin_token": []}]}
    title = "kustom-mock: the control API"
    return build_document(title, CONTROL_DESCRIPTION, paths, parts, security)


def _operation(route: Route, components: Components) -> JsonObject:
    operation: JsonObject = {
        "operationId": route.handler.__name__,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        **docstring_fields(route.handler.__doc__),
        "parameters": [*path_parameters(route.path, {}), *_query(route, components)],
    }
    if route.unauthenticated:
        operation["security"] = []
    if route.request_schema:
        media_types = (JSON_TYPE, YAML_TYPE) if route.accepts_yaml else (JSON_TYPE,)
        body = content(_schema(route.request_schema, components), *media_types)
        operation["requestBody"] = {"required": True, **body}
    operation["responses"] = {str(route.status): _success_response(route, components)}
    for status in _problems(route):
        response = {"$ref": f"#/components/responses/problem_{status}"}
        operation["responses"][str(status)] = response
    return operation


def _query(route: Route, components: Components) -> Iterable[JsonObject]:
    if route.query_schema is None:
        return ()
    names = shipped_schemas()[SCHEMAS]["$defs"][route.query_schema]["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "schema": _schema(f"{route.query_schema}/properties/{name}", components),
        }
        for name in names
    ]


def _success_response(route: Route, components: Components) -> JsonObject:
    if route.response_schema is None:
        return {"description": "Done."}
    description = shipped_schemas()[SCHEMAS]["$defs"][route.response_schema].get(
        "description", "Success."
    )
    body = content(_schema(route.response_schema, components), route.response_media_type)
    return {"description": description, **body}


def _problems(route: Route) -> list[int]:
    applies = {
        400: route.request_schema is not None,
        401: not route.unauthenticated,
        403: not route.unauthenticated,
        404: "{" in route.path or route.optional,
        409: route.limited,
        413: route.request_schema is not None,
        415: route.accepts_yaml,
        422: not route.unauthenticated,
    }
    return [status for status, holds in applies.items() if holds]


def _problem(status: int, components: Components) -> JsonObject:
    body = content(_schema("problem", components), "application/problem+json")
    return {"description": PROBLEM_DESCRIPTIONS[status], **body}


def _schema(name: str, components: Components) -> JsonObject:
    return components.ref(f"{SCHEMAS}#/$defs/{name}")
