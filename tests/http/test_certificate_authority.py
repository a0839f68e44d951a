"""Local certificate authority: what it may sign, and how it is stored."""

from collections.abc import Callable
from datetime import timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from mockserver.http import certificate_authority
from mockserver.http.certificate_authority import (
    TlsError,
    create_ca,
    create_ca_pem,
    load_or_create_ca,
)
from mockserver.sandbox.clock import wall_clock

NAMES = ("api.kustom.co", "localhost", "127.0.0.1", "::1")


def certificate_of(authority: trustme.CA) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes())


def test_authority_may_sign_for_the_given_names_only() -> None:
    extensions = certificate_of(create_ca(NAMES)).extensions
    constraints = extensions.get_extension_for_class(x509.NameConstraints)
    permitted = [str(name.value) for name in constraints.value.permitted_subtrees or ()]
    assert sorted(permitted) == ["127.0.0.1/32", "::1/128", "api.kustom.co", "localhost"]
    assert constraints.critical
    basic = extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)


def test_authority_is_valid_for_two_years() -> None:
    certificate = certificate_of(create_ca(NAMES))
    remaining = certificate.not_valid_after_utc - wall_clock()
    assert timedelta(days=728) < remaining < timedelta(days=730)


def test_processes_that_start_together_get_one_authority(tmp_path: Path) -> None:
    with ThreadPool(8) as pool:
        authorities = pool.map(lambda _: load_or_create_ca(tmp_path, NAMES), range(8))
    assert len({authority.cert_pem.bytes() for authority in authorities}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca-key.pem", "ca.pem"]


def test_key_is_private_to_its_owner(tmp_path: Path) -> None:
    load_or_create_ca(tmp_path, NAMES)
    assert (tmp_path / "ca-key.pem").stat().st_mode & 0o777 == 0o600


def test_folder_of_version_0_1_is_still_used(tmp_path: Path) -> None:
    old = trustme.CA()
    old.cert_pem.write_to_path(tmp_path / "ca.pem")
    old.private_key_pem.write_to_path(tmp_path / "ca-key.pem")
    (tmp_path / "ca-key.pem").chmod(0o600)
    assert certificate_of(load_or_create_ca(tmp_path, NAMES)) == certificate_of(old)


def _readable_key(folder: Path) -> None:
    load_or_create_ca(folder, NAMES)
    (folder / "ca-key.pem").chmod(0o644)


def _lost_key(folder: Path) -> None:
    load_or_create_ca(folder, NAMES)
    (folder / "ca-key.pem").unlink()


def _foreign_key(folder: Path) -> None:
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().private_key_pem.write_to_path(folder / "ca-key.pem")
    (folder / "ca-key.pem").chmod(0o600)


def _no_key(folder: Path) -> None:
    (folder / "ca-key.pem").touch(0o600)
    (folder / "ca.pem").touch()


def _other_names(folder: Path) -> None:
    load_or_create_ca(folder, [*NAMES[1:], "shop.example"])


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a key that others can read": (_readable_key, "can be read by other users: chmod 600"),
    "a certificate without its key": (_lost_key, "has no ca-key.pem beside it"),
    "the key of another certificate": (_foreign_key, "does not belong to the certificate"),
    "an empty key": (_no_key, "cannot read key and certificate"),
    "an authority for other names": (_other_names, "is not made for api.kustom.co"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_authority_is_refused(tmp_path: Path, case: str) -> None:
    arrange, message = UNUSABLE[case]
    arrange(tmp_path)
    with pytest.raises(TlsError, match=message):
        load_or_create_ca(tmp_path, NAMES)


def test_expired_authority_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_authority, "CA_LIFETIME", timedelta(hours=1))
    with pytest.raises(TlsError, match="is expired: delete it"):
        load_or_create_ca(tmp_path, NAMES)


def test_key_and_certificate_are_one_pem_text() -> None:
    pem = create_ca_pem(NAMES)
    assert (pem.count(b"PRIVATE KEY-----"), pem.count(b"CERTIFICATE-----")) == (2, 2)
