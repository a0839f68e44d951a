"""The client, the sandbox of a test and the command line use a server with ``--owned``."""

from collections.abc import Iterator

import pytest

from mockserver.cli.main import main
from mockserver.client import ControlClient, ControlError
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import Scenario, wrap_value
from mockserver.testing.server_handle import KustomServer

SCENARIO = {"version": 1, "orders": {"o": {"lines": [{"unit_price": 5}]}}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    registry = SandboxRegistry(Scenario("empty", wrap_value({"version": 1})), owned=True)
    with running_in_thread(Server(registry)) as address:
        yield address


def test_control_client_sends_the_secret_of_its_sandbox(url: str) -> None:
    owner = ControlClient(url, "anna", secret="first")
    assert list(owner.load(SCENARIO)) == ["o"]
    with pytest.raises(ControlError, match="owned by another secret"):
        ControlClient(url, "anna", secret="second").orders()
    with pytest.raises(ControlError, match="expected 'Authorization: Basic"):
        ControlClient(url, "anna").orders()
    assert len(owner.orders()) == 1


def test_test_loads_and_drops_its_sandbox(url: str) -> None:
    with KustomServer(url).open_sandbox("test", SCENARIO) as sandbox:
        assert sandbox.auth == ("test", "secret")
        assert sandbox.clock.advance("1d") == []
        sandbox.load({**SCENARIO, "credentials": {"bo": "own secret"}})
        assert sandbox.auth == ("bo", "own secret")
        assert sandbox.control.invariants()["passed"]
    with pytest.raises(ControlError, match="no sandbox 'bo' is in use"):
        sandbox.control.info()


def test_audit_uses_the_password_of_a_sandbox(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ControlClient(url, "cora", secret="first").load(SCENARIO)
    command = ["audit", "--url", url, "cora", "--password"]
    assert main([*command, "first"]) == 0
    assert main([*command, "other"]) == 2
    assert "owned by another secret" in capsys.readouterr().err
