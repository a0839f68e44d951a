"""The files under ``deploy/`` are valid and use settings that exist."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.settings import OPTIONS

FOLDER = Path(__file__).parents[1] / "deploy"
FILES = sorted(FOLDER.rglob("*.yaml"))
RULES = """
extends: default
rules:
  line-length: {max: 110}
  document-start: disable
  braces: {max-spaces-inside: 1}
"""
VARIABLES = {option.variable for option in OPTIONS.values()}

all_files = pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])


def documents(file: Path) -> list[Any]:
    return list(yaml.safe_load_all(file.read_text()))


def containers() -> Iterator[tuple[str, Any]]:
    """Yield the containers of Kubernetes by name."""
    for file in sorted((FOLDER / "kubernetes").iterdir()):
        for document in documents(file):
            template = document.get("spec", {}).get("template", {})
            for container in template.get("spec", {}).get("containers", ()):
                yield container["name"], container


def resource(kind: str) -> Any:  # noqa: ANN401  # YAML
    (found,) = [
        document
        for document in documents(FOLDER / "kubernetes" / "kustom-mock.yaml")
        if document["kind"] == kind
    ]
    return found


def settings_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(settings_in(part) for part in (*value, *value.values())))
    if isinstance(value, list):
        return set().union(*map(settings_in, value))
    return {value} if isinstance(value, str) and value.startswith("KUSTOM_MOCK_") else set()


@all_files
def test_file_is_tidy(file: Path) -> None:
    command = [sys.executable, "-m", "yamllint", "--strict", "--config-data", RULES, str(file)]
    linted = subprocess.run(command, check=False, capture_output=True, text=True)
    assert linted.stdout == ""


@all_files
def test_its_settings_exist(file: Path) -> None:
    assert set().union(*map(settings_in, documents(file))) <= VARIABLES


def test_compose_accepts_its_file() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    file = str(FOLDER / "compose.yaml")
    checked = subprocess.run(
        [sys.executable, *command, file], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


def test_replica_without_store_gets_no_requests_but_is_not_restarted() -> None:
    (container,) = resource("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_some_replica_is_always_there() -> None:
    deployment, budget = resource("Deployment")["spec"], resource("PodDisruptionBudget")["spec"]
    assert deployment["replicas"] > budget["minAvailable"] >= 1
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["selector"] == deployment["selector"]


@pytest.mark.parametrize("name", ["kustom-mock", "valkey"])
def test_containers_have_no_privileges_and_a_memory_limit(name: str) -> None:
    container = dict(containers())[name]
    context = container["securityContext"]
    assert (context["allowPrivilegeEscalation"], context["readOnlyRootFilesystem"]) == (
        False, True,
    )  # fmt: skip
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    (service,) = [
        service
        for key, service in documents(FOLDER / "compose.yaml")[0]["services"].items()
        if key == name
    ]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["mem_limit"]


def test_no_process_shows_the_password_of_the_store() -> None:
    services = documents(FOLDER / "compose.yaml")[0]["services"].values()
    commands = [service.get("command", ()) for service in services]
    commands += [container.get("command", ()) for _, container in containers()]
    assert [command for command in commands if "--requirepass" in str(command)] == []
    assert [command for command in commands if "${STORE_PASSWORD" in str(command)] == []
