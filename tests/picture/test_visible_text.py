import pytest

from mockserver.picture.visible_text import estimate_width, make_visible, wrap

HOSTILE = {
    "plain": "plain",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "a\x00b\x01c\n": "a␀b␁c␊",
    "right\u202eleft": "right⟨U+202E⟩left",
    "zero\u200bwidth": "zero⟨U+200B⟩width",
    "lone \ud800 surrogate": "lone ⟨U+D800⟩ surrogate",
    "\u2028": "⟨U+2028⟩",
    " spaced ": "·spaced·",
    "  ": "··",
    "no\u00a0break": "no break",
    "\x7f": "⟨U+007F⟩",
    "": "",
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items())
def test_characters_that_cannot_be_seen_are_shown_as_signs(text: str, shown: str) -> None:
    assert make_visible(text) == shown


def test_long_text_is_cut() -> None:
    assert make_visible("x" * 1000) == "x" * 300 + "…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one line", ["one line"]),
        ("words break here and there", ["words break here", "and there"]),
        ("averylongwordwithoutaspace", ["averylongwordwith", "outaspace"]),
        ("one two three four five six seven eight", ["one two three four", "five six seven…"]),
        ("漢字漢字漢字漢字漢字", ["漢字漢字漢字漢字", "漢字"]),
    ],
)
def test_text_is_broken_at_spaces_and_inside_long_words(text: str, lines: list[str]) -> None:
    assert wrap(text, 114, 12, max_lines=2) == lines


def test_no_line_is_wider_than_its_column() -> None:
    lines = wrap("A B2468O is on no capture, WWWWWWWWWWWWWWWWWWWWWWWWW iiiii", 90, 12, 9)
    assert max(estimate_width(line, 12) for line in lines) <= 90
