"""``serve --store``: a store that cannot be used ends the server with what to do."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from mockserver import ControlClient
from tests.support.cli import RunVerb
from tests.support.homes import find_engine, running_engine
from tests.support.processes import serving

needs_engine = pytest.mark.skipif(
    find_engine() is None, reason="needs valkey-server or redis-server"
)

EXPECTED = "expected memory:, file:PATH, valkey://HOST:PORT or redis://HOST:PORT"
REFUSED = {
    "an unknown scheme": ("ftp://x", f"--store ftp://x: {EXPECTED}"),
    "no scheme": ("shop.db", f"--store shop.db: {EXPECTED}"),
    "no path": ("file", f"--store file: {EXPECTED}"),
    "an unknown scheme with a password": ("ftp://u:pass-word@x", f"--store …: {EXPECTED}"),
    "a file on a host": (
        "file://x.db",
        "--store file://x.db: expected file:PATH or file:///PATH",
    ),
    "an unescaped password": (
        "redis://:pass-word/1@localhost:1",
        "--store redis://…: expected valkey://USER:PASSWORD@HOST:PORT",
    ),
    "an unknown parameter": (
        "redis://u:pass-word@localhost:1/0?foo=bar",
        "--store redis://localhost:1/0: expected one of the parameters db, got 'foo'",
    ),
    "unreachable": (
        "REDIS://user:pass-word@127.0.0.1:1",
        "--store redis://127.0.0.1:1: cannot be used: Error",
    ),
}


@pytest.mark.parametrize(("store", "message"), REFUSED.values(), ids=REFUSED)
def test_store_that_cannot_be_used_is_a_usage_error(
    store: str, message: str, run_verb: RunVerb
) -> None:
    ended = run_verb("serve", "--port", "0", "--store", store)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "pass-word" not in ended.stderr


def test_file_serves_one_server_at_a_time(tmp_path: Path, run_verb: RunVerb) -> None:
    store = f"file:{tmp_path / 'shop.db'}"
    with serving("--port", "0", "--store", store):
        second = run_verb("serve", "--port", "0", "--store", store)
    assert second.returncode == 2
    assert f"--store {store}: in use by another server; stop it" in second.stderr


def stop(process: subprocess.Popen[str]) -> str:
    """Stop a server; return what it logged."""
    process.terminate()
    return process.communicate()[1]


def test_unreadable_demo_sandbox_does_not_stop_the_start(tmp_path: Path) -> None:
    store = f"file:{tmp_path / 'shop.db'}"
    with serving("--port", "0", "--store", store) as (process, _):
        stop(process)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("UPDATE field SET value = x'00' WHERE field = 'settings'")
        connection.commit()
    with serving("--port", "0", "--store", store) as (process, url):
        ControlClient(url, "other").reset()
        logged = stop(process)
    assert "serving without the sandbox 'demo': sandbox 'demo' cannot be read" in logged


@needs_engine
def test_full_store_does_not_stop_the_start(tmp_path: Path) -> None:
    with (
        running_engine(tmp_path, "--maxmemory", "1") as store,
        serving("--port", "0", "--store", store) as (process, _),
    ):
        logged = stop(process)
    assert "serving without the sandbox 'demo': the store of the sandboxes is full" in logged
