"""The start with Valkey or Redis: what cannot be used is refused, what loses data warned of."""

import re
from pathlib import Path

import pytest
import trustme

from mockserver.homes.store import StoreError
from mockserver.homes.valkey import ValkeyStore
from mockserver.homes.valkey_checks import NEEDED_RIGHTS
from tests.support.homes import find_engine, running_engine, stored_home

pytestmark = pytest.mark.skipif(
    find_engine() is None, reason="needs valkey-server or redis-server"
)

RIGHTS = "no permissions .*; allow its user"
PASSWORD = "; check the user and the password"
ACL = "--user default on nopass"
UNUSABLE = {
    "without scripts": (f"{ACL} ~* +@all -@scripting", "", RIGHTS),
    "without rights to its keys": (f"{ACL} ~other:* +@all", "", RIGHTS),
    "without the right to be asked": (f"{ACL} ~* +@all -info", "", RIGHTS),
    "with another password": ("--requirepass right", "wrong", PASSWORD),
    "with a password unlike ours": ("--requirepass right", "", PASSWORD),
    "with fewer databases": ("--databases 1", "", "out of range; choose a lower number"),
    "that copies another": ("--replicaof 127.0.0.1 1", "", "is a replica, .*; use its primary"),
}


@pytest.mark.parametrize(("options", "password", "message"), UNUSABLE.values(), ids=UNUSABLE)
async def test_store_that_cannot_be_used_says_why(
    tmp_path: Path, options: str, password: str, message: str
) -> None:
    with running_engine(tmp_path, *options.split()) as url:
        store = ValkeyStore(f"{url.replace('//', f'//:{password}@')}?db=1")
        with pytest.raises(StoreError, match=message):
            await store.open()
        await store.close()


WARNINGS = {
    "": "appendonly is off",
    "--appendonly yes": "",
    "--appendonly yes --appendfsync no": "appendfsync is no",
    "--appendonly yes --maxmemory-policy allkeys-lru": "maxmemory-policy is allkeys-lru",
    "--appendonly yes --appendfsync no --user default on nopass ~* +@all -config": "",
}


@pytest.mark.parametrize("options", WARNINGS)
async def test_settings_that_lose_data_are_warned_of(
    tmp_path: Path, options: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running_engine(tmp_path, *options.split()) as url:
        store = ValkeyStore(url)
        await store.open()
        await store.close()
    warning = re.escape(f"{url}: {WARNINGS[options]}")
    assert re.fullmatch(f"{warning}.+" if WARNINGS[options] else "", "".join(caplog.messages))


async def test_rights_that_are_asked_for_suffice(tmp_path: Path) -> None:
    with running_engine(tmp_path, *f"{ACL} {NEEDED_RIGHTS}".split()) as url:
        home = stored_home(ValkeyStore(url))
        await home.open()
        await home.take_turn("shop", home.registry.get_or_create, "shop")
        await home.wait_for_change("shop", 0.01)
        assert await home.store.names() == ["shop"]
        await home.take_turn("shop", home.registry.drop, "shop")
        await home.close()


@pytest.mark.parametrize(
    ("host", "more", "is_accepted"),
    [
        ("localhost", "", True),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "&ssl_check_hostname=false", True),
        ("127.0.0.1", "&ssl_cert_reqs=none", True),
    ],
)
async def test_certificate_of_store_must_be_for_its_host(
    tmp_path: Path, unused_tcp_port: int, host: str, more: str, *, is_accepted: bool
) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    ca, own = tmp_path / "ca.pem", tmp_path / "own.pem"
    authority.cert_pem.write_to_path(ca)
    certificate.private_key_and_cert_chain_pem.write_to_path(own)
    files = f"--tls-cert-file {own} --tls-key-file {own} --tls-ca-cert-file {ca}"
    tls = f"--tls-port {unused_tcp_port} --tls-auth-clients no {files}"
    with running_engine(tmp_path, *tls.split()):
        store = ValkeyStore(f"rediss://{host}:{unused_tcp_port}?ssl_ca_certs={ca}{more}")
        if is_accepted:
            await store.open()
        else:
            with pytest.raises(StoreError, match=r"certificate|verify"):
                await store.open()
        await store.close()
