"""The files under ``deploy/`` are valid and use settings that exist."""

import subprocess
import sys
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
def test_the_file_is_tidy(file: Path) -> None:
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


def test_a_replica_without_store_gets_no_requests_but_is_not_restarted() -> None:
    (container,) = resource("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_some_replica_is_always_there() -> None:
    deployment, budget = resource("Deployment")["spec"], resource("PodDisruptionBudget")["spec"]
    assert deployment["replicas"] > budget["minAvailable"] >= 1
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["selector"] == deployment["selector"]
