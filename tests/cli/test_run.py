"""``kustom-mock run``: verdicts, exit codes, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from select import select
from xml.etree import ElementTree as ET

import pytest

from tests.support.cli import RunVerb
from tests.support.merchant import Merchant

TIMEOUT = 60  # seconds, for a process that never ends
RUN = [sys.executable, "-m", "mockserver", "run"]
PYTHON = [sys.executable, "-c"]
ORDER = """\
version: 1
orders:
  one-parcel: {lines: [{reference: A, unit_price: 500}]}
"""
STEPS = """\
steps:
  - capture: {order: one-parcel, amount: 501}
    response: {status: 403, error_code: CAPTURE_NOT_ALLOWED}
  - capture: {order: one-parcel, name: parcel, lines: [A]}
  - advance: 2d
  - refund: {order: one-parcel, lines: [A], idempotency_key: once}
    expect: {orders: {one-parcel: {refunds: [{allocated_to: parcel}]}}}
  - refund: {order: one-parcel, lines: [A], idempotency_key: once}
"""
EXPECT = "expect: {orders: {one-parcel: {refunded_amount: 500}}}\n"
CONTRACT = ORDER + STEPS + EXPECT
CAPTURE = """
import os, urllib.request
from base64 import b64encode
login = os.environ["KUSTOM_USERNAME"] + ":" + os.environ["KUSTOM_PASSWORD"]
headers = {"Authorization": "Basic " + b64encode(login.encode()).decode(),
           "Content-Type": "application/json"}
