"""Strict YAML: what is written is what is read, and every refusal has its place."""

from typing import Any

import pytest

from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.document import (
    CHARACTERS_PER_VALUE,
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_VALUES,
    Document,
)
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.case_tables import Case, every_case


def refused(text: str | bytes) -> str:
    with pytest.raises(ScenarioError) as error:
        parse_yaml(text)
    (finding,) = error.value.findings
    return str(finding)


@every_case("scenario", "plain")
def test_plain_scalars_match_the_case_table(case: Case) -> None:
    value = parse_yaml(f"a: {case['written']}\n").value["a"]
    assert (value, type(value)) == (case["value"], type(case["value"]))


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n", "null"])
def test_empty_document_is_none(text: str) -> None:
    assert parse_yaml(text).value is None


def test_keys_are_strings() -> None:
    value = parse_yaml("010: a\n5: b\ntrue: c\n~: d\n2026-01-15: e\n1.50: f\n").value
    assert value == {
        "010": "a",
        "5": "b",
        "true": "c",
        "null": "d",
        "2026-01-15": "e",
        "1.5": "f",
    }


@every_case("scenario", "refused_text")
def test_invalid_documents_match_the_case_table(case: Case) -> None:
    assert case["finding"] in refused(case["text"])


NOT_ALLOWED = {
    "a: \ud800": (
        "1:4 E001 the character U+D800 is not allowed; remove it, or write it as"
        r" \ud800 in double quotes"
    ),
    'a: 1\nb: "\x01"': (
        "2:5 E001 the character U+0001 is not allowed; remove it, or write it as"
        r" \x01 in double quotes"
    ),
}


@pytest.mark.parametrize("text", NOT_ALLOWED)
def test_character_that_yaml_forbids_is_refused(text: str) -> None:
    assert refused(text) == NOT_ALLOWED[text]


def test_byte_order_mark_is_not_part_of_the_first_key() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: 1\n").value == {"a": 1}


TREE = """\
base: &base
  shared: 1
  both: base
list:
  - first
  - inner: {deep: [x, y]}
alias: *base
merged:
  <<: *base
  both: own
many:
  <<: [*base, {third: 3}]
"""

PLACES: dict[tuple[str | int, ...], tuple[int, int]] = {
    (): (1, 1),
    ("base",): (1, 1),
    ("base", "shared"): (2, 3),
    ("list",): (4, 1),
    ("list", 0): (5, 5),
    ("list", 1, "inner"): (6, 5),
    ("list", 1, "inner", "deep"): (6, 13),
    ("list", 1, "inner", "deep", 1): (6, 23),
    ("alias",): (7, 1),
    ("alias", "shared"): (2, 3),
    ("merged", "both"): (10, 3),
    ("merged", "shared"): (2, 3),
    ("many", "both"): (3, 3),
    ("many", "third"): (12, 16),
    ("list", 7, "nowhere"): (4, 1),
    ("merged", "unknown"): (8, 1),
}


@pytest.mark.parametrize(("path", "place"), PLACES.items())
def test_every_path_has_line_and_column(
    path: tuple[str | int, ...],
    place: tuple[int, int],
) -> None:
    assert parse_yaml(TREE).position(path) == place


def test_explicit_entries_win_over_merged_entries() -> None:
    value = parse_yaml(TREE).value
    assert value["merged"] == {"shared": 1, "both": "own"}
    assert value["many"] == {"shared": 1, "both": "base", "third": 3}
    assert value["alias"] == value["base"] == {"shared": 1, "both": "base"}


def test_first_of_two_merges_wins() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc:\n  <<: *a\n  <<: *b\n"
    assert parse_yaml(text).value["c"] == {"x": 1, "y": 2}


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_depth_limit_is_exact() -> None:
    assert isinstance(parse_yaml(nested(MAX_DEPTH)), Document)
    assert refused(nested(MAX_DEPTH + 1)) == (
        f"1:{MAX_DEPTH + 1} E001 nested deeper than {MAX_DEPTH} levels"
    )


@pytest.mark.parametrize(
    ("opening", "levels"),
    [("[", 900_000), ("{a: ", 200_000), ("[", 1000), ("[", 1001), ("{a: ", 1001), ("- ", 3000)],
)
def test_unclosed_nesting_is_refused_at_the_depth_limit(
    opening: str,
    levels: int,
) -> None:
    column = MAX_DEPTH * len(opening) + 1
    assert refused(opening * levels).startswith(f"1:{column} E001 nested deeper")


def test_size_limit_is_exact() -> None:
    largest = b"#" * MAX_FILE_BYTES
    assert parse_yaml(largest).value is None
    assert refused(largest + b"#") == f"1:1 E001 the file is larger than {MAX_FILE_BYTES} bytes"


def laughs(levels: int) -> str:
    """Write nine aliases of nine aliases, and so on."""
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        nine = ", ".join([f"*l{level - 1}"] * 9)
        lines.append(f"l{level}: &l{level} [{nine}]")
    return "\n".join(lines)


# The text, and the line of what is too much: an alias is placed at its anchor.
BOMBS: dict[str, tuple[str, int]] = {
    "lists of lists": (laughs(9), 5),
    "a long text many times": (
        f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]",
        1,
    ),
    "a long key many times": (
        f"a: &a {{{'x' * 1000}: 1}}\nb: [{', '.join(['*a'] * 50_000)}]",
        1,
    ),
    "merges of merges": (
        "l0: &l0 {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}\n"
        "a: [" + ", ".join(["{<<: *l0}"] * 1000) + "]",
        2,
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_alias_bombs_are_refused(name: str) -> None:
    text, line = BOMBS[name]
    assert len(text) < MAX_FILE_BYTES
    message = refused(text)
    assert f"E001 more than {MAX_VALUES} values after resolving aliases" in message
    assert message.startswith(f"{line}:")


def value_count_of(value: Any) -> int:  # noqa: ANN401  # any plain value
    if isinstance(value, dict):
        return 1 + sum(
            value_count_of(item) + len(key) // CHARACTERS_PER_VALUE
            for key, item in value.items()
        )
    if isinstance(value, list):
        return 1 + sum(map(value_count_of, value))
    return 1 + len(str(value)) // CHARACTERS_PER_VALUE


def test_value_count_includes_resolved_aliases() -> None:
    document = parse_yaml(
        f"a: &a {{{'k' * 150}: {'v' * 250}}}\nb: [*a, *a]\nc: {{<<: *a, d: 1}}\n"
    )
    below = {key: marks.value_count for key, marks in document.positions.children.items()}
    value = document.value
    assert below["a"] == value_count_of(value["a"]) == 5
    assert below["b"] == value_count_of(value["b"]) == 11
    assert below["c"] >= value_count_of(value["c"])
