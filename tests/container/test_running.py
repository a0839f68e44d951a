"""Containers of the image, run without capabilities on a read-only root."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver import __version__
from tests.support.container_engine import IMAGE, Container, Engine

pytestmark = pytest.mark.container

ORDERS = "/__admin/sandboxes/demo/orders"
FAULTS = "/__admin/sandboxes/demo/faults"
MERCHANT = "/ordermanagement/v1/orders"
SCENARIO = """\
version: 1
title: Mounted
orders:
  mounted-order:
    lines: [{reference: A1, name: Thing, unit_price: 100}]
"""


@pytest.fixture(scope="module")
def container(engine: Engine) -> Iterator[Container]:
    with engine.running() as running:
        assert running.is_ready(), running.logs()
        yield running


def orders_of(container: Container) -> list[str]:
    """Return the names of the orders in a new sandbox."""
    return [order["name"] for order in json.loads(container.curl(ORDERS))["orders"]]


def test_published_port_responds(container: Container) -> None:
    assert json.loads(container.curl("/healthz"))["version"] == __version__


def test_default_scenario_has_one_order(container: Container) -> None:
    assert orders_of(container) == ["fresh"]


def test_process_is_not_root(container: Container) -> None:
    assert container.user() == 10001


def test_healthcheck_returns_0_for_a_running_server(container: Container) -> None:
    assert container.verb("healthcheck").returncode == 0


def test_healthcheck_returns_1_without_a_server(container: Container) -> None:
    assert container.verb("healthcheck", "--url", "http://127.0.0.1:1").returncode == 1


def test_image_has_scenarios_and_schema(container: Container) -> None:
    assert "split-shipment" in container.verb("scenarios", "list").stdout
    assert json.loads(container.verb("schema").stdout)


def test_container_runs_as_an_unknown_user(engine: Engine) -> None:
    with engine.running("--user=12345:0") as running:
        assert running.is_ready(), running.logs()
        assert running.user() == 12345


def test_environment_selects_a_shipped_scenario(engine: Engine) -> None:
    with engine.running("--env=KUSTOM_MOCK_SCENARIO=split-shipment") as running:
        assert running.is_ready(), running.logs()
        assert orders_of(running) == ["two-shipments"]


@pytest.mark.parametrize("options", [(), ("--env=KUSTOM_MOCK_SCENARIO=mine.yaml",)])
def test_mounted_scenarios_are_loaded(
    engine: Engine,
    tmp_path: Path,
    options: tuple[str, ...],
) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    with engine.running(f"--volume={tmp_path}:/scenarios:ro", *options) as running:
        assert running.is_ready(), running.logs()
        assert orders_of(running) == ["mounted-order"]


def test_container_runs_with_a_custom_command_line(engine: Engine) -> None:
    with engine.running(command=["serve", "--log-format", "json"]) as running:
        assert running.is_ready(), running.logs()
        assert orders_of(running) == ["fresh"]


def test_other_verbs_run(engine: Engine) -> None:
    printed = engine.call("run", "--rm", *engine.hardened, IMAGE, "version")
    assert printed == f"kustom-mock {__version__}\n"


def test_sigterm_stops_within_a_second(engine: Engine) -> None:
    with engine.running() as running:
        assert running.is_ready(), running.logs()
        assert running.stop(1) == 0
        assert "Traceback" not in running.logs()


def test_sigterm_stops_within_a_second_during_a_hanging_fault(engine: Engine) -> None:
    with engine.running() as running:
        assert running.is_ready(), running.logs()
        order = json.loads(running.curl(ORDERS))["orders"][0]["order_id"]
        rule = json.dumps({"on": "get_order", "do": {"drop": "hang"}})
        running.curl(FAULTS, "--header", "Content-Type: application/json", "--data", rule)
        url = f"http://{running.address}{MERCHANT}/{order}"
        with engine.background("curl", "-s", "--max-time", "30", "--user", "demo:any", url):
            while not json.loads(running.curl(FAULTS))["faults"][0]["fired"]:
                pass
            assert running.stop(1) == 0
        assert "Traceback" not in running.logs()


def test_verifying_client_connects_under_the_provider_host(
    engine: Engine,
    tmp_path: Path,
) -> None:
    options = (
        "--env=KUSTOM_MOCK_TLS=true",
        "--env=KUSTOM_MOCK_PORT=443",
        "--sysctl=net.ipv4.ip_unprivileged_port_start=0",
    )
    with engine.running(*options, port=443) as running:
        assert running.is_ready(), running.logs()
        authority = tmp_path / "ca.pem"
        authority.write_text(running.verb("tls", "ca").stdout, encoding="utf-8")
        alias = f"api.playground.kustom.co:443:{running.address}"
        url = "https://api.playground.kustom.co/__admin/health"
        body = running.curl(url, "--cacert", str(authority), "--connect-to", alias)
        assert json.loads(body)["status"] == "ok"
        assert running.stop(1) == 0


KNOWN_WARNINGS = ("can use the control API", "plain HTTP to the TLS port")
"""The image listens beyond loopback without a token; a health check does not see flags."""


def test_healthcheck_works_when_a_flag_enables_https(engine: Engine) -> None:
    with engine.running(command=["serve", "--tls"]) as running:
        assert running.is_ready(), running.logs()
        assert running.verb("healthcheck").returncode == 0
        _, *warnings = running.logs().splitlines()
        assert [text for text in KNOWN_WARNINGS if any(text in line for line in warnings)] == [
            *KNOWN_WARNINGS
        ]
        assert len(warnings) == len(KNOWN_WARNINGS)
