"""The OpenAPI document that a module names in ``DOCUMENT``, as a running server sends it."""

import pytest
import schemathesis
from schemathesis.schemas import BaseSchema

from mockserver.json_type import Json
from tests.support.openapi import fetch_document


@pytest.fixture(scope="module")
def document(request: pytest.FixtureRequest, server_url: str) -> Json:
    return fetch_document(server_url + request.module.DOCUMENT)


@pytest.fixture(scope="module")
def schema(request: pytest.FixtureRequest, server_url: str) -> BaseSchema:
    return schemathesis.openapi.from_url(server_url + request.module.DOCUMENT)
