"""A guess must never be mistaken for a fact: every row of every table says what it is."""

import pytest

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.behaviour_rules import BEHAVIOUR_RULES
from mockserver.domain.errors import ERROR_CATALOGUE
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.provenance import (
    Mark,
    Provenance,
    assumed,
    klarna_docs,
    kustom_docs,
    read_off_clients,
    recorded,
)

SOURCES = {
    **{f"assumption {row.name}": row.source for row in ASSUMPTIONS.values()},
    **{
        f"refusal {number} {row.reason}": row.source
        for number, row in enumerate(ERROR_CATALOGUE)
    },
    **{f"rule {number}": row.provenance for number, row in enumerate(BEHAVIOUR_RULES)},
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (kustom_docs("a page"), "documented by Kustom: a page"),
        (klarna_docs("a page"), "documented by Klarna: a page"),
        (recorded("a response"), "recorded: a response"),
        (read_off_clients("a plugin"), "read off clients: a plugin"),
        (assumed("nothing is known"), "assumed: nothing is known"),
    ],
)
def test_source_reads_as_mark_and_place(source: Provenance, text: str) -> None:
    assert str(source) == text


@pytest.mark.parametrize("name", SOURCES)
def test_every_row_names_the_place_or_the_reason(name: str) -> None:
    assert SOURCES[name].source.strip()


def test_every_cell_of_the_lifecycle_is_marked() -> None:
    marks = {cell.mark for row in LIFECYCLE.values() for cell in row.values()}
    assert marks == set(Mark)


def test_rule_texts_are_unique() -> None:
    texts = [rule.text for rule in BEHAVIOUR_RULES]
    assert len(set(texts)) == len(texts)
    assert all(text.endswith(".") for text in texts)
