"""Build a document from parser events, with the position of every value.

Plain scalars are whole numbers, decimal fractions, true, false, null, or text: ``NO``
stays Norway, ``010`` and dates stay as written. Duplicate keys and tags are errors.
Anchors, aliases and ``<<`` work. Depth and number of values are limited, which defuses
alias bombs.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml
from msgspec import Struct, field

from mockserver.domain.wording import yaml_scalar
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath

MAX_FILE_BYTES = 1_000_000  # bytes of text
MAX_DEPTH = 50  # levels of nesting
MAX_VALUES = 200_000  # after resolving aliases
CHARACTERS_PER_VALUE = 100  # a longer string counts as several values

Position: TypeAlias = tuple[int, int]
"""Line and column, from 1."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_KEYWORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_MERGE = "<<"
_NO_KEY = object()


class PositionTree(Struct):
    """Position of a value, with those of its keys and children."""

    position: Position
    key_positions: dict[str | int, Position] = field(default_factory=dict)
    children: dict[str | int, "PositionTree"] = field(default_factory=dict)
    value_count: int = 1


class Document(Struct, frozen=True):
    """A parsed YAML or JSON document: plain value and positions."""

    value: Any
    positions: PositionTree

    def matching_depth(self, path: ValuePath) -> int:
        """Return how many steps of a path exist."""
        value = self.value
        for depth, step in enumerate(path):
            if not isinstance(value, dict) or step not in value:
                return depth
            value = value[step]
        return len(path)

    def position(self, path: ValuePath) -> Position:
        """Return the position of a path, or of its longest existing prefix.

        The position of a mapping entry is that of its key.
        """
        marks, at = self.positions, self.positions.position
        for step in path:
            if step not in marks.children:
                break
            at = marks.key_positions.get(step, marks.children[step].position)
            marks = marks.children[step]
        return at


def compose_document(events: Iterator[yaml.Event]) -> Document:
    """Build the document that parser events describe.

    Raises:
        ScenarioError: too large or too deep, a duplicate key, a tag, an unknown alias, or
            more than one document.
    """
    return _DocumentBuilder().build(events)


def check_size(text: str | bytes) -> None:
    """Refuse a text that is too large to be parsed.

    Raises:
        ScenarioError: it is larger than :data:`MAX_FILE_BYTES`.
    """
    if len(text) > MAX_FILE_BYTES:
        raise syntax_error(f"the file is larger than {MAX_FILE_BYTES} bytes", (1, 1))


def position_of(mark: yaml.Mark) -> Position:
    """Return the line and column of a mark of the parser."""
    return mark.line + 1, mark.column + 1


def syntax_error(message: str, position: Position, code: str = "E001") -> ScenarioError:
    """Return the error of a text that cannot be parsed."""
    return ScenarioError([Finding(code, (), message, *position)])


class _OpenContainer(Struct):
    """A mapping or sequence under construction."""

    value: dict[Any, Any] | list[Any]
    marks: PositionTree
    anchor: str | None
    key: Any = _NO_KEY
    merged: list[tuple[Any, PositionTree]] = field(default_factory=list)


