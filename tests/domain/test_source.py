"""A guess must never be mistaken for a fact: every row of every table says what it is."""

import pytest

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.errors import CATALOGUE
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.rules import RULES
from mockserver.domain.source import Mark, Source, assumed, clients, klarna, kustom, recorded

SOURCES = {
    **{f"assumption {row.name}": row.source for row in ASSUMPTIONS.values()},
    **{f"refusal {number} {row.reason}": row.source for number, row in enumerate(CATALOGUE)},
    **{f"rule {number}": row.source for number, row in enumerate(RULES)},
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (kustom("a page"), "documented by Kustom: a page"),
        (klarna("a page"), "documented by Klarna: a page"),
        (recorded("an answer"), "recorded: an answer"),
        (clients("a plugin"), "read off clients: a plugin"),
        (assumed("nothing is known"), "assumed: nothing is known"),
    ],
)
def test_a_source_reads_as_mark_and_place(source: Source, text: str) -> None:
    assert str(source) == text


@pytest.mark.parametrize("name", SOURCES)
def test_every_row_names_the_place_or_the_reason(name: str) -> None:
    assert SOURCES[name].mark in Mark
    assert SOURCES[name].where.strip()


def test_every_cell_of_the_lifecycle_is_marked() -> None:
    marks = {cell.mark for row in LIFECYCLE.values() for cell in row.values()}
    assert marks == set(Mark)


def test_no_rule_is_told_twice() -> None:
    texts = [rule.text for rule in RULES]
    assert len(set(texts)) == len(texts)
    assert all(text.endswith(".") for text in texts)
