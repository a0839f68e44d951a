"""JSON scenario files, with the position of every value."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.file_format import parse_file
from mockserver.scenario.json_reader import parse_json

PARSED: Mapping[str, tuple[str, Any]] = {
    "escapes of an emoji, as json.dumps writes them": (
        r'{"name": "\ud83d\udc49 T", "url": "a\/b"}',
        {"name": "👉 T", "url": "a/b"},
    ),
    "strings that YAML would read as a number": ('["010", "no", "1"]', ["010", "no", "1"]),
    "numbers with exponents": ("[1e-3, 1E3, -2.5e1]", [0.001, 1000, -25]),
    "keywords": ("[true, false, null]", [True, False, None]),
    "punctuation in strings": (r'["{", "]", ",", ":", "\"", "\\"]', [*'{],:"\\']),
}


@pytest.mark.parametrize("case", PARSED)
def test_json_is_parsed(case: str) -> None:
    text, value = PARSED[case]
    assert parse_json(text.encode()).value == value


HALF_OF_A_PAIR = "E001 not JSON: a string with half of a surrogate pair"
REFUSED = {
    "cut off": ('{\n  "a": [1,', "2:11 E001 not JSON: expecting value"),
    "a comment": ("{} # end", "1:4 E001 not JSON: extra data"),
    "a trailing comma": (
        '{"a": 1,}',
        "1:8 E001 not JSON: a comma after the last entry; remove it",
    ),
    "a trailing comma in a list": (
        '{\n "a": [1, 2,\n]}',
        "2:12 E001 not JSON: a comma after the last entry; remove it",
    ),
    "a duplicate key": (
        '{"a": 1,\n "a": 2}',
        "2:2 E002 duplicate key 'a', first used in line 1",
    ),
    "not a number": ("[NaN]", "1:2 E001 not JSON: NaN is not a number"),
    "half of a pair": ('["a",\n "\\ud83d"]', f"2:2 {HALF_OF_A_PAIR}"),
    "half of a pair in a key": (r'{"\udc49": 1}', f"1:2 {HALF_OF_A_PAIR}"),
    "too deep": ("[" * 60 + "]" * 60, "1:51 E001 nested deeper than 50 levels"),
    "endless": ("[" * 200_000, "1:51 E001 nested deeper than 50 levels"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_invalid_json_is_refused_at_its_position(case: str) -> None:
    text, finding = REFUSED[case]
    with pytest.raises(ScenarioError) as error:
        parse_json(text.encode())
    assert finding in str(error.value)


def test_json_values_have_line_and_column() -> None:
    document = parse_file(b'{\n "a": [{"b": 1},\n  {"c": "\\ud83d\\udc49", "d": 2}]}', "s.json")
    assert document.position(("a",)) == (2, 2)
    assert document.position(("a", 1, "d")) == (3, 25)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5).filter("<<".__ne__), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=values, ascii_only=st.booleans(), indent=st.sampled_from([None, 2]))
def test_any_dumped_value_is_parsed_unchanged(
    value: object, indent: int | None, *, ascii_only: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parse_json(text.encode()).value == value


class ScannedText(str):
    """Text that counts the characters in which something was searched for."""

    __slots__ = ("scanned",)

    def removeprefix(self, _prefix: str) -> "ScannedText":
        """Return itself, without anything counted."""
        self.scanned = 0
        return self

    def count(self, text: str, start: int, end: int) -> int:  # type: ignore[override]
        """Count the characters that are searched."""
        self.scanned += end - start
        return super().count(text, start, end)

    def rfind(self, text: str, start: int, end: int) -> int:  # type: ignore[override]
        """Count the characters that are searched."""
        self.scanned += end - start
        return super().rfind(text, start, end)


def test_one_long_line_is_searched_for_line_breaks_once() -> None:
    text = ScannedText(json.dumps({f"key{number}": number for number in range(500)}))
    parse_json(text)
    assert 0 < text.scanned <= 2 * len(text)
