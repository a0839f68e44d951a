"""Explain why a text is not YAML: where the mistake is, and what to write.

The parser notices a mistake where it cannot go on, often lines after it, and names rules
of its grammar. ``MISTAKE_CHECKS`` looks for the common mistakes, the most certain first;
only texts that the parser refused come here. The checks read the text and the positions of
the error, not its sentences, which are not documented.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import yaml
from yaml.scanner import ScannerError

from mockserver.domain.wording import shorten
from mockserver.scenario.document import Position
from mockserver.scenario.yaml_problem import YamlProblem

Mistake: TypeAlias = tuple[str, int, int]
"""Message, line and column, both from 0."""

LOOK_ALIKE_SIGNS = {
    "\u00a0": "a no-break space (U+00A0); write a blank",
    "\u3000": "an ideographic space (U+3000); write a blank",
    "\uff1a": "a full-width colon (U+FF1A); write ':' and a blank",
}
_IN_BLOCK = {
    ",": "a comma after a line; leave it out, or write the list in [ ]",
    "]": "no opening bracket for ']'; leave it out",
    "}": "no opening bracket for '}'; leave it out",
    ":": "no key before the colon",
}
CLOSING = {"{": "}", "[": "]"}
_QUOTES = re.compile(
    r"""(?:^|(?<=\s))\#.*|(?<![^\s\[{,])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?P<open>["']))"""
)
_KEY_LINE = re.compile(
    r"(?P<start>\s*(?:- +)*)(?P<key>[^\s:#\[{\"'][^:#]*?)\s*:(?:\s+(?P<value>.*))?$"
)
_NO_BLANK_AFTER_COLON = re.compile(r"\s*(?:- +)?([A-Za-z_$][\w$-]*):([^\s:/].*)")
_NO_BLANK_AFTER_DASH = re.compile(r"(\s*)-([\w\"'{\[].*[:}\]].*)")
_NO_COLON = re.compile(r"(\s*(?:- +)?)([\w-]+)(?:\s*=\s*|\s+|$)([^:]*)$")
_CONFLICT = re.compile(r"(<{7}|>{7}) ")


def explain_mistake(text: str, error: yaml.MarkedYAMLError) -> tuple[str, Position]:
    """Return message and position of the mistake that made the parser stop."""
    mark = error.problem_mark or error.context_mark
    assert mark is not None  # noqa: S101  # every error of the parser has a position
    start = error.context_mark or mark
    problem = YamlProblem(
        lines=text.splitlines(),
        is_token=isinstance(error, ScannerError),
        has_start=error.context is not None,
        line=mark.line,
        column=mark.column,
        start_line=start.line,
        start_column=start.column,
    )
    message = error.problem or error.context or "not YAML"
    mistakes = (check(problem) for check in MISTAKE_CHECKS)
    mistake = next(filter(None, mistakes), (message, mark.line, mark.column))
    return mistake[0], (mistake[1] + 1, mistake[2] + 1)


def _merge_conflict(problem: YamlProblem) -> Mistake | None:
    for number, line in enumerate(problem.lines):
        if _CONFLICT.match(line):
            return "a mark of a merge conflict; resolve it", number, 0
    return None


def _tab(problem: YamlProblem) -> Mistake | None:
    indentation = re.match(r"\s*", problem.here)
    if indentation is None or "\t" not in indentation[0]:
        return None
    return "a tab indents this line; write blanks", problem.line, problem.here.index("\t")


def _look_alike(problem: YamlProblem) -> Mistake | None:
    for number, line in problem.suspects():
        for column, character in enumerate(line):
            if character in LOOK_ALIKE_SIGNS:
                return LOOK_ALIKE_SIGNS[character], number, column
    return None


def _forbidden_start(problem: YamlProblem) -> Mistake | None:
    if not problem.is_token or not problem.has_start or not problem.is_at_start:
        return None
    if problem.here.startswith("```"):
        return "a mark of a Markdown block; leave this line out", problem.line, 0
    message = f"a text cannot begin with '{problem.character}'; put it in quotes"
    return message, problem.line, problem.column


