"""Find the known reference that a misspelt one was probably meant to be.

A suggestion is *certain* only if it is the one known reference that looks the same or
differs in one edit. Known are the references of the order as well as those of its
captures: a certain suggestion must not lead to another article's capture.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from unicodedata import category, name, normalize

from msgspec import Struct

MAX_COMPARED = 1000  # known references compared by edits; beyond it nothing is certain
MAX_ROUGHLY_COMPARED = 100  # known references compared by similarity
MAX_SPELLING_LENGTH = 40  # characters
MAX_SUGGESTIONS = 3

LOOK_ALIKE_LETTERS = {
    ord(letter): shown
    for shown, letters in {
        "0": "\u043e\u03bf",
        "1": "\u0456\u0457\u03b9\u04cf",
        "a": "\u0430\u03b1",
        "b": "\u0432\u03b2",
        "c": "\u0441\u03f2",
        "e": "\u0435\u03b5",
        "h": "\u043d\u03b7",
        "j": "\u0458",
        "k": "\u043a\u03ba",
        "m": "\u043c\u03bc",
        "p": "\u0440\u03c1",
        "s": "\u0455",
        "t": "\u0442\u03c4",
        "u": "\u03c5",
        "v": "\u03bd",
        "x": "\u0445\u03c7",
        "y": "\u0443",
        "z": "\u03b6",
    }.items()
    for letter in letters
}
"""Cyrillic and Greek small letters as the Latin ones or digits they look like."""


class Suggestion(Struct, frozen=True):
    """The known references that are similar to an unknown one, most similar first."""

    references: tuple[str, ...]
    is_certain: bool

    @property
    def reference(self) -> str | None:
        """The reference that was certainly meant."""
        return self.references[0] if self.is_certain else None


NO_SUGGESTION = Suggestion((), is_certain=False)


class SpellingIndex:
    """Known references, indexed by what they look like."""

    def __init__(self, known: Iterable[str]) -> None:
        """Index these references."""
        self._known = tuple(dict.fromkeys(known))

    def suggest(self, reference: str) -> Suggestion:
        """Return the known references that are similar to this one."""
        look = appearance(reference)
        if look in self._by_appearance:
            same = tuple(self._by_appearance[look][:MAX_SUGGESTIONS])
            return Suggestion(same, is_certain=len(same) == 1)
        if len(look) > MAX_SPELLING_LENGTH:
            return NO_SUGGESTION
        near = [
            known
            for other, references in self._compared
            if is_one_edit(look, other)
            for known in references
        ]
        if near:
            is_certain = len(near) == 1 and len(self._known) <= MAX_COMPARED
            return Suggestion(tuple(near[:MAX_SUGGESTIONS]), is_certain)
        candidates = dict(self._compared[:MAX_ROUGHLY_COMPARED])
        close = get_close_matches(look, candidates, n=MAX_SUGGESTIONS)
        return Suggestion(tuple(candidates[match][0] for match in close), is_certain=False)

    @cached_property
    def _by_appearance(self) -> Mapping[str, list[str]]:
        index: dict[str, list[str]] = {}
        for reference in self._known:
            index.setdefault(appearance(reference), []).append(reference)
        return index

    @cached_property
    def _compared(self) -> list[tuple[str, list[str]]]:
        items = self._by_appearance.items()
        short = [item for item in items if len(item[0]) <= MAX_SPELLING_LENGTH]
        return short[:MAX_COMPARED]


def appearance(reference: str) -> str:
    """Return a key that is equal for references that look the same.

    Case, spaces, invisible characters, letters of other alphabets and the pairs O/0 and
    l/1 make no difference.
    """
    text = reference.casefold()
    if not text.isascii():
        normal = normalize("NFKC", text)
        visible = "".join(char for char in normal if category(char) not in {"Cf", "Cc"})
        text = visible.translate(LOOK_ALIKE_LETTERS)
    if " " in text or not text.isprintable():
        text = "".join(text.split())
    # Several times faster than one str.translate, which matters for 15 000 references.
    return text.replace("o", "0").replace("i", "1").replace("l", "1").replace("|", "1")


def is_one_edit(one: str, other: str) -> bool:
    """Return whether one insertion, deletion, substitution or swap makes the texts equal."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, other_rest = one[start:], other[start:]
    if len(rest) != len(other_rest):
        longer, shorter = sorted((rest, other_rest), key=len, reverse=True)
        return longer[1:] == shorter
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return rest[1:] == other_rest[1:] or swapped == other_rest


def describe_foreign_letters(reference: str) -> str:
    """Name the letters that are not ASCII and look like another; empty if there are none."""
    foreign = sorted(
        char
        for char in set(reference)
        if not char.isascii() and char.isprintable() and appearance(char).isascii()
    )
    letters = ", ".join(f"U+{ord(char):04X} {name(char, '')}".strip() for char in foreign)
    return f" (with {letters})" if letters else ""
