"""Make texts of merchants visible and safe in XML, and break them into lines.

Controls, direction marks and lone surrogates are replaced by signs: XML forbids most of them
even when escaped, and a reader must see them. Widths are estimated, since the font of the
reader is not known.
"""

import re
from collections.abc import Iterator
from unicodedata import category, east_asian_width

INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
CONTROL_PICTURES = 0x2400  # the code point of the sign for U+0000; others follow
FIRST_PRINTABLE = 0x20
MAX_LENGTH = 300  # characters of one text
SPACE = "\u00b7"  # shown for whitespace at the ends
WIDE = 1.75  # widths as multiples of an average character
NARROW = 0.55
NARROW_CHARACTERS = frozenset("iljftrI.,:;'|!()[] ·")
AVERAGE_WIDTH = 0.63  # of a character, as a part of the font size
BREAKABLE = re.compile(r"\S+\s*")


def make_visible(text: str) -> str:
    """Replace what cannot be seen by signs, and cut the text to ``MAX_LENGTH``."""
    cut = text[:MAX_LENGTH] + "…" * (len(text) > MAX_LENGTH)
    if cut.isprintable() and cut == cut.strip():
        return cut
    shown = "".join(map(_make_visible_character, cut))
    core = shown.strip(" ")
    lead, _, trail = shown.partition(core) if core else (shown, "", "")
    return SPACE * len(lead) + core + SPACE * len(trail)


def _make_visible_character(character: str) -> str:
    code = ord(character)
    if code < FIRST_PRINTABLE:
        return chr(CONTROL_PICTURES + code)
    if category(character) in INVISIBLE_CATEGORIES:
        return f"⟨U+{code:04X}⟩"
    return " " if character.isspace() else character


def estimate_width(text: str, size: float) -> float:
    """Estimate the width of a text in pixels, for a font of this size."""
    return sum(map(_relative_width, text)) * size * AVERAGE_WIDTH


def _relative_width(character: str) -> float:
    if character in NARROW_CHARACTERS:
        return NARROW
    if character.isascii():
        return 1.2 if character.isupper() else 1.0
    return WIDE if east_asian_width(character) in "WF" else 1.2


def wrap(text: str, width: float, size: float, max_lines: int) -> list[str]:
    """Break a text into lines, also inside long words; the last line ends in ``…`` if cut."""
    lines = [""]
    for piece in _pieces(text, width, size):
        if lines[-1] and estimate_width((lines[-1] + piece).rstrip(), size) > width:
            lines.append("")
        lines[-1] += piece
    lines = [line.rstrip() for line in lines]
    if len(lines) > max_lines:
        lines = [*lines[: max_lines - 1], shorten_to(lines[max_lines - 1] + "…", width, size)]
    return lines


def shorten_to(text: str, width: float, size: float) -> str:
    """Cut a text to a width; what is cut ends in ``…``."""
    if estimate_width(text, size) <= width:
        return text
    kept = text.removesuffix("…")
    while kept and estimate_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept + "…"


def _pieces(text: str, width: float, size: float) -> Iterator[str]:
    """Yield words with the space after them; a word wider than a line in parts."""
    for match in BREAKABLE.finditer(text):
        word = match.group()
        while estimate_width(word.rstrip(), size) > width:
            end = next(
                (n for n in range(len(word), 1, -1) if estimate_width(word[:n], size) <= width),
                1,
            )
            yield word[:end]
            word = word[end:]
        if word:
            yield word
