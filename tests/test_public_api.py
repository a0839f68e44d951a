"""The public Python API: its names, their docstrings, and how little importing it costs."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from types import FunctionType

import pytest

import kustom_mock
import mockserver
from mockserver import (
    ControlClient,
    ControlError,
    KustomSandbox,
    KustomServer,
    OrderIds,
    SandboxClock,
    SandboxFaults,
    running_server,
)
from mockserver.http_client import HttpClient, HttpClientError
from tests.support.public_types import response_types

ERRORS = r"(?s)Raises:|:class:`ControlError`|raise KeyError"
LIGHT_MODULES = (
    "mockserver.pytest_plugin",
    "mockserver.client",
    "mockserver.testing.server_handle",
    "mockserver.cli.probe",
    "mockserver.cli.lint",
)
CLASSES = (ControlClient, KustomServer, KustomSandbox, SandboxClock, SandboxFaults, OrderIds)


def loaded_after(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    script = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def public_methods() -> Iterator[tuple[type, str, FunctionType]]:
    for owner in CLASSES:
        for name, member in inspect.getmembers_static(owner):
            function = member.__func__ if isinstance(member, classmethod) else member
            if isinstance(function, FunctionType) and not name.startswith("_"):
                yield owner, name, function


def test_public_names_are_the_documented_ones() -> None:
    others = {
        "__version__", "CheckoutSpec", "CompletionOutcome", "CompletionSpec", "ControlClient",
        "ControlError", "ForcedOutcome", "KustomSandbox", "KustomServer", "OperationName",
        "OrderIds", "OrderSpec", "PushTiming", "SandboxClock", "SandboxFaults",
        "ScenarioSource", "running_server",
    }  # fmt: skip
    assert set(mockserver.__all__) == response_types() | others
    assert sorted(mockserver.__all__) == list(mockserver.__all__)


@pytest.mark.parametrize("name", mockserver.__all__)
def test_public_name_is_the_same_under_both_packages(name: str) -> None:
    assert getattr(kustom_mock, name) is getattr(mockserver, name)
    assert name in dir(mockserver)
    assert name in dir(kustom_mock)


@pytest.mark.parametrize("package", [mockserver, kustom_mock])
def test_unknown_public_name_is_an_attribute_error(package: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Kustom'"):
        package.Kustom  # type: ignore[attr-defined]  # noqa: B018  # the access is the test


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=name)
        for name in mockserver.__all__
        if inspect.isroutine(value := getattr(mockserver, name)) or inspect.isclass(value)
    ],
)
def test_public_name_has_a_docstring_with_a_summary_line(value: object) -> None:
    summary, _, rest = (value.__doc__ or "").partition("\n")
    assert re.fullmatch(r"[A-Z].*[.:]", summary)
    assert not rest.strip() or rest.startswith("\n")


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        pytest.param(owner, method, id=f"{owner.__name__}.{name}")
        for owner, name, method in public_methods()
    ],
)
def test_public_method_documents_its_errors(owner: type, method: FunctionType) -> None:
    assert method.__doc__
    documented = f"{owner.__doc__}{method.__doc__}"
    assert re.search(ERRORS, documented) or "drop" in method.__name__


def test_running_server_documents_its_errors() -> None:
    assert re.search(ERRORS, running_server.__doc__ or "")


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    loaded = loaded_after("import mockserver, kustom_mock")
    assert {name for name in loaded if name.startswith("mockserver.")} == set()


def test_light_modules_do_not_import_aiohttp() -> None:
    loaded = loaded_after(f"import {', '.join(LIGHT_MODULES)}")
    assert set(LIGHT_MODULES) <= loaded
    assert "aiohttp" not in loaded


def test_running_server_serves_sandboxes_of_the_given_scenario() -> None:
    with running_server("split-shipment") as server:
        with server.open_sandbox("embedded") as sandbox:
            assert list(sandbox.orders) == ["two-shipments"]
            assert sandbox.control.info()["scenario"] == "split-shipment"
            sandbox.control.load({"orders": {"one": {"lines": [{"unit_price": 5}]}}})
            assert [order["name"] for order in sandbox.control.orders()] == ["one"]
        with pytest.raises(ControlError) as refused:
            sandbox.control.info()
    assert refused.value.status == 404
    with pytest.raises(ControlError, match="no response from http") as silent:
        sandbox.control.clock()
    assert (silent.value.status, silent.value.problem) == (0, None)


def test_running_server_refuses_an_unknown_scenario() -> None:
    with pytest.raises(LookupError, match="split-shipmnet"), running_server("split-shipmnet"):
        pass


def test_sandbox_constructor_sends_nothing() -> None:
    sandbox = KustomSandbox(ControlClient("http://127.0.0.1:9", "nobody"))
    assert (sandbox.auth, dict(sandbox.orders)) == (("nobody", "secret"), {})


@pytest.mark.parametrize("url", ["localhost:8566", "http://", "http://[", "http://a:b"])
def test_http_client_refuses_a_wrong_address(url: str) -> None:
    with pytest.raises(HttpClientError, match=r"\w"):
        HttpClient(url).send("GET", "/")
