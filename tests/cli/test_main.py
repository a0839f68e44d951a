"""The command line, as real processes: what it prints, answers and exits with."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import EACCES
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockserver import __version__
from mockserver.cli.startup import describe_listen_error
from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.settings import Settings, unknown_variable_warnings
from tests.support.merchant import basic

PATIENCE = 30  # seconds, for a process that never ends
COMMAND = [sys.executable, "-m", "mockserver"]
ROOT = Path(__file__).parents[2]
READY = re.compile(rf"kustom-mock {re.escape(__version__)} listening on (https?://\S+:\d+)\n")


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("KUSTOM_MOCK_")}
    return {**own, **variables}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        check=False,
        capture_output=True,
        cwd=ROOT,
        env=surroundings(variables),
        text=True,
        timeout=PATIENCE,
    )


@contextmanager
def serving(*flags: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server until the test ends it, and give the address it printed."""
    with subprocess.Popen(
        [*COMMAND, "serve", *flags],
        cwd=ROOT,
        env=surroundings(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = READY.fullmatch(process.stdout.readline())
            assert ready is not None
            yield process, ready[1]
        finally:
            process.kill()


def get(url: str, path: str, user: str = "someone") -> tuple[int, dict[str, str], bytes]:
    """Ask a server."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    connection.request("GET", path, headers={"Authorization": basic(user)})
    response = connection.getresponse()
    page = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return page


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_server_says_one_line_answers_and_ends_well_when_told(ending: signal.Signals) -> None:
    with serving("--port", "0") as (process, url):
        assert get(url, "/healthz")[0] == 200
        orders = json.loads(get(url, "/__admin/sandboxes/someone/orders")[2])["orders"]
        path = f"/ordermanagement/v1/orders/{orders[0]['order_id']}"
        assert get(url, path)[0] == 200
        process.send_signal(ending)
        rest, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_server_ends_although_clients_keep_their_connections() -> None:
    with serving("--port", "0") as (process, url):
        connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
        connection.close()


def test_a_port_in_use_ends_it_with_a_clear_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", "--port", port)
    assert (ended.returncode, ended.stdout) == (2, "")
    hint = "address already in use; choose another, or 0 for a free one"
    assert ended.stderr == f"kustom-mock: --port {port}: {hint}\n"


def test_a_port_that_takes_privileges_is_told() -> None:
    settings = Settings(port=80, from_environment=frozenset({"port"}))
    refused = PermissionError(EACCES, "permission denied")
    assert describe_listen_error(refused, settings) == (
        "KUSTOM_MOCK_PORT 80: permission denied;"
        " choose one from 1024, which takes no privileges"
    )


def test_any_other_problem_is_told_in_the_words_of_the_system() -> None:
    assert describe_listen_error(OSError("odd"), Settings()) == "--port 8566: odd"


WRONG_USAGE: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "a flag that is none": (["serve", "--prot", "1"], {}, ["--prot"]),
    "a flag that is none, beside the verb's own": (
        ["serve", "--prot", "1"],
        {},
        ["usage: kustom-mock serve ", "[--port PORT]"],
    ),
    "a flag that is none of an inner verb": (
        ["tls", "ca", "--foldr", "x"],
        {},
        ["usage: kustom-mock tls ca ", "[--tls-folder FOLDER]", "--foldr"],
    ),
    "a verb that is none": (["sreve"], {}, ["sreve", "serve"]),
    "no verb": ([], {}, ["VERB"]),
    "a port that is none": (["serve", "--port", "http"], {}, ["--port", "http", "0 to 65535"]),
    "a port too high": (["serve", "--port", "70000"], {}, ["--port", "70000", "0 to 65535"]),
    "a level that is none": (
        ["serve", "--log-level", "loud"],
        {},
        ["--log-level", "loud", "debug or info or warning or error"],
    ),
    "a variable that cannot be used": (
        ["serve"],
        {"KUSTOM_MOCK_PORT": "http"},
        ["KUSTOM_MOCK_PORT", "http", "0 to 65535"],
    ),
    "a switch that is neither": (
        ["serve"],
        {"KUSTOM_MOCK_MOCK_HEADERS": "maybe"},
        ["KUSTOM_MOCK_MOCK_HEADERS", "maybe", "a boolean"],
    ),
    "a scenario that is none": (
        ["serve", "--port", "0", "--scenario", "fresh-ordre"],
        {},
        ["fresh-ordre", "did you mean 'fresh-order'?"],
    ),
    "a scenario of the environment that is none": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_SCENARIO": "fresh-ordre"},
        ["KUSTOM_MOCK_SCENARIO: ", "fresh-ordre", "did you mean 'fresh-order'?"],
    ),
    "an address that is another machine's": (
        ["serve", "--host", "192.0.2.1", "--port", "0"],
        {},
        ["kustom-mock: --host 192.0.2.1: no address of this machine; choose one"],
    ),
    "a host name that is none": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_HOST": "no such.invalid"},
        ["kustom-mock: KUSTOM_MOCK_HOST no such.invalid: no address is known for this name"],
    ),
    "a port that a service link made": (
        ["serve"],
        {"KUSTOM_MOCK_PORT": "tcp://10.0.0.1:8566"},
        ["KUSTOM_MOCK_PORT", "tcp://10.0.0.1:8566", "Kubernetes", "give --port"],
    ),
    "a scenario that cannot be read": (
        ["serve", "--port", "0", "--scenario", "x" * 300],
        {},
        ["kustom-mock: --scenario: 'xxx", "' cannot be read: File name too long"],
    ),
    "an assumption that is none": (
        ["serve", "--port", "0", "--assume", "capture_capasity=captured"],
        {},
        ["--assume", "capture_capasity", "did you mean 'capture_capacity'?"],
    ),
    "an assumption of the environment that is none": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_ASSUME": "capture_capasity=captured"},
        ["kustom-mock: KUSTOM_MOCK_ASSUME: ", "did you mean 'capture_capacity'?"],
    ),
    "an assumption without a value": (
        ["serve", "--port", "0", "--assume", "capture_capacity"],
        {},
        ["--assume: expected name=value, got 'capture_capacity'"],
    ),
    "a certificate without its key": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_TLS_CERT": "a.pem"},
        ["KUSTOM_MOCK_TLS_CERT: needs --tls-key as well"],
    ),
    "a certificate of the environment that is none": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_TLS_CERT": "no.pem", "KUSTOM_MOCK_TLS_KEY": "no.pem"},
        ["KUSTOM_MOCK_TLS_CERT: cannot use no.pem with no.pem"],
    ),
    "a folder of the environment that is none": (
        ["tls", "ca"],
        {"KUSTOM_MOCK_TLS_FOLDER": "/dev/null/ca"},
        ["KUSTOM_MOCK_TLS_FOLDER: "],
    ),
    "an assumption with another value": (
        ["serve", "--port", "0", "--assume", "capture_capacity=all"],
        {},
        ["--assume", "capture_capacity", "all", "remaining or captured"],
    ),
}


@pytest.mark.parametrize("case", WRONG_USAGE)
def test_wrong_usage_ends_with_2_and_says_what_would_be_right(case: str) -> None:
    arguments, variables, words = WRONG_USAGE[case]
    ended = run(*arguments, **variables)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert [word for word in words if word not in ended.stderr] == []
    assert "Traceback" not in ended.stderr


def test_a_scenario_file_that_cannot_be_used_is_shown_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("version: 1\norders:\n  one:\n    lines: []\n", encoding="utf-8")
    ended = run("serve", "--port", "0", "--scenario", str(file))
    assert ended.returncode == 2
    assert f"{file}:4:" in ended.stderr


def test_the_environment_sets_what_flags_set() -> None:
    with serving(KUSTOM_MOCK_PORT="0", KUSTOM_MOCK_MOCK_HEADERS="off") as (_, url):
        status, headers, _ = get(url, "/nothing")
    assert status == 404
    assert "Mock-Reason" not in headers


MISSPELT = {
    "a setting": ("KUSTOM_MOCK_PROT", "did you mean KUSTOM_MOCK_PORT?"),
    "in small letters": ("KUSTOM_MOCK_log_level", "did you mean KUSTOM_MOCK_LOG_LEVEL?"),
    "like none": ("KUSTOM_MOCK_ZZZ", "see serve --help"),
}


@pytest.mark.parametrize("case", MISSPELT)
def test_a_variable_that_nothing_reads_is_warned_of(case: str) -> None:
    variable, hint = MISSPELT[case]
    gone = run("healthcheck", KUSTOM_MOCK_PORT="1", **{variable: "1"})
    warning = gone.stderr.splitlines()[0]
    assert warning.startswith(f"kustom-mock: warning: {variable} is no setting and is ignored")
    assert hint in warning


def test_what_others_set_is_not_warned_of() -> None:
    others = {
        "KUSTOM_MOCK_URL": "http://127.0.0.1:1",
        "KUSTOM_MOCK_SERVICE_HOST": "10.0.0.1",
        "KUSTOM_MOCK_SERVICE_PORT_HTTP": "8566",
        "KUSTOM_MOCK_PORT_8566_TCP_ADDR": "10.0.0.1",
        "KUSTOM_URL": "",
    }
    assert list(unknown_variable_warnings(others)) == []


def test_a_flag_wins_over_its_variable() -> None:
    with serving("--port", "0", "--mock-headers", "true", KUSTOM_MOCK_PORT="http") as (_, url):
        with_headers = get(url, "/nothing")[1]
    assert "Mock-Reason" in with_headers


def test_equal_seeds_make_equal_orders() -> None:
    seen = []
    for _ in range(2):
        with serving("--port", "0", "--seed", "7") as (_, url):
            page = json.loads(get(url, "/__admin/sandboxes/someone/orders")[2])
            seen.append([order["order_id"] for order in page["orders"]])
    assert seen[0] == seen[1]


def test_the_demo_tells_the_providers_example_and_how_it_goes_wrong() -> None:
    told = run("demo")
    assert (told.returncode, told.stderr) == (0, "")
    story = " ".join(told.stdout.split())
    for text in (
        "Order of 20000: T-shirt 3000, jeans 7000, sneakers 10000",
        "POST captures 10000 (T-shirt, Jeans) -> 201",
        "POST captures 10000 (Sneakers) -> 201",
        "POST refunds 10000 (B24680) -> 201",
        "POST refunds 10000 (B2468O) -> 201",
        "Refund of 10000: accepted, but NOT allocated to a capture.",
        "Change reference 'B2468O' to 'B24680'.",
    ):
        assert text in story
    first, second = re.findall(r"-> 201, ([A-Z0-9]{8})-2", story)
    assert f"Refund of 10000: allocated to capture {first}-2." in story
    assert f"Nearest: capture {second}-2" in story
    conditions = re.findall(r"^ +(ok|NO) +(\w+)", told.stdout, re.MULTILINE)
    names = [
        "no_earlier_failure",
        "lines_add_up",
        "references_in_one_capture",
        "fits_capture",
    ]
    assert [name for _, name in conditions] == names * 3
    assert [verdict for verdict, _ in conditions] == [
        *["ok"] * 4,
        *["ok", "ok", "NO", "ok"],
        *["NO", "ok", "ok", "ok"],
    ]


def test_fidelity_prints_every_assumption() -> None:
    text, markdown = run("fidelity"), run("fidelity", "--format", "markdown")
    assert (text.returncode, markdown.returncode) == (0, 0)
    assert [assumption for assumption in ASSUMPTIONS if assumption not in text.stdout] == []
    assert markdown.stdout.startswith("# Fidelity")


def test_version_prints_the_version() -> None:
    ended = run("version")
    assert (ended.returncode, ended.stdout) == (0, f"kustom-mock {__version__}\n")


def test_a_healthcheck_says_by_its_exit_code_how_a_server_is() -> None:
    with serving("--port", "0") as (_, url):
        assert run("healthcheck", "--url", url).returncode == 0
        assert run("healthcheck", KUSTOM_MOCK_URL=url).returncode == 0
        port = str(urlsplit(url).port)
        assert run("healthcheck", KUSTOM_MOCK_PORT=port).returncode == 0
    gone = run("healthcheck", "--url", url)
    assert gone.returncode == 1
    assert f"{url} is not healthy" in gone.stderr


def test_help_names_every_verb() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    for verb in ("serve", "demo", "fidelity", "healthcheck", "version"):
        assert verb in ended.stdout


@pytest.mark.parametrize("url", ["foo", "localhost:8566", "http://", "ftp://localhost"])
def test_a_healthcheck_says_what_an_address_looks_like(url: str) -> None:
    asked = run("healthcheck", "--url", url)
    assert asked.returncode == 1
    expected = "expected a URL such as http://127.0.0.1:8566"
    assert asked.stderr == f"kustom-mock: {url} is not healthy: {expected}\n"
