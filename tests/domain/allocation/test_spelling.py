import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.allocation.spelling import (
    MAX_COMPARED,
    MAX_SUGGESTIONS,
    SpellingIndex,
    appearance,
    describe_foreign_letters,
    is_one_edit,
)

SUGGESTED = {
    "another letter": ("A12346", ["A12345", "B24680"], "A12345"),
    "a missing letter": ("A1234", ["A12345"], "A12345"),
    "a letter too many": ("A123455", ["A12345"], "A12345"),
    "swapped letters": ("A12354", ["A12345"], "A12345"),
    "swapped first letters": ("1A2345", ["A12345"], "A12345"),
    "another case": ("a12345", ["A12345"], "A12345"),
    "a space": (" A12 345", ["A12345"], "A12345"),
    "a letter O for a 0": ("B2468O", ["B24680"], "B24680"),
    "a Cyrillic letter": ("\u041012345", ["A12345"], "A12345"),
    "a Greek letter": ("\u039112345", ["A12345"], "A12345"),
    "a full-width letter": ("\uff2112345", ["A12345"], "A12345"),
    "an invisible character": ("A12\u200b345", ["A12345"], "A12345"),
    "a known one that looks odd": ("A12345", ["A12345\u200b"], "A12345\u200b"),
    "as long as is compared": ("x" * 39 + "y", ["x" * 40], "x" * 40),
    "two edits": ("A12", ["A1234"], None),
    "longer than is compared": ("x" * 40 + "y", ["x" * 40], None),
    "shorter than a long known one": ("x" * 40, ["x" * 41], None),
    "two that look the same": ("a12345", ["A12345", "A12345 "], None),
    "two within one edit": ("A12346", ["A12345", "A12347"], None),
    "two that look the same within one edit": ("A12346", ["A12345", "a12345"], None),
    "nothing similar": ("shipping", ["A12345"], None),
    "nothing known": ("A12345", [], None),
}


@pytest.mark.parametrize("case", SUGGESTED)
def test_reference_is_suggested_with_certainty_only_if_it_is_unique(case: str) -> None:
    written, known, expected = SUGGESTED[case]
    assert SpellingIndex(known).suggest(written).reference == expected


def test_similar_references_are_suggested_without_certainty() -> None:
    suggestion = SpellingIndex(["SNEAKER-42", "SNEAKER-43", "HAT"]).suggest("SNEAKERS-4")
    assert set(suggestion.references) == {"SNEAKER-42", "SNEAKER-43"}
    assert not suggestion.is_certain


def test_number_of_suggestions_is_bounded() -> None:
    known = [f"A1234{letter}" for letter in "56789"]
    assert len(SpellingIndex(known).suggest("A1234x").references) == MAX_SUGGESTIONS
    known = [" " * count + "A" for count in range(5)]
    assert len(SpellingIndex(known).suggest("a").references) == MAX_SUGGESTIONS


def test_beyond_the_limit_no_edit_is_certain() -> None:
    """The references that are not compared may be as near."""
    known = ["A12345", *(f"REFERENCE-{number}" for number in range(MAX_COMPARED))]
    assert SpellingIndex(known[:-1]).suggest("A12346").reference == "A12345"
    assert SpellingIndex(known).suggest("A12346").reference is None
    assert SpellingIndex(known).suggest("a12345").reference == "A12345"


@given(st.text(alphabet="AB1", max_size=5), st.text(alphabet="AB1", max_size=5))
def test_one_edit_is_symmetric(one: str, other: str) -> None:
    assert is_one_edit(one, other) is is_one_edit(other, one)


@given(st.text(alphabet="AB12", min_size=1, max_size=6), st.data())
def test_every_single_typing_mistake_is_one_edit(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABX"))
    head, tail = text[:at], text[at:]
    swapped = head + tail[1:2] + tail[:1] + tail[2:]
    for mistake in (head + letter + tail, head + letter + tail[1:], head + tail[1:], swapped):
        assert is_one_edit(text, mistake) is (mistake != text)


@pytest.mark.parametrize("text", ["\u00e5ngstr\u00f6m", "\u5e3d\u5b50", "A-1"])
def test_letters_that_look_like_no_other_stay_apart(text: str) -> None:
    assert appearance(text) == text.casefold()


def test_foreign_letters_are_named() -> None:
    assert describe_foreign_letters("A1") == ""
    assert describe_foreign_letters("\u00c51\u200b") == ""
    assert describe_foreign_letters("\u0410\u0391") == (
        " (with U+0391 GREEK CAPITAL LETTER ALPHA, U+0410 CYRILLIC CAPITAL LETTER A)"
    )