def _indicator(problem: YamlProblem) -> Mistake | None:
    kind = {"*": "alias", "&": "anchor"}.get(problem.opening)
    if not problem.is_token or kind is None:
        return None
    message = f"'{problem.opening}' begins an {kind}; put a text that begins with it in quotes"
    return message, problem.start_line, problem.start_column


def _block_text(problem: YamlProblem) -> Mistake | None:
    if not problem.is_token or problem.opening not in ("|", ">"):
        return None
    message = f"text after '{problem.opening}' begins in the next line, indented"
    return message, problem.line, problem.column


def _escape(problem: YamlProblem) -> Mistake | None:
    if not problem.is_token or problem.opening != '"' or problem.character != "\\":
        return None
    escape = problem.here[problem.column : problem.column + 2]
    message = f"unknown escape {escape}; write \\\\ for a backslash, or use single quotes"
    return message, problem.line, problem.column


def _unclosed_quote(problem: YamlProblem) -> Mistake | None:
    """Find the quote whose text ends in a later line, where the parser then stopped."""
    position = None
    if problem.is_token and problem.opening in ("'", '"') and not problem.character:
        position = problem.start_line, problem.start_column
    for number in range(problem.line if position is None else 0):
        match = next((m for m in _QUOTES.finditer(problem.lines[number]) if m["open"]), None)
        if (
            match
            and match["open"] in problem.before
            and not any(
                match["open"] in line for line in problem.lines[number + 1 : problem.line]
            )
        ):
            position = number, match.start()
            break
    if position is None:
        return None
    quote = problem.line_at(position[0])[position[1]]
    return f"this quote is not closed; write {quote} at the end of the text", *position


def _text_after_quotes(problem: YamlProblem) -> Mistake | None:
    quote = problem.before.rstrip()[-1:]
    if quote not in ("'", '"') or not problem.character or problem.character in ":,[{]}":
        return None
    inside = "''" if quote == "'" else '\\"'
    message = f"text after the closing quote; write {inside} for a quote inside the text"
    return message, problem.line, problem.column


def _blank_after_colon(problem: YamlProblem) -> Mistake | None:
    for number, line in problem.suspects():
        match = _NO_BLANK_AFTER_COLON.fullmatch(line)
        if match and ": " not in line:
            written = shorten(f"{match[1]}: {match[2]}")
            return f"no blank after the colon; write '{written}'", number, match.end(1)
    return None


def _blank_after_dash(problem: YamlProblem) -> Mistake | None:
    for number, line in problem.suspects():
        match = _NO_BLANK_AFTER_DASH.fullmatch(line)
        if match:
            written = shorten(f"- {match[2]}")
            return f"no blank after the dash; write '{written}'", number, match.end(1)
    return None


def _mapping_value(problem: YamlProblem) -> Mistake | None:
    """Explain a colon in a text, a colon left out above, or a line indented too deep."""
    if not problem.is_token or problem.has_start or problem.character != ":":
        return None
    if re.search(r":\s", problem.before):
        message = "a colon and a blank inside a text; put the text in quotes"
        return message, problem.line, problem.column
    above = problem.line_at(problem.previous)
    match = _NO_COLON.fullmatch(above)
    if match:
        written = shorten(f"{match[2]}: {match[3]}".rstrip())
        return f"no colon after '{match[2]}'; write '{written}'", problem.previous, match.end(2)
    match = _KEY_LINE.fullmatch(above)
    if match is None:
        return None
    message = (
        f"indented deeper than '{match['key']}', which has a value already; begin the line"
        f" in column {match.end('start') + 1}"
    )
    return message, problem.line, len(problem.here) - len(problem.here.lstrip())


def _misplaced_entry(problem: YamlProblem) -> Mistake | None:
    if not problem.is_token or problem.has_start or problem.character != "-":
        return None
    message = "an entry of a list cannot begin here; begin a new line for it below its key"
    return message, problem.line, problem.column


def _unexpected_colon(problem: YamlProblem) -> Mistake | None:
    is_plain = problem.is_token and problem.has_start and problem.opening not in "[{%"
    if not is_plain or problem.character != ":" or problem.line != problem.start_line:
        return None
    return "a colon inside a text; put the text in quotes", problem.line, problem.column


