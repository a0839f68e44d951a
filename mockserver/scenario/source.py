"""Strict YAML with positions: text in, plain values and the place of each out.

Plain scalars are whole numbers, decimal fractions, true, false, null, or text: ``NO``
stays Norway, ``010`` and dates stay as written. Doubled keys and tags are errors.
Anchors, aliases and ``<<`` work. The C parser's events are consumed by an explicit
stack, so that neither depth nor an alias bomb can hurt.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml
from msgspec import Struct, field

from mockserver.domain.wording import yaml_scalar
from mockserver.scenario.findings import Finding, Path, ScenarioError

LARGEST = 1_000_000  # bytes of text
DEEPEST = 50  # levels of nesting
MOST_VALUES = 200_000  # after aliases are followed
VALUE_SIZE = 100  # a longer text counts for several values

Position: TypeAlias = tuple[int, int]
"""Line and column, from 1."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FRACTION = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_MERGE = "<<"
_NOTHING = object()
_TOO_DEEP_FOR_PARSER = "exceeded maximum nesting depth"
"""What newer C parsers say, looking ahead from a level that is too deep for us already; what
comes before is read for its place."""


class Marks(Struct):
    """Where a value stands; ``keys`` and ``parts`` lead to what it contains."""

    at: Position
    keys: dict[str | int, Position] = field(default_factory=dict)
    parts: dict[str | int, "Marks"] = field(default_factory=dict)
    weight: int = 1


class Document(Struct, frozen=True):
    """A parsed text: the plain value, and where everything stands in it."""

    value: Any
    marks: Marks

    def depth(self, path: Path) -> int:
        """Say how much of a path is there."""
        value = self.value
        for depth, step in enumerate(path):
            if not isinstance(value, dict) or step not in value:
                return depth
            value = value[step]
        return len(path)

    def position(self, path: Path) -> Position:
        """Find the place of a path, or of the part of it that exists.

        A key is pointed at rather than its value.
        """
        marks, at = self.marks, self.marks.at
        for step in path:
            if step not in marks.parts:
                break
            at = marks.keys.get(step, marks.parts[step].at)
            marks = marks.parts[step]
        return at


