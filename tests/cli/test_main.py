"""The command line: what it prints, answers and exits with."""

import json
import re
import signal
import socket
from errno import EACCES
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockserver import __version__
from mockserver.cli.main import main
from mockserver.cli.startup import describe_listen_error
from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.settings import Settings, unknown_variable_warnings
from tests.support.cli import RunVerb
from tests.support.merchant import basic
from tests.support.processes import TIMEOUT, run, serving


def get(url: str, path: str, user: str = "someone") -> tuple[int, dict[str, str], bytes]:
    """Send a GET request."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    connection.request("GET", path, headers={"Authorization": basic(user)})
    response = connection.getresponse()
    page = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return page


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_one_line_and_exits_0_on_signal(ending: signal.Signals) -> None:
    with serving("--port", "0", traced=True) as (process, url):
        assert get(url, "/healthz")[0] == 200
        orders = json.loads(get(url, "/__admin/sandboxes/demo/orders")[2])["orders"]
        path = f"/ordermanagement/v1/orders/{orders[0]['order_id']}"
        assert get(url, path, "demo")[0] == 200
        process.send_signal(ending)
        rest, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_serve_stops_despite_open_connections() -> None:
    with serving("--port", "0") as (process, url):
        connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        process.terminate()
        assert process.wait(timeout=TIMEOUT) == 0
        connection.close()


def test_port_in_use_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--port", port)
    assert (result.returncode, result.stdout) == (2, "")
    hint = "address already in use; choose another, or 0 for a free one"
    assert result.stderr == f"kustom-mock: --port {port}: {hint}\n"


def test_privileged_port_is_explained() -> None:
    settings = Settings(port=80, from_environment=frozenset({"port"}))
    refused = PermissionError(EACCES, "permission denied")
    assert describe_listen_error(refused, settings) == (
        "KUSTOM_MOCK_PORT 80: permission denied;"
        " choose a port from 1024, which needs no privileges"
    )


def test_other_listen_errors_show_the_system_message() -> None:
    assert describe_listen_error(OSError("odd"), Settings()) == "--port 8566: odd"


WRONG_USAGE: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "a rewrite without a target": (
        ["serve", "--deliver", "https://shop.example"],
        {},
        ["--deliver", "expected https://shop.example=http://localhost:8080"],
    ),
    "an allowed host with a scheme": (
        ["serve", "--deliver-to", "http://x"],
        {},
        ["--deliver-to", "expected a host name or an address", "got 'http://x'"],
    ),
    "an allowed host without text": (
        ["serve", "--deliver-to", ""],
        {},
        ["--deliver-to", "got ''"],
    ),
    "a public URL without a scheme": (
        ["serve", "--public-url", "localhost:8566"],
        {},
        ["--public-url", "expected a URL such as https://kustom.example"],
    ),
    "a flag that is invalid": (["serve", "--prot", "1"], {}, ["--prot"]),
    "a flag that is invalid, beside the verb's own": (
        ["serve", "--prot", "1"],
        {},
        ["usage: kustom-mock serve ", "[--port PORT]"],
    ),
    "a flag that is invalid of an inner verb": (
        ["tls", "ca", "--foldr", "x"],
        {},
        ["usage: kustom-mock tls ca ", "[--tls-folder FOLDER]", "--foldr"],
    ),
    "a verb that is invalid": (["sreve"], {}, ["sreve", "serve"]),
    "no verb": ([], {}, ["VERB"]),
    "a port that is invalid": (
        ["serve", "--port", "http"],
        {},
        ["--port", "http", "0 to 65535"],
    ),
    "a port too high": (["serve", "--port", "70000"], {}, ["--port", "70000", "0 to 65535"]),
    "a level that is invalid": (
        ["serve", "--log-level", "loud"],
        {},
        ["--log-level", "loud", "one of debug, info, warning, error"],
    ),
    "a variable that cannot be used": (
        ["serve"],
        {"KUSTOM_MOCK_PORT": "http"},
        ["KUSTOM_MOCK_PORT", "http", "0 to 65535"],
    ),
    "an empty token": (
        ["serve", "--admin-token", ""],
        {},
        ["--admin-token", "expected a token"],
    ),
    "a token with a line break behind it": (
        ["serve"],
        {"KUSTOM_MOCK_ADMIN_TOKEN": "secret\n"},
        ["KUSTOM_MOCK_ADMIN_TOKEN", "expected a token, got one with blanks"],
    ),
    "an empty variable of the token": (
        ["serve"],
        {"KUSTOM_MOCK_ADMIN_TOKEN": ""},
        ["KUSTOM_MOCK_ADMIN_TOKEN", "leave it out to need no token"],
    ),
    "a switch that is neither": (
        ["serve"],
        {"KUSTOM_MOCK_MOCK_HEADERS": "maybe"},
        ["KUSTOM_MOCK_MOCK_HEADERS", "maybe", "true or false"],
    ),
    "a scenario that is invalid": (
        ["serve", "--port", "0", "--scenario", "fresh-ordre"],
        {},
        ["fresh-ordre", "did you mean 'fresh-order'?"],
    ),
    "a scenario of the environment that is invalid": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_SCENARIO": "fresh-ordre"},
        ["KUSTOM_MOCK_SCENARIO: ", "fresh-ordre", "did you mean 'fresh-order'?"],
    ),
    "an address of another machine": (
        ["serve", "--host", "192.0.2.1", "--port", "0"],
        {},
        ["kustom-mock: --host 192.0.2.1: not an address of this machine; use an address"],
    ),
    "a host name that is invalid": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_HOST": "no such.invalid"},
        ["kustom-mock: KUSTOM_MOCK_HOST no such.invalid: the host name cannot be resolved"],
    ),
    "a port that a service link made": (
        ["serve"],
        {"KUSTOM_MOCK_PORT": "tcp://10.0.0.1:8566"},
        ["KUSTOM_MOCK_PORT", "tcp://10.0.0.1:8566", "Kubernetes", "use --port"],
    ),
    "a scenario that cannot be read": (
        ["serve", "--port", "0", "--scenario", "x" * 300],
        {},
        ["kustom-mock: --scenario: 'xxx", "' cannot be read: File name too long"],
    ),
    "an assumption that is invalid": (
        ["serve", "--port", "0", "--assume", "capture_capasity=captured"],
        {},
        ["--assume", "capture_capasity", "did you mean 'capture_capacity'?"],
    ),
    "an assumption of the environment that is invalid": (
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
    "a certificate of the environment that is invalid": (
        ["serve", "--port", "0"],
        {"KUSTOM_MOCK_TLS_CERT": "no.pem", "KUSTOM_MOCK_TLS_KEY": "no.pem"},
        ["KUSTOM_MOCK_TLS_CERT: cannot use no.pem with no.pem"],
    ),
    "a folder of the environment that is invalid": (
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
def test_wrong_usage_exits_2_with_the_expected_value(case: str, run_verb: RunVerb) -> None:
    arguments, variables, expected_text = WRONG_USAGE[case]
    result = run_verb(*arguments, variables=variables)
    assert (result.returncode, result.stdout) == (2, "")
    assert [word for word in expected_text if word not in result.stderr] == []
    assert "Traceback" not in result.stderr


def test_invalid_scenario_of_serve_is_shown_with_its_position(
    tmp_path: Path, run_verb: RunVerb
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("version: 1\norders:\n  one:\n    lines: []\n", encoding="utf-8")
    result = run_verb("serve", "--port", "0", "--scenario", str(file))
    assert result.returncode == 2
    assert f"{file}:4:" in result.stderr


def test_variables_set_the_same_as_flags() -> None:
    with serving(KUSTOM_MOCK_PORT="0", KUSTOM_MOCK_MOCK_HEADERS="off") as (_, url):
        status, headers, _ = get(url, "/nothing")
    assert status == 404
    assert "Mock-Reason" not in headers


MISSPELT = {
    "a setting": ("KUSTOM_MOCK_PROT", "did you mean KUSTOM_MOCK_PORT?"),
    "in small letters": ("KUSTOM_MOCK_log_level", "did you mean KUSTOM_MOCK_LOG_LEVEL?"),
    "unlike any": ("KUSTOM_MOCK_ZZZ", "see serve --help"),
}


@pytest.mark.parametrize("case", MISSPELT)
def test_unknown_variable_gives_a_warning(case: str, run_verb: RunVerb) -> None:
    variable, hint = MISSPELT[case]
    gone = run_verb("healthcheck", variables={"KUSTOM_MOCK_PORT": "1", variable: "1"})
    warning = gone.stderr.splitlines()[0]
    assert warning.startswith(
        f"kustom-mock: warning: {variable} is not a setting and is ignored"
    )
    assert hint in warning


def test_service_link_variables_give_no_warning() -> None:
    others = {
        "KUSTOM_MOCK_URL": "http://127.0.0.1:1",
        "KUSTOM_MOCK_SERVICE_HOST": "10.0.0.1",
        "KUSTOM_MOCK_SERVICE_PORT_HTTP": "8566",
        "KUSTOM_MOCK_PORT_8566_TCP_ADDR": "10.0.0.1",
        "KUSTOM_URL": "",
    }
    assert list(unknown_variable_warnings(others)) == []


def test_flag_wins_over_its_variable() -> None:
    with serving("--port", "0", "--mock-headers", "true", KUSTOM_MOCK_PORT="http") as (_, url):
        with_headers = get(url, "/nothing")[1]
    assert "Mock-Reason" in with_headers


@pytest.mark.parametrize(
    ("host", "token", "warns"),
    [("0.0.0.0", "", True), ("0.0.0.0", "s", False), ("127.0.0.1", "", False)],  # noqa: S104
)
def test_listening_beyond_loopback_without_a_token_warns(
    host: str, token: str, *, warns: bool
) -> None:
    variables = {"KUSTOM_MOCK_ADMIN_TOKEN": token} if token else {}
    with serving("--port", "0", "--host", host, traced=True, **variables) as (process, _):
        process.terminate()
        _, errors = process.communicate(timeout=TIMEOUT)
    assert ("can use the control API; set KUSTOM_MOCK_ADMIN_TOKEN" in errors) is warns


@pytest.mark.parametrize(("known_only", "status"), [("off", 200), ("on", 404)])
def test_serve_creates_a_demo_sandbox_unless_users_must_be_known(
    known_only: str, status: int
) -> None:
    with serving("--port", "0", "--require-known", known_only) as (_, url):
        assert get(url, "/__admin/sandboxes/demo/orders")[0] == status


def test_equal_seeds_give_equal_orders() -> None:
    seen = []
    for _ in range(2):
        with serving("--port", "0", "--seed", "7") as (_, url):
            page = json.loads(get(url, "/__admin/sandboxes/demo/orders")[2])
            seen.append([order["order_id"] for order in page["orders"]])
    assert seen[0] == seen[1]


def test_demo_shows_the_provider_example_and_a_failed_allocation(run_verb: RunVerb) -> None:
    result = run_verb("demo")
    assert (result.returncode, result.stderr) == (0, "")
    output = " ".join(result.stdout.split())
    for text in (
        "Order of 20000: T-shirt 3000, jeans 7000, sneakers 10000",
        "POST captures 10000 (T-shirt, Jeans) -> 201",
        "POST captures 10000 (Sneakers) -> 201",
        "POST refunds 10000 (B24680) -> 201",
        "POST refunds 10000 (B2468O) -> 201",
        "Refund of 10000: accepted, but NOT allocated to a capture.",
        "Change reference 'B2468O' to 'B24680'.",
    ):
        assert text in output
    first, second = re.findall(r"-> 201, ([A-Z0-9]{8})-2", output)
    assert f"Refund of 10000: allocated to capture {first}-2." in output
    assert f"Nearest: capture {second}-2" in output
    conditions = re.findall(r"^ +(ok|FAIL) +(\w+)", result.stdout, re.MULTILINE)
    names = [
        "no_earlier_failure",
        "lines_add_up",
        "references_in_one_capture",
        "fits_capture",
    ]
    assert [name for _, name in conditions] == names * 3
    assert [verdict for verdict, _ in conditions] == [
        *["ok"] * 4,
        *["ok", "ok", "FAIL", "ok"],
        *["FAIL", "ok", "ok", "ok"],
    ]


def test_fidelity_prints_every_assumption(run_verb: RunVerb) -> None:
    text, markdown = run_verb("fidelity"), run_verb("fidelity", "--format", "markdown")
    assert (text.returncode, markdown.returncode) == (0, 0)
    assert [assumption for assumption in ASSUMPTIONS if assumption not in text.stdout] == []
    assert markdown.stdout.startswith("# Fidelity")


def test_version_prints_the_version() -> None:
    result = run("version")
    assert (result.returncode, result.stdout) == (0, f"kustom-mock {__version__}\n")


def test_healthcheck_exit_code_follows_the_server(run_verb: RunVerb) -> None:
    with serving("--port", "0") as (_, url):
        assert run_verb("healthcheck", "--url", url).returncode == 0
        assert run_verb("healthcheck", variables={"KUSTOM_MOCK_URL": url}).returncode == 0
        port = str(urlsplit(url).port)
        assert run_verb("healthcheck", variables={"KUSTOM_MOCK_PORT": port}).returncode == 0
    gone = run_verb("healthcheck", "--url", url)
    assert gone.returncode == 1
    assert f"{url} is not healthy" in gone.stderr


def test_help_names_every_verb(run_verb: RunVerb) -> None:
    result = run_verb("--help")
    assert result.returncode == 0
    for verb in ("serve", "demo", "fidelity", "healthcheck", "version"):
        assert verb in result.stdout


@pytest.mark.parametrize("url", ["foo", "localhost:8566", "http://", "ftp://localhost"])
def test_healthcheck_explains_an_invalid_url(url: str, run_verb: RunVerb) -> None:
    result = run_verb("healthcheck", "--url", url)
    assert result.returncode == 2
    expected = f"expected a URL such as http://127.0.0.1:8566, got '{url}'"
    assert result.stderr == f"kustom-mock: --url: {expected}\n"


def test_sigint_prints_no_traceback_while_modules_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("sys.argv", ["kustom-mock", "version"])
    try:
        assert main() == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)
