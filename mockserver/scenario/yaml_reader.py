"""Parse YAML scenario files strictly, with the position of every value."""

from collections.abc import Iterator

import yaml

from mockserver.scenario.document import (
    Document,
    check_size,
    compose_document,
    syntax_error,
)
from mockserver.scenario.text_encoding import check_characters, decode_text
from mockserver.scenario.yaml_mistakes import explain_mistake

_PARSER_DEPTH_MESSAGE = "exceeded maximum nesting depth"
"""Error of libyaml 0.2.6 and later, which looks ahead from a level beyond our limit. The text
before is parsed again, for the position where our limit is exceeded."""


def parse_yaml(data: str | bytes) -> Document:
    """Parse one YAML document.

    Raises:
        ScenarioError: not decodable or not YAML, too large or too deep, a duplicate key, a
            tag, an unknown alias, or more than one document.
    """
    check_size(data)
    text = decode_text(data)
    check_characters(text)
    try:
        return compose_document(_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if error.problem == _PARSER_DEPTH_MESSAGE and mark:
            return parse_yaml(text[: mark.index])
        raise syntax_error(*explain_mistake(text, error)) from None


def _events(text: str) -> Iterator[yaml.Event]:
    loader = yaml.CBaseLoader(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()
