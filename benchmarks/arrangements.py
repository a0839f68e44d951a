"""Files and command line arguments of each server, so that it returns the same order.

Every function gets a separate folder, the bytes of the order and a port. Where a server can
be configured with paths, they are those of kustom-mock.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import merchant
from merchant import JSON

from mockserver.domain.operation import OPERATIONS
from mockserver.http.openapi.merchant_document import merchant_document

LOCALHOST = "127.0.0.1"
BARE_SERVER = str(Path(__file__).with_name("bare.py"))
_UUID = "7ce4ee13-973c-4f49-a30e-85a0bc67599{}"


def ours(folder: Path, _page: bytes, port: int) -> Sequence[str]:
    """Arrange kustom-mock with a scenario of one order."""
    scenario = _write(folder / "scenario.yaml", merchant.scenario([merchant.order(1)]))
    return ["-m", "mockserver", "serve", "--port", str(port), "--scenario", scenario]


def bare(folder: Path, page: bytes, port: int) -> Sequence[str]:
    """Arrange the bare aiohttp server."""
    file = folder / "order.json"
    file.write_bytes(page)
    return [BARE_SERVER, str(file), str(port)]


def nginx(folder: Path, page: bytes, port: int) -> Sequence[str]:
    """Arrange nginx as one process that serves a file and returns 201."""
    (folder / "order.json").write_bytes(page)
    configuration = folder / "nginx.conf"
    temporary = "".join(
        f"{text}_temp_path {folder}/temporary;"
        for text in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration.write_text(f"""
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; keepalive_requests 1000000; default_type {JSON}; {temporary}
  server {{
    listen {LOCALHOST}:{port};
    root {folder};
    location ~ ^{merchant.ORDERS}/[^/]+/(captures|refunds)$ {{ return 201; }}
    location ~ ^{merchant.ORDERS}/[^/]+$ {{ rewrite ^ /order.json break; }}
  }}
}}
""")
    return ["-p", str(folder), "-c", str(configuration)]


def wiremock(folder: Path, page: bytes, port: int) -> Sequence[str]:
    """Arrange WireMock with two mappings; its request log is off by default."""
    mappings = folder / "mappings"
    mappings.mkdir()
    responses: dict[tuple[str, str], dict[str, Any]] = {
        ("GET", "[^/]+"): {"status": 200, "body": page.decode()},
        ("POST", "[^/]+/(captures|refunds)"): {"status": 201},
    }
    for (method, path), content in responses.items():
        request = {"method": method, "urlPathPattern": f"{merchant.ORDERS}/{path}"}
        response = {**content, "headers": {"Content-Type": JSON}}
        _write(mappings / f"{method}.json", {"request": request, "response": response})
    return ["--port", str(port), "--bind-address", LOCALHOST, "--root-dir", str(folder)]


def prism(folder: Path, page: bytes, port: int) -> Sequence[str]:
    """Arrange Prism with our OpenAPI document, the order as an example."""
    document = merchant_document(OPERATIONS)
    read = document["paths"][f"{merchant.ORDERS}/{{order_id}}"]["get"]["responses"]["200"]
    read["content"][JSON] = {"schema": {"type": "object"}, "example": json.loads(page)}
    file = _write(folder / "orders.json", document)
    return ["mock", file, "--host", LOCALHOST, "--port", str(port), "--verboseLevel", "silent"]


def mockoon(folder: Path, page: bytes, port: int) -> Sequence[str]:
    """Arrange Mockoon with two routes of fixed responses."""
    order = merchant.ORDERS.lstrip("/") + "/:order_id"
    routes = [
        _mockoon_route(1, "get", order, 200, page.decode()),
        _mockoon_route(2, "post", order + "/:collection", 201, ""),
    ]
    environment = {
        "uuid": _UUID.format(0),
        "lastMigration": 33,
        "name": "orders",
        "port": 3000,
        "hostname": LOCALHOST,
        "folders": [],
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in routes],
        "headers": [{"key": "Content-Type", "value": JSON}],
    }
    file = _write(folder / "orders.json", environment)
    address = ["--hostname", LOCALHOST, "--port", str(port)]
    return ["start", "--data", file, *address, "--repair", "--disable-log-to-file"]


def _mockoon_route(
    number: int, method: str, path: str, status: int, body: str
) -> dict[str, Any]:
    response = {
        "uuid": _UUID.format(number + 5),
        "body": body,
        "statusCode": status,
        "bodyType": "INLINE",
        "disableTemplating": True,
        "default": True,
    }
    return {
        "uuid": _UUID.format(number),
        "type": "http",
        "method": method,
        "endpoint": path,
        "responses": [response],
    }


def json_server(folder: Path, page: bytes, port: int) -> Sequence[str]:
    """Arrange json-server with a file of all orders; changes become children of an order."""
    order = json.loads(page)
    numbers = range(1, merchant.READ_ORDERS + 1)
    orders = [{**order, "order_id": merchant.order_id(number)} for number in numbers]
    file = _write(folder / "db.json", {"orders": orders, "captures": [], "refunds": []})
    prefix = merchant.ORDERS.removesuffix("/orders")
    routes = _write(folder / "routes.json", {f"{prefix}/*": "/$1"})
    address = ["--host", LOCALHOST, "--port", str(port)]
    return [file, *address, "--routes", routes, "--id", "order_id", "--no-gzip", "--quiet"]


def localstripe(_folder: Path, _page: bytes, port: int) -> Sequence[str]:
    """Arrange localstripe; requests create what it needs."""
    return ["--port", str(port), "--from-scratch"]


def _write(file: Path, value: Any) -> str:  # noqa: ANN401
    file.write_text(json.dumps(value))
    return str(file)
