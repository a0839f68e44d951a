"""Everything that ``KustomSandbox.load`` accepts as a scenario."""

import json
from pathlib import Path

import pytest

from mockserver import ControlClient, ControlError, KustomSandbox

SCENARIO = {"orders": {"one": {"lines": [{"name": "👉 Blå", "unit_price": 5}]}}}
YAML = json.dumps(SCENARIO, ensure_ascii=False)
SOURCES: dict[str, tuple[str, bytes]] = {
    "JSON with escapes": ("s.json", json.dumps(SCENARIO).encode()),
    "JSON in UTF-16": ("S.JSON", json.dumps(SCENARIO).encode("utf-16")),
    "YAML": ("s.yml", YAML.encode()),
    "YAML as PowerShell 5 writes it": ("s.yaml", YAML.encode("utf-16")),
}


def first_line_name(sandbox: KustomSandbox) -> str:
    return sandbox.order("one")["order"]["order_lines"][0]["name"]


@pytest.mark.parametrize("source", SOURCES)
def test_file_is_loaded_by_its_ending_and_encoding(
    server_url: str, tmp_path: Path, source: str
) -> None:
    file, content = SOURCES[source]
    (tmp_path / file).write_bytes(content)
    with KustomSandbox.open(ControlClient(server_url, "sources"), tmp_path / file) as sandbox:
        assert first_line_name(sandbox) == "👉 Blå"


def test_json_text_is_loaded(server_url: str) -> None:
    with KustomSandbox.open(ControlClient(server_url, "text"), json.dumps(SCENARIO)) as sandbox:
        assert first_line_name(sandbox) == "👉 Blå"


@pytest.mark.parametrize(
    ("file", "content", "finding"),
    [
        ("s.json", b'{"orders": {},}', "s.json:1:14 E001 not JSON"),
        ("s.json", b'{"title": "\\ud83d\\udc49",\n "seeds": 1}', "s.json:2:2 E101 seeds"),
        ("s.yaml", b"title: Bl\xe5", "s.yaml:1:10 E001 byte 0xe5"),
    ],
)
def test_findings_in_a_file_have_name_line_and_column(
    server_url: str, tmp_path: Path, file: str, content: bytes, finding: str
) -> None:
    (tmp_path / file).write_bytes(content)
    sandbox = KustomSandbox(ControlClient(server_url, "broken"), [tmp_path])
    with pytest.raises(ControlError) as error:
        sandbox.load(file)
    assert str(error.value).startswith(finding)