url = os.environ["KUSTOM_API_URL"] + "/ordermanagement/v1/orders/"
url += os.environ["KUSTOM_ORDER_ONE_PARCEL"] + "/captures"
request = urllib.request.Request(url, b'{"captured_amount": 500}', headers)
print("captured:", urllib.request.urlopen(request).status)
"""
CAPTURED = ORDER + "expect: {orders: {one-parcel: {captured_amount: 500}}}\n"


@pytest.fixture
def run(run_verb: RunVerb, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the verb on a scenario in a folder of its own."""

    def started(
        text: str, *flags: str, command: Sequence[str] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
        of_command = ["--", *command] if command else []
        return run_verb(
            "run", "shop.yaml", *flags, *of_command, cwd=tmp_path, variables=variables
        )

    return started


Run = Callable[..., subprocess.CompletedProcess[str]]


def test_passing_steps_exit_0(run: Run) -> None:
    result = run(CONTRACT)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "ok    shop\n1 scenario: 1 passed, 0 failed\n"


def test_failed_step_prints_the_differences(run: Run) -> None:
    result = run(CONTRACT.replace("amount: 501", "amount: 400"))
    assert result.returncode == 1
    assert "FAIL  shop\n" in result.stdout
    assert "steps: 1. capture one-parcel: expected 403, got 201\n" in result.stdout
    assert "steps: 2. capture one-parcel: expected 201, got 403 CAPTURE_NOT_ALLOWED: " in (
        result.stdout
    )


def test_step_checks_error_code_and_body(run: Run) -> None:
    steps = """\
steps:
  - get_order: {order: one-parcel}
    response: {status: 200, body: {status: CAPTURED, order_amount: 500}}
  - capture: {order: one-parcel, amount: 501}
    response: {error_code: NOT_ALLOWED}
"""
    result = run(ORDER + steps)
    assert "1. get_order one-parcel: body.status: expected" in result.stdout
    assert 'expected "CAPTURED", got "AUTHORIZED"\n' in result.stdout
    assert "body.order_amount" not in result.stdout
    expected = "expected error_code NOT_ALLOWED, got CAPTURE_NOT_ALLOWED\n"
    assert f"2. capture one-parcel: {expected}" in result.stdout


def test_step_can_expect_a_lost_response(run: Run) -> None:
    text = (
        ORDER
        + """\
faults: {lost: {on: capture, calls: [1, 2], do: {lose_answer: reset}}}
steps:
  - capture: {order: one-parcel, lines: [A], idempotency_key: k}
    response: lost
  - capture: {order: one-parcel, lines: [A], idempotency_key: k}
  - capture: {order: one-parcel, lines: [A], idempotency_key: k}
    response: lost
"""
    )
    output = run(text).stdout
    assert "1. capture" not in output
    assert "2. capture one-parcel: expected 201, got no response\n" in output
    assert "3. capture one-parcel: expected no response, got 201\n" in output


def test_step_timeout_ends_a_hanging_request(run: Run) -> None:
    text = (
        ORDER
        + """\
faults: {hangs: {on: capture, do: {drop: hang}}}
steps:
  - capture: {order: one-parcel, lines: [A]}
    response: lost
    timeout: 100ms
"""
    )
    assert run(text).returncode == 0


def test_every_operation_and_action_can_be_a_step(run: Run) -> None:
    text = (
        ORDER
        + """\
clock: {start: 2026-01-15T09:00:00Z}
steps:
  - freeze: true
  - acknowledge: {order: one-parcel}
  - update_merchant_references: {order: one-parcel, merchant_reference1: 7}
  - update_customer_details: {order: one-parcel, shipping_address: {city: Lund}}
  - update_authorization: {order: one-parcel, lines: [{reference: A, unit_price: 600}]}
  - extend_authorization_time: {order: one-parcel}
  - add_order_shipping_info: {order: one-parcel, shipping_info: [{tracking_number: T1}]}
  - capture: {order: one-parcel, name: parcel, amount: 400}
  - list_captures: {order: one-parcel}
  - get_capture: {order: one-parcel, capture: parcel}
  - add_capture_shipping_info:
      {order: one-parcel, capture: parcel, shipping_info: [{tracking_number: T2}]}
  - trigger_send_out: {order: one-parcel, capture: parcel}
  - get_extend_due_date_options: {order: one-parcel, capture: parcel}
  - extend_due_date: {order: one-parcel, capture: parcel, number_of_days: 14}
  - release_remaining_authorization: {order: one-parcel}
  - refund: {order: one-parcel, name: back, amount: 100}
  - get_refund: {order: one-parcel, refund: back}
  - get_order: {order: one-parcel}
  - cancel: {order: one-parcel}
    response: {status: 403}
  - set: 2026-03-01
  - capture: {order: one-parcel, body: {captured_amount: -1}}
    response: {status: 422}
  - force: {order: one-parcel, outcome: fail_next_allocation}
"""
    )
    result = run(text)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("steps", "expected_text"),
    [
        ("- {}", "E102 steps[0]: expected exactly one operation or action in a step"),
        ("- response: {status: 1}", "at least 100"),
        (
            "- {advance: 2d, freeze: true}",
            "E102 steps[0]: expected exactly one operation or action in a step",
        ),
        ("- captur: {order: one-parcel}", "unknown key 'captur', did you mean 'capture'?"),
        ("- capture: {amount: 1}", "E102 steps[0].capture: 'order' is missing"),
        ("- acknowledge: {order: one-parcel, lines: [A]}", "unknown key 'lines'"),
        ("- capture: {order: on-parcel}", "there is no order 'on-parcel', did you mean"),
        ("- capture: {order: one-parcel, lines: [B]}", "the order has no line 'B'"),
        ("- get_capture: {order: one-parcel, capture: C}", "has no capture 'C' at this step"),
        ("- advance: 2 days", "E106 steps[0].advance: not a duration: '2 days'"),
        ("- set: soon", "E106 steps[0].set: not a time: 'soon'"),
        ("- {advance: 1d, response: {status: 200}}", "'advance' has no response"),
        ("- {advance: 1d, expect: {faults: {f: {fired: 1}}}}", "there is no fault 'f'"),
        ("- {advance: 1d, timeout: long}", "E106 steps[0].timeout: not a duration"),
        ("- force: {order: one-parcel, outcome: explode}", "unknown value"),
    ],
)
def test_invalid_step_is_reported_at_its_line(
    steps: str,
    expected_text: str,
    run: Run,
) -> None:
    result = run(f"{ORDER}steps:\n  {steps}\n")
    assert result.returncode == 2
    assert expected_text in result.stderr
    assert "kustom-mock: shop.yaml:" in result.stderr


def test_command_gets_url_credentials_and_order_ids(run: Run) -> None:
    result = run(CAPTURED, command=[*PYTHON, CAPTURE])
    assert (result.returncode, result.stderr) == (0, "")
    assert "captured: 201\n" in result.stdout
    assert "ok    shop\n" in result.stdout


def test_command_replaces_the_steps(run: Run) -> None:
    result = run(CAPTURED + STEPS, command=[*PYTHON, CAPTURE])
    assert result.returncode == 0, result.stdout


def test_command_failure_and_unmet_expectation_are_separate_cases(run: Run) -> None:
    result = run(CAPTURED, command=[*PYTHON, "import sys; sys.exit(3)"])
    assert result.returncode == 1
    assert "      command: the command failed with exit code 3\n" in result.stdout
    assert (
        "      expect: orders.one-parcel.captured_amount: expected 500, got 0\n"
        in result.stdout
    )
    result = run(CAPTURED, command=[*PYTHON, ""])
    assert result.returncode == 1
    assert "command:" not in result.stdout


