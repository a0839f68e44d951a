"""``serve --owned`` over HTTP: a sandbox belongs to the secret it was first used with."""

from base64 import b64encode

import pytest

from mockserver.domain.operation import ORDERS_PATH
from tests.support.merchant import UNKNOWN_ID, NewServer

CLOCK = "/__admin/sandboxes/anna/clock"
SCENARIO = "/__admin/sandboxes/anna/scenario"
ORDER = f"{ORDERS_PATH}/{UNKNOWN_ID}"


def secret(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


FIRST, SECOND = secret("anna", "first"), secret("anna", "second")
OTHER_USER = secret("bo", "first")
TOKEN = {"Authorization": "Bearer admin"}
NONE = {"Authorization": ""}


async def test_merchant_needs_the_first_secret(own_server: NewServer) -> None:
    merchant = await own_server("anna", owned=True)
    assert (await merchant.send("GET", ORDER, headers=FIRST)).status == 404
    refused = await merchant.send("GET", ORDER, headers=SECOND)
    assert refused.status == 401
    assert refused.header("Mock-Reason") == "owned_by_another_secret anna"
    assert (await merchant.send("GET", ORDER, headers=FIRST)).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [(FIRST, 200), (SECOND, 403), (OTHER_USER, 403), (NONE, 401)],
    ids=["owner", "other secret", "other user", "no secret"],
)
async def test_control_api_needs_the_secret_of_the_owner(
    own_server: NewServer, headers: dict[str, str], status: int
) -> None:
    merchant = await own_server("anna", owned=True)
    await merchant.send("GET", ORDER, headers=FIRST)
    for method, body in (("GET", None), ("POST", {"freeze": True})):
        response = await merchant.send(method, CLOCK, body, headers)
        assert response.status == status
    if status == 401:
        assert response.header("WWW-Authenticate").startswith("Basic ")
    if status == 403:
        assert response.json["detail"] == "sandbox 'anna' is owned by another secret"


async def test_control_request_that_creates_a_sandbox_owns_it(own_server: NewServer) -> None:
    merchant = await own_server("anna", owned=True)
    scenario = {"use": "split-shipment"}
    assert (await merchant.send("PUT", SCENARIO, scenario, FIRST)).status == 200
    assert (await merchant.send("PUT", SCENARIO, scenario, SECOND)).status == 403
    assert (await merchant.send("GET", ORDER, headers=SECOND)).status == 401
    assert (await merchant.send("GET", ORDER, headers=FIRST)).status == 404


async def test_failed_control_request_owns_nothing(own_server: NewServer) -> None:
    merchant = await own_server("anna", owned=True)
    assert (await merchant.send("PUT", SCENARIO, {"use": "nothing"}, FIRST)).status == 422
    assert (await merchant.send("GET", ORDER, headers=SECOND)).status == 404


async def test_admin_token_opens_every_owned_sandbox(own_server: NewServer) -> None:
    merchant = await own_server("anna", {"admin_token": "admin"}, owned=True)
    await merchant.send("GET", ORDER, headers=FIRST)
    assert (await merchant.send("GET", CLOCK, headers=TOKEN)).status == 200
    assert (await merchant.send("GET", CLOCK, headers=FIRST)).status == 200
    assert (await merchant.send("GET", CLOCK, headers=SECOND)).status == 403


async def test_list_of_sandboxes_still_needs_the_admin_token(own_server: NewServer) -> None:
    merchant = await own_server("anna", {"admin_token": "admin"}, owned=True)
    for headers, status in ((FIRST, 401), (TOKEN, 200)):
        response = await merchant.send("GET", "/__admin/sandboxes", headers=headers)
        assert response.status == status


async def test_dropped_sandbox_can_be_owned_again(own_server: NewServer) -> None:
    merchant = await own_server("anna", owned=True)
    await merchant.send("GET", ORDER, headers=FIRST)
    dropped = await merchant.send("DELETE", "/__admin/sandboxes/anna", headers=FIRST)
    assert dropped.status == 204
    assert (await merchant.send("GET", ORDER, headers=SECOND)).status == 404