def _flow(problem: YamlProblem) -> Mistake | None:
    """Explain what is wrong between brackets or braces."""
    if problem.is_token or not problem.has_start:
        return None
    is_empty_key = problem.character == ":" and not problem.before.strip()
    if problem.is_at_start and problem.character and not is_empty_key:
        message = f"nothing before '{problem.character}'; write a value or leave it out"
        return message, problem.line, problem.column
    if problem.is_at_start or problem.opening not in CLOSING:
        return None
    between = problem.text_between()
    if between.count(problem.opening) == between.count(CLOSING[problem.opening]):
        return None
    return (
        _comment_between_brackets(problem)
        or _missing_comma(problem)
        or _unclosed_bracket(problem)
    )


def _comment_between_brackets(problem: YamlProblem) -> Mistake | None:
    for number in range(problem.start_line, problem.line):
        line = problem.lines[number]
        for match in _QUOTES.finditer(line):
            if match[0].startswith("#") and re.search(r"[\]},]\s*$", line):
                message = "'#' after a blank begins a comment; put the text in quotes"
                return message, number, match.start()
    return None


def _missing_comma(problem: YamlProblem) -> Mistake | None:
    if problem.character == ":":
        words = problem.before.rpartition(": ")[2].split()
        if len(words) < 2:  # noqa: PLR2004  # a value, and the key after it
            message = "a colon and a blank inside a text; put the text in quotes"
            return message, problem.line, problem.column
        column = problem.column - len(words[-1])
        return f"no comma before '{words[-1]}'; write ', {words[-1]}'", problem.line, column
    if problem.character in ("{", "[", '"', "'"):
        message = f"no comma before {problem.character}; write ', '"
        return message, problem.line, problem.column
    return None


def _unclosed_bracket(problem: YamlProblem) -> Mistake:
    closing = CLOSING[problem.opening]
    if problem.character and problem.line == problem.start_line:
        position = f"line {problem.start_line + 1}, column {problem.start_column + 1}"
        message = f"expected ',', or '{closing}' for the '{problem.opening}' in {position}"
        return f"{message}, got '{problem.character}'", problem.line, problem.column
    message = f"'{problem.opening}' is not closed; write '{closing}' at its end"
    return message, problem.start_line, problem.start_column


def _left_of_first_line(problem: YamlProblem) -> Mistake | None:
    if problem.is_token or problem.has_start:
        return None
    message = "this line begins left of the first one; begin all keys of the file in one column"
    return message, problem.line, problem.column


def _line_without_colon(problem: YamlProblem) -> Mistake | None:
    if not problem.is_token or not problem.has_start or problem.opening in "%!":
        return None
    message = (
        "expected 'key: value' or '- ' and an entry of a list; indent the line deeper if it"
        " belongs to the one above"
    )
    return message, problem.start_line, problem.start_column


def _block(problem: YamlProblem) -> Mistake | None:
    """Explain a wrong indentation, or text where a line should end."""
    if problem.is_token or not problem.has_start or not problem.here.strip():
        return None
    return _message_in_block(problem), problem.line, problem.column


def _message_in_block(problem: YamlProblem) -> str:
    if problem.character in _IN_BLOCK:
        return _IN_BLOCK[problem.character]
    if problem.before.strip():
        return f"text after '{problem.before.rstrip()[-1]}'; begin a new line for it"
    if problem.character == "-" and problem.column == problem.start_column:
        return "an entry of a list among keys; indent it deeper, or write 'key: value'"
    columns = " or ".join(str(column + 1) for column in problem.closest_indentations())
    return f"no line above begins in this column; begin it in column {columns}"


MISTAKE_CHECKS: Sequence[Callable[[YamlProblem], Mistake | None]] = (
    _merge_conflict,
    _tab,
    _look_alike,
    _forbidden_start,
    _indicator,
    _block_text,
    _escape,
    _unclosed_quote,
    _blank_after_dash,
    _blank_after_colon,
    _text_after_quotes,
    _mapping_value,
    _misplaced_entry,
    _unexpected_colon,
    _flow,
    _left_of_first_line,
    _line_without_colon,
    _block,
)