def test_killed_command_is_reported_with_its_signal(run: Run) -> None:
    result = run(ORDER, command=[*PYTHON, "import os; os.kill(os.getpid(), 9)"])
    assert result.returncode == 1
    assert "command: the command was killed by SIGKILL\n" in result.stdout


def test_missing_command_is_named(run: Run) -> None:
    result = run(ORDER, command=["no-such-command"])
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "kustom-mock: command not found: 'no-such-command'\n"


ONE_LINE = "{lines: [{unit_price: 5}]}"
BAD_VARIABLES = {
    "two names of one variable": (
        f"{{a-b: {ONE_LINE}, a_b: {ONE_LINE}}}",
        "shop: orders 'a-b' and 'a_b' would both be passed as KUSTOM_ORDER_A_B; rename one",
    ),
    "two cases of one name": (
        f"{{a: {ONE_LINE}, A: {ONE_LINE}}}",
        "shop: orders 'a' and 'A' would both be passed as KUSTOM_ORDER_A; rename one",
    ),
    "an equals sign": (
        f"{{'a=b': {ONE_LINE}}}",
        "shop: the name of order 'a=b' cannot be part",
    ),
    "a space": (f"{{a b: {ONE_LINE}}}", "shop: the name of order 'a b' cannot be part"),
    "another alphabet": (f"{{å: {ONE_LINE}}}", "shop: the name of order 'å' cannot be part"),
}


@pytest.mark.parametrize("case", BAD_VARIABLES)
def test_order_names_without_a_variable_of_their_own_exit_2(case: str, run: Run) -> None:
    orders, message = BAD_VARIABLES[case]
    result = run(f"version: 1\norders: {orders}\n", command=[*PYTHON, "print('ran')"])
    assert (result.returncode, result.stdout) == (2, "")
    assert f"kustom-mock: {message}" in result.stderr


def test_steps_accept_order_names_that_are_no_variables(run: Run) -> None:
    assert run(f"version: 1\norders: {{a=b: {ONE_LINE}, å: {ONE_LINE}}}\n").returncode == 0


def test_timeout_kills_the_command_and_its_children(run: Run, tmp_path: Path) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    hang = f"import subprocess, sys, signal; alive = open({str(fifo)!r}, 'w');"
    child = "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'],"
    child += " pass_fds=[alive.fileno()]); signal.pause()"
    result = run(ORDER, "--timeout=1s", command=[*PYTHON, f"{hang} {child}"])
    assert result.returncode == 1
    assert "command: the command did not end within 1 s\n" in result.stdout
    select([reading], [], [], 10)  # killed processes close their files a moment later
    assert os.read(reading, 1) == b""  # no process holds the other end
    os.close(reading)


