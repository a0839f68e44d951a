"""Parse a scenario file by the format that its name says."""

from contextlib import suppress

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.document import Document
from mockserver.scenario.json_reader import parse_json
from mockserver.scenario.yaml_reader import parse_yaml

JSON_SUFFIX = ".json"
SCENARIO_SUFFIXES = (".yaml", ".yml", JSON_SUFFIX)


def is_json_file(name: str) -> bool:
    """Whether a file of this name is read as JSON."""
    return name.lower().endswith(JSON_SUFFIX)


def parse_file(data: bytes, name: str) -> Document:
    """Parse the content of a scenario file by the ending of its name.

    Raises:
        ScenarioError: it cannot be parsed, with line and column.
    """
    return parse_json(data) if is_json_file(name) else parse_yaml(data)


def parse_text(text: str | bytes) -> Document:
    """Parse a text without a file name: as JSON if it is JSON, else as YAML.

    Raises:
        ScenarioError: it cannot be parsed, with line and column.
    """
    with suppress(ScenarioError):
        return parse_json(text)
    return parse_yaml(text)
