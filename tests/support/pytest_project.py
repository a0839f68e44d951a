"""Run the tests of a separate project in a process."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from tests.support.processes import environment

TIMEOUT = 120  # seconds, for a process that never ends
OTHER_PLUGINS = ("anyio", "asyncio", "aiohttp", "schemathesis", "hypothesispytest", "faker")
"""Plugins of this environment that would take most of the time of a short run."""

CLIENT = """
import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

SNEAKERS = {"reference": "B24680", "name": "Sneakers", "quantity": 1,
            "unit_price": 10000, "total_amount": 10000}

def send(kustom, method, path, body=None):
    connection = HTTPConnection(urlsplit(kustom.base_url).netloc, timeout=30)
    headers = {**kustom.headers, "Content-Type": "application/json"}
    full_path = "/ordermanagement/v1/orders/" + path
    connection.request(method, full_path, json.dumps(body) if body else None, headers)
    response = connection.getresponse()
    response.body = response.read()
    connection.close()
    return response
"""


def run_tests(
    folder: Path,
    source: str,
    *flags: str,
    python: str = sys.executable,
    **files: str,
) -> tuple[int, str]:
    """Run tests; return the exit code and the output."""
    (folder / "test_shop.py").write_text(CLIENT + dedent(source), encoding="utf-8")
    (folder / "pytest.ini").write_text(files.pop("ini", "[pytest]\n"), encoding="utf-8")
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_text(dedent(text), encoding="utf-8")
    quiet = ["-p", "no:cacheprovider", "--strict-markers", "-W", "error"]
    others = () if python != sys.executable else OTHER_PLUGINS
    alone = [part for name in others for part in ("-p", f"no:{name}")]
    result = subprocess.run(
        [python, "-m", "pytest", *quiet, *alone, *flags],
        check=False,
        capture_output=True,
        cwd=folder,
        env=environment(),
        text=True,
        timeout=TIMEOUT,
    )
    return result.returncode, result.stdout + result.stderr
