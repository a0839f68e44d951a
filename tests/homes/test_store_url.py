"""URLs of stores: what is wrong with one is said without its password."""

from pathlib import Path

import pytest

from mockserver.homes.store import StoreError
from mockserver.homes.store_url import URL_HINT, check_url, hide_password

HIDDEN = {
    "valkeys://u:secret@host:1/2?db=3": "valkeys://host:1/2",
    "REDIS://:secret@Host:1": "redis://Host:1",
    "redis://:se%40cret@[::1]:6379": "redis://[::1]:6379",
    "unix://:secret@/run/store.sock?db=1": "unix:///run/store.sock",
    "unix:/run/store.sock": "unix:///run/store.sock",
    "file:a@b.db": "file:a@b.db",
    "nonsense://x": "nonsense://x",
    "nonsense://u:secret@x": "…",
}


@pytest.mark.parametrize("url", HIDDEN)
def test_passwords_are_hidden(url: str) -> None:
    assert hide_password(url) == HIDDEN[url]


UNCLEAR = [
    "redis://:p@secret/w:rd#1@localhost:7402",
    "redis://:se@secret/et@localhost:7402",
    "redis://:x?secret@localhost:7402",
    "redis://user:1/secret@localhost:7402",
    "redis://user:1?secret@localhost:7402",
    "redis://:x#secret@localhost",
    "redis://:[secret@localhost",
    "redis://localhost:7499?password=aa@secret",
    "redis://user:secret",
    "redis://:secret",
    "redis://user:secret@",
    "valkey:user:secret@host",
    "unix://secret",
    "unix://:secret@host/run/store.sock",
    "unix://",
]


@pytest.mark.parametrize("url", UNCLEAR)
def test_address_that_may_hold_a_part_of_a_password_is_not_shown(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        check_url(url)
    assert str(raised.value) == URL_HINT
    assert hide_password(url) == f"{url.partition(':')[0]}://…"


INVALID = {
    "redis://host/abc": "expected the number of a database after the host, got 'abc'",
    "redis://host/1/2": "expected the number of a database after the host, got '1/2'",
    "redis://host?db=x": "db: expected a number, got 'x'",
    "redis://host?foo=bar": "expected one of the parameters db, got 'foo'",
    "redis://host?ssl_cert_reqs=none": "got 'ssl_cert_reqs'; valkeys:// and rediss:// use TLS",
    "rediss://host?ssl_cert_reqs=x": "expected none, optional or required, got 'x'",
    "rediss://host?ssl_check_hostname=": "ssl_check_hostname: expected true or false, got ''",
    "rediss://host?ssl_ca_certs=/no/ca.pem": (
        "ssl_ca_certs: expected a file that exists, got '/no/ca.pem'"
    ),
}


@pytest.mark.parametrize("url", INVALID)
def test_invalid_parts_of_an_address_are_named(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        check_url(url)
    assert str(raised.value).endswith(INVALID[url])


VALID = [
    "valkey://host",
    "redis://:p%40ss@host:6379/7",
    "redis://host/?db=7",
    "REDIS://host:6379",
    "unix:///run/store.sock?db=1",
    "rediss://host?ssl_cert_reqs=none&ssl_check_hostname=false",
]


@pytest.mark.parametrize("url", VALID)
def test_valid_addresses_are_accepted(url: str) -> None:
    check_url(url)


def test_file_of_certificates_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    check_url(f"rediss://host?ssl_ca_certs={tmp_path / 'ca.pem'}")