def test_interrupted_run_kills_its_commands(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(ORDER, encoding="utf-8")
    hang = "import signal; print('up', flush=True); signal.pause()"
    with subprocess.Popen(
        [*RUN, "shop.yaml", "--", *PYTHON, hang],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(
            timeout=TIMEOUT
        )  # until no process holds the pipes
    assert (process.returncode, output) == (1, "")
    assert errors == "kustom-mock: interrupted; running commands were killed\n"


def test_junit_has_one_suite_per_scenario(
    run: Run,
    tmp_path: Path,
) -> None:
    run(CAPTURED, "--junit=out.xml", command=[*PYTHON, "print('hello\\0'); exit(4)"])
    root = ET.parse(tmp_path / "out.xml").getroot()  # our own
    (suite,) = root
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("shop", "2", "2")
    command, expect = suite
    assert (command.get("name"), expect.get("name")) == ("command", "expect")
    failure = command.find("failure")
    assert failure is not None
    assert failure.get("message") == "the command failed with exit code 4"
    assert "hello" in command.findtext("system-out", "")
    assert "expected 500, got 0" in expect.findtext("failure", "")


def test_parallel_scenarios_are_reported_one_by_one(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text(CAPTURED, encoding="utf-8")
    result = subprocess.run(
        [*RUN, ".", "--jobs=3", "--", *PYTHON, CAPTURE],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        text=True,
        timeout=TIMEOUT,
    )
    assert result.returncode == 0, result.stdout
    for name in "abc":
        assert f"ok    {name}\ncaptured: 201\n" in result.stdout
    assert result.stdout.endswith("3 scenarios: 3 passed, 0 failed\n")


def test_command_gets_the_credentials_of_the_scenario(run: Run) -> None:
    result = run(CAPTURED + "credentials: {PK1_shop: hush}\n", command=[*PYTHON, CAPTURE])
    assert result.returncode == 0, result.stdout


def test_unfired_fault_fails_unless_allowed(run: Run) -> None:
    text = ORDER + "faults: {unused: {on: refund, do: {drop: reset}}}\n"
    result = run(text)
    assert result.returncode == 1
    assert "expect: fault: 'unused' never fired (matched 0 times)\n" in result.stdout
    assert run(text, "--allow=fault").returncode == 0


@pytest.mark.parametrize(
    ("flags", "expected_text"),
    [
        (["--jobs=0"], "argument --jobs: expected an integer from 1, got '0'"),
        (["--port=99999"], "argument --port: expected a port from 0 to 65535, got '99999'"),
        (["--live"], "--live: has no effect without --drift; leave it out"),
        (["--timeout=long"], "--timeout: not a duration: 'long'"),
        (["--allow=falt"], "--allow: unknown name 'falt', did you mean 'fault'?"),
        (["--order=one-parcel"], "--order: expected NAME=ID, got 'one-parcel'"),
        (["--order", "=1"], "--order: expected NAME=ID, got '=1'"),
        (
            ["--order=one-parcel=1"],
            "--order: needs --base-url; the built-in server knows the order ids",
        ),
        (
            ["--base-url=http://127.0.0.1:1", "--order=one-parsel=1"],
            "--order: no scenario has an order 'one-parsel', did you mean 'one-parcel'?",
        ),
        (["--ordr=1"], "usage: kustom-mock run [flags] FILE... [-- COMMAND...]"),
        (["--base-url=example"], "--base-url: expected a URL such as"),
        (["no-such-scenario"], "unknown scenario 'no-such-scenario'"),
    ],
)
def test_run_wrong_usage_exits_2_before_running(
    flags: list[str],
    expected_text: str,
    run: Run,
) -> None:
    result = run(ORDER, *flags)
    assert (result.returncode, result.stdout) == (2, "")
    assert expected_text in result.stderr


def test_run_names_a_port_in_use(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(ORDER, f"--port={port}")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"kustom-mock: --port {port}: address already in use; choose" in result.stderr


def test_unwritable_junit_file_is_reported(run: Run) -> None:
    result = run(ORDER, "--junit=gone/out.xml")
    assert result.returncode == 2
    assert "--junit: cannot write 'gone/out.xml': No such file or directory" in result.stderr


def test_steps_run_against_another_server(
    run: Run,
    merchant_of_order: tuple[str, str, str],
) -> None:
    url, user, order_id = merchant_of_order
    access = [f"--base-url={url}", f"--username={user}", f"--order=one-parcel={order_id}"]
    result = run(CONTRACT, *access, KUSTOM_PASSWORD="any")
    assert result.returncode == 0, result.stdout
    assert "3. advance 2d: skipped (needs a control API)\n" in result.stdout
    unseen = "orders.one-parcel.refunds[0].allocated_to"
    assert f"4. refund one-parcel: skipped ({unseen})\n" in result.stdout
    result = run(CONTRACT, *access, KUSTOM_PASSWORD="any")
    assert result.returncode == 1
    assert "steps: 2. capture one-parcel: expected 201, got 403 CAPTURE_NOT_ALLOWED" in (
        result.stdout
    )


def test_order_without_id_on_another_server_is_reported(run: Run, server_url: str) -> None:
    text = "version: 1\norders: {one: {lines: [{unit_price: 5}]}}\n"
    result = run(text, f"--base-url={server_url}")
    assert result.returncode == 1
    assert "order 'one' has no id on that server; pass --order one=ID\n" in result.stdout


@pytest.fixture
async def merchant_of_order(new_merchant: Callable[..., Merchant]) -> tuple[str, str, str]:
    """An order like that of the contract, on a server without the contract."""
    merchant = new_merchant()
    await merchant.make_order({"lines": [{"reference": "A", "unit_price": 500}]})
    return merchant.url, merchant.user, merchant.order_id


def test_run_serves_https_to_steps_and_commands(run: Run) -> None:
    assert run(CONTRACT, KUSTOM_MOCK_TLS="true").returncode == 0
    fetch = (
        "import os, ssl, urllib.request as u; c = ssl.create_default_context();"
        " c.load_verify_locations(os.environ['KUSTOM_CA_FILE']);"
        " print(u.urlopen(os.environ['KUSTOM_API_URL'] + '/readyz', context=c).status)"
    )
    result = run(ORDER, "--tls", command=[*PYTHON, fetch])
    assert (result.returncode, result.stdout[:4]) == (0, "200\n")
