"""Listening on both address families, with one port."""

import socket
from contextlib import closing
from errno import EADDRINUSE, EADDRNOTAVAIL

import pytest

from mockserver.http.listening import open_sockets


def has_ipv6_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6_loopback(), reason="needs ::1")

HOSTS = {
    "localhost": {"127.0.0.1", "::1"},
    "::": {"::", "0.0.0.0"},  # noqa: S104
    "127.0.0.1": {"127.0.0.1"},
    "::1": {"::1"},
}


@pytest.mark.parametrize("host", HOSTS)
def test_every_address_of_a_host_is_listened_on_with_one_port(host: str) -> None:
    sockets = open_sockets(host, 0)
    names = [opened.getsockname() for opened in sockets]
    for opened in sockets:
        opened.close()
    assert {name[0] for name in names} == HOSTS[host]
    assert len({name[1] for name in names}) == 1


def test_missing_address_family_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_on(monkeypatch, "::1", EADDRNOTAVAIL)
    (opened,) = open_sockets("localhost", 0)
    with closing(opened):
        assert opened.getsockname()[0] == "127.0.0.1"


def test_host_without_any_address_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_on(monkeypatch, "::1", EADDRNOTAVAIL)
    with pytest.raises(OSError, match="injected"):
        open_sockets("::1", 0)


def test_port_in_use_on_one_family_is_refused_and_closes_the_other() -> None:
    (used,) = open_sockets("::1", 0)
    port = used.getsockname()[1]
    with closing(used), pytest.raises(OSError, match="in use"):
        open_sockets("localhost", port)
    for opened in open_sockets("localhost", port):
        opened.close()


def test_free_port_that_the_other_family_uses_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_on(monkeypatch, "::1", EADDRINUSE, times=1)
    sockets = open_sockets("localhost", 0)
    assert len({opened.getsockname()[1] for opened in sockets}) == 1
    for opened in sockets:
        opened.close()


def fail_on(
    monkeypatch: pytest.MonkeyPatch, address: str, errno: int, times: int | None = None
) -> None:
    """Make sockets of an address fail, always or a number of times."""
    create = socket.create_server
    failures: list[tuple[str, int]] = []

    def create_or_fail(address_and_port: tuple[str, int], **options: object) -> socket.socket:
        if address_and_port[0] == address and (times is None or len(failures) < times):
            failures.append(address_and_port)
            raise OSError(errno, "injected")
        return create(address_and_port, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_server", create_or_fail)
