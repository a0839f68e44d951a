"""A start leaves what it does without as it was, whatever happens meanwhile."""

import gc
import os
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import trustme

from mockserver.cli.starting import AUTHORITIES, collecting_no_garbage, trusting_nobody

FILE, FOLDER = AUTHORITIES
"""The variables of OpenSSL."""


@contextmanager
def failing_within(start: AbstractContextManager[None]) -> Iterator[None]:
    """Fail to import something, after what is tried meanwhile."""
    try:
        with start:
            yield
            raise ImportError
    except ImportError:
        pass


@pytest.mark.parametrize("given", [None, "mine.pem"])
def test_whom_the_machine_trusts_is_read_again_afterwards(
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.delenv(FILE, raising=False)
    if given:
        monkeypatch.setenv(FILE, given)
    with failing_within(trusting_nobody()):
        assert {os.environ[FILE], os.environ[FOLDER]} == {os.devnull}
    assert (os.environ.get(FILE), os.environ.get(FOLDER)) == (given, None)


def test_a_context_that_is_made_meanwhile_trusts_nobody(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    bundle = tmp_path / "authorities.pem"
    trustme.CA().cert_pem.write_to_path(bundle)
    monkeypatch.setenv(FILE, str(bundle))
    with trusting_nobody():
        assert ssl.create_default_context().get_ca_certs() == []
    assert len(ssl.create_default_context().get_ca_certs()) == 1


def test_garbage_is_looked_for_again_afterwards() -> None:
    with failing_within(collecting_no_garbage()):
        assert not gc.isenabled()
    assert gc.isenabled()