def parse(text: str | bytes) -> Document:
    """Read one YAML document.

    Raises:
        ScenarioError: not UTF-8 or not YAML, too large or too deep, a doubled key, a
            tag, an unknown alias, or more than one document.
    """
    if len(text) > LARGEST:
        message = f"the file is larger than {LARGEST} bytes"
        raise ScenarioError([Finding("E001", (), message)])
    try:
        return _Builder().build(_events(text))
    except yaml.MarkedYAMLError as error:
        if error.problem == _TOO_DEEP_FOR_PARSER and error.problem_mark:
            return parse(_decoded(text)[: error.problem_mark.index])
        mark = error.problem_mark or error.context_mark
        words = error.problem or error.context or "not YAML"
        raise _error(words, _place(mark) if mark else (1, 1)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        words = " ".join(str(error).split())
        raise _error(f"not readable text: {words}", (1, 1)) from None


def _events(text: str | bytes) -> Iterator[yaml.Event]:
    loader = yaml.CBaseLoader(_decoded(text))
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()


def _decoded(text: str | bytes) -> str:
    return text.decode("utf-8-sig") if isinstance(text, bytes) else text


def _place(mark: Any) -> Position:  # noqa: ANN401
    return mark.line + 1, mark.column + 1


def _error(message: str, at: Position, code: str = "E001") -> ScenarioError:
    return ScenarioError([Finding(code, (), message, *at)])


class _Frame(Struct):
    """A mapping or sequence under construction; ``key`` waits for its value."""

    value: dict[Any, Any] | list[Any]
    marks: Marks
    anchor: str | None
    key: Any = _NOTHING
    merged: list[tuple[Any, Marks]] = field(default_factory=list)


class _Builder:
    """Builds values from events, with an explicit stack of open containers."""

    def __init__(self) -> None:
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, Marks]] = {}
        self.root: tuple[Any, Marks] | None = None

    def build(self, events: Iterator[yaml.Event]) -> Document:
        for event in events:
            self._take(event)
        value, marks = self.root or (None, Marks((1, 1)))
        return Document(value, marks)

    def _take(self, event: Any) -> None:  # noqa: ANN401
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
            raise _error("more than one document", _place(event.start_mark))

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        self._refuse_tag(event)
        weight = 1 + len(event.value) // VALUE_SIZE
        marks = Marks(_place(event.start_mark), weight=weight)
        value = _plain(event.value) if event.style in (None, "") else event.value
        if event.anchor:
            self.anchors[event.anchor] = value, marks
        self._add(value, marks)

    def _open(self, event: Any, value: dict[Any, Any] | list[Any]) -> None:  # noqa: ANN401
        self._refuse_tag(event)
        at = _place(event.start_mark)
        if len(self.stack) >= DEEPEST:
            message = f"nested deeper than {DEEPEST} levels"
            raise _error(message, at)
        if self.stack and isinstance(self.stack[-1].value, dict):
            self._refuse_container_key(at)
        self.stack.append(_Frame(value, Marks(at), event.anchor))

    def _close(self) -> None:
        frame = self.stack.pop()
        _merge(frame)
        if frame.anchor:
            self.anchors[frame.anchor] = frame.value, frame.marks
        self._add(frame.value, frame.marks)

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        if event.anchor not in self.anchors:
            message = f"unknown alias '*{event.anchor}'"
            raise _error(message, _place(event.start_mark))
        self._add(*self.anchors[event.anchor])

    def _add(self, value: Any, marks: Marks) -> None:  # noqa: ANN401
        if not self.stack:
            self.root = value, marks
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            self._attach(frame, len(frame.value), value, marks)
        elif frame.key is _NOTHING:
            self._key(frame, value, marks)
        else:
            self._attach(frame, frame.key, value, marks)
            frame.key = _NOTHING

    def _key(self, frame: _Frame, value: Any, marks: Marks) -> None:  # noqa: ANN401
        if isinstance(value, dict | list):
            self._refuse_container_key(marks.at)
        key = value if isinstance(value, str) else yaml_scalar(value)
        if key in frame.marks.keys and key != _MERGE:
            first = frame.marks.keys[key][0]
            message = f"doubled key '{key}', first in line {first}"
            raise _error(message, marks.at, "E002")
        frame.key = key
        frame.marks.keys[key] = marks.at
        frame.marks.weight += marks.weight - 1

    def _attach(self, frame: _Frame, key: Any, value: Any, marks: Marks) -> None:  # noqa: ANN401
        frame.marks.weight += marks.weight
        if frame.marks.weight > MOST_VALUES:
            message = f"more than {MOST_VALUES} values, aliases followed"
            raise _error(message, marks.at)
        if key == _MERGE and isinstance(frame.value, dict):
            frame.merged.append((value, marks))
        elif isinstance(frame.value, dict):
            frame.value[key] = value
            frame.marks.parts[key] = marks
        else:
            frame.value.append(value)
            frame.marks.parts[key] = marks

    def _refuse_tag(self, event: Any) -> None:  # noqa: ANN401
        if event.tag not in (None, "!"):
            message = f"tags such as {event.tag} are not supported"
            raise _error(message, _place(event.start_mark))

    def _refuse_container_key(self, at: Position) -> None:
        if self.stack[-1].key is _NOTHING:
            raise _error("a key must be a plain word", at)


def _merge(frame: _Frame) -> None:
    """Fill in what ``<<`` brings, without touching what is written out."""
    for value, marks in frame.merged:
        if isinstance(value, list):
            sources = [(each, marks.parts[index]) for index, each in enumerate(value)]
        else:
            sources = [(value, marks)]
        for each, its_marks in sources:
            if not isinstance(each, dict) or not isinstance(frame.value, dict):
                raise _error("'<<' takes a mapping or a list of them", marks.at)
            for key in each.keys() - frame.value.keys():
                frame.value[key] = each[key]
                frame.marks.parts[key] = its_marks.parts[key]
                frame.marks.keys[key] = its_marks.keys[key]


def _plain(text: str) -> Any:  # noqa: ANN401
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text