class _DocumentBuilder:
    """Builds a document from parser events with an explicit stack."""

    def __init__(self) -> None:
        self.stack: list[_OpenContainer] = []
        self.anchors: dict[str, tuple[Any, PositionTree]] = {}
        self.root: tuple[Any, PositionTree] | None = None

    def build(self, events: Iterator[yaml.Event]) -> Document:
        for event in events:
            self._handle_event(event)
        value, marks = self.root or (None, PositionTree((1, 1)))
        return Document(value, marks)

    def _handle_event(self, event: Any) -> None:  # noqa: ANN401
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent and self.root is not None:
            raise syntax_error("more than one document", position_of(event.start_mark))

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        self._refuse_tag(event)
        value_count = 1 + len(event.value) // CHARACTERS_PER_VALUE
        marks = PositionTree(position_of(event.start_mark), value_count=value_count)
        value = _parse_scalar(event.value) if event.style in (None, "") else event.value
        if event.anchor:
            self.anchors[event.anchor] = value, marks
        self._add(value, marks)

    def _open(self, event: Any, value: dict[Any, Any] | list[Any]) -> None:  # noqa: ANN401
        self._refuse_tag(event)
        at = position_of(event.start_mark)
        if len(self.stack) >= MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise syntax_error(message, at)
        if self.stack and isinstance(self.stack[-1].value, dict):
            self._refuse_container_key(at)
        self.stack.append(_OpenContainer(value, PositionTree(at), event.anchor))

    def _close(self) -> None:
        frame = self.stack.pop()
        _merge(frame)
        if frame.anchor:
            self.anchors[frame.anchor] = frame.value, frame.marks
        self._add(frame.value, frame.marks)

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        if event.anchor not in self.anchors:
            message = f"unknown alias '*{event.anchor}'"
            raise syntax_error(message, position_of(event.start_mark))
        self._add(*self.anchors[event.anchor])

    def _add(self, value: Any, marks: PositionTree) -> None:  # noqa: ANN401
        if not self.stack:
            self.root = value, marks
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            self._attach(frame, len(frame.value), value, marks)
        elif frame.key is _NO_KEY:
            self._key(frame, value, marks)
        else:
            self._attach(frame, frame.key, value, marks)
            frame.key = _NO_KEY

    def _key(self, frame: _OpenContainer, value: Any, marks: PositionTree) -> None:  # noqa: ANN401
        if isinstance(value, dict | list):
            self._refuse_container_key(marks.position)
        key = value if isinstance(value, str) else yaml_scalar(value)
        if key in frame.marks.key_positions and key != _MERGE:
            first = frame.marks.key_positions[key][0]
            message = f"duplicate key '{key}', first used in line {first}"
            raise syntax_error(message, marks.position, "E002")
        frame.key = key
        frame.marks.key_positions[key] = marks.position
        frame.marks.value_count += marks.value_count - 1

    def _attach(self, frame: _OpenContainer, key: Any, value: Any, marks: PositionTree) -> None:  # noqa: ANN401
        frame.marks.value_count += marks.value_count
        if frame.marks.value_count > MAX_VALUES:
            message = f"more than {MAX_VALUES} values after resolving aliases"
            raise syntax_error(message, marks.position)
        if key == _MERGE and isinstance(frame.value, dict):
            frame.merged.append((value, marks))
        elif isinstance(frame.value, dict):
            frame.value[key] = value
            frame.marks.children[key] = marks
        else:
            frame.value.append(value)
            frame.marks.children[key] = marks

    def _refuse_tag(self, event: Any) -> None:  # noqa: ANN401
        if event.tag not in (None, "!"):
            message = f"tags such as {event.tag} are not supported; put the text in quotes"
            raise syntax_error(message, position_of(event.start_mark))

    def _refuse_container_key(self, at: Position) -> None:
        if self.stack[-1].key is _NO_KEY:
            raise syntax_error(
                "a key must be a text; put a text that begins with { or [ in quotes", at
            )


def _merge(frame: _OpenContainer) -> None:
    """Add the entries of ``<<``; explicit entries win."""
    for value, marks in frame.merged:
        if isinstance(value, list):
            sources = [(item, marks.children[index]) for index, item in enumerate(value)]
        else:
            sources = [(value, marks)]
        for source_value, source_marks in sources:
            if not isinstance(source_value, dict) or not isinstance(frame.value, dict):
                raise syntax_error(
                    "'<<' expects a mapping or a list of mappings", marks.position
                )
            for key in source_value.keys() - frame.value.keys():
                frame.value[key] = source_value[key]
                frame.marks.children[key] = source_marks.children[key]
                frame.marks.key_positions[key] = source_marks.key_positions[key]


def _parse_scalar(text: str) -> Any:  # noqa: ANN401
    if text in _KEYWORDS:
        return _KEYWORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
