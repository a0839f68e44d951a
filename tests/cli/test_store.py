"""``serve --store``: a store that cannot be used ends the server with what to do."""

from pathlib import Path

import pytest

from tests.cli.conftest import RunVerb
from tests.support.processes import serving

REFUSED = {
    "unknown": ("ftp://x", "--store: expected memory:, file:PATH, or valkey://HOST:PORT"),
    "unreachable": (
        "valkey://user:pass-word@127.0.0.1:1",
        "--store: valkey://127.0.0.1:1 cannot be used",
    ),
}


@pytest.mark.parametrize(("store", "message"), REFUSED.values(), ids=REFUSED)
def test_a_store_that_cannot_be_used_is_a_usage_error(
    store: str, message: str, run_verb: RunVerb
) -> None:
    ended = run_verb("serve", "--port", "0", "--store", store)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "pass-word" not in ended.stderr


def test_a_file_serves_one_server_at_a_time(tmp_path: Path, run_verb: RunVerb) -> None:
    store = f"file:{tmp_path / 'shop.db'}"
    with serving("--port", "0", "--store", store):
        second = run_verb("serve", "--port", "0", "--store", store)
    assert second.returncode == 2
    assert "shop.db is in use by another server; stop it" in second.stderr
