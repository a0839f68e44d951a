"""Where the health check asks, from the settings of the server."""

import pytest

from mockserver.cli.main import main
from mockserver.cli.probe import local_urls
from mockserver.settings import load_settings

URLS = {
    "nothing set": ({}, ["http://127.0.0.1:8566", "http://[::1]:8566"]),
    "all addresses": ({"HOST": "::"}, ["http://127.0.0.1:8566", "http://[::1]:8566"]),
    "all of IPv4": ({"HOST": "0.0.0.0"}, ["http://127.0.0.1:8566"]),  # noqa: S104
    "one IPv6 address": ({"HOST": "::1", "PORT": "9000"}, ["http://[::1]:9000"]),
    "a host name": ({"HOST": "mock.test"}, ["http://mock.test:8566"]),
    "TLS": ({"HOST": "127.0.0.1", "TLS": "yes"}, ["https://127.0.0.1:8566"]),
}


@pytest.mark.parametrize("case", URLS)
def test_health_check_asks_where_the_settings_let_the_server_listen(case: str) -> None:
    variables, urls = URLS[case]
    environ = {f"KUSTOM_MOCK_{name}": value for name, value in variables.items()}
    assert local_urls(load_settings({}, environ))[: len(urls)] == urls


def test_health_check_refuses_an_address_beside_the_url(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["healthcheck", "--url", "http://127.0.0.1:1", "--port", "9"]) == 2
    assert "--port: has no effect with --url" in capsys.readouterr().err
