"""A query cut into tokens: words, phrases, field names, parentheses, operators. One pass, no backtracking."""

import unicodedata
from typing import Literal

import msgspec

from pipeline.query.errors import QueryError
from pipeline.query.fields import field_named
from schemas.said import Said

LONGEST = 2_000
MOST_TOKENS = 200

Kind = Literal["word", "phrase", "field", "open", "close", "and", "or", "not", "end"]

# What may close a phrase, by what opened it: people paste typographic quotation marks.
QUOTES = {'"': '"', "“": '”"', "„": '“”"', "«": "»", "‟": "”", "「": "」", "『": "』", "＂": "＂"}  # fmt: skip
OPEN, CLOSE, COLONS = "(（", ")）", ":："
OPERATORS: dict[str, Kind] = {"AND": "and", "OR": "or", "NOT": "not"}
MINUS = "-−"


class Token(msgspec.Struct, frozen=True):
    """One token; `text` is without quotation marks and colon, `start` and `end` are code points of the query."""

    kind: Kind
    text: str
    start: int
    end: int


def scan(query: str) -> list[Token]:
    """The tokens of a query, `end` last. Dashes, dots and the like that stand alone are left out, as in a pasted title.

    Raises:
        QueryError: too long, or a phrase is not closed.
    """
    if len(query) > LONGEST:
        long = Said("A query may have {:,} characters; this one has {:,}.", (LONGEST, len(query)))
        raise QueryError(long, query, LONGEST, -1)
    tokens: list[Token] = []
    position = 0
    while position < len(query):
        if _is_blank(query[position]):
            position += 1
            continue
        valued = bool(tokens) and tokens[-1].kind == "field" and tokens[-1].end == position
        token = _token(query, position, valued=valued)
        position = token.end
        if token.kind in {"word", "phrase"} and not _says_something(token.text):
            continue
        tokens.append(token)
        if len(tokens) > MOST_TOKENS:
            many = Said("A query may have {} words and signs.", (MOST_TOKENS,))
            raise QueryError(many, query, token.start, token.end)
    return [*tokens, Token("end", "", len(query), len(query))]


def _token(query: str, start: int, *, valued: bool) -> Token:
    character = query[start]
    if character in OPEN:
        return Token("open", character, start, start + 1)
    if character in CLOSE:
        return Token("close", character, start, start + 1)
    if character in QUOTES:
        return _phrase(query, start)
    if character in MINUS and not valued and _is_minus(query, start):
        return Token("not", character, start, start + 1)
    return _word(query, start)


def _phrase(query: str, start: int) -> Token:
    for position in range(start + 1, len(query)):
        if query[position] in QUOTES[query[start]]:
            text = query[start + 1 : position].replace('"', " ")
            return Token("phrase", _clean(text), start, position + 1)
    open_ = Said("This quotation mark is not closed: put another one after the phrase.")
    raise QueryError(open_, query, start, start + 1)


def _word(query: str, start: int) -> Token:
    end = start
    while end < len(query) and not (_is_blank(query[end]) or query[end] in OPEN + CLOSE or query[end] in QUOTES):
        if query[end] in COLONS and field_named(query[start:end]):
            return Token("field", query[start:end], start, end + 1)
        end += 1
    word = query[start:end]
    return Token(OPERATORS.get(word, "word"), _clean(word), start, end)


def _is_minus(query: str, position: int) -> bool:
    """A minus stands before what is not wanted: `-word`; a dash between words, or several, are punctuation."""
    following = query[position + 1 : position + 2]
    return following.isalnum() or (following != "" and following in OPEN + "".join(QUOTES))


def _says_something(text: str) -> bool:
    """Whether a text has a letter, digit, or picture."""
    return any(character.isalnum() or unicodedata.category(character) == "So" for character in text)


def _is_blank(character: str) -> bool:
    """Spaces of every kind, control characters, and halves of surrogate pairs, which are no text."""
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cs"}


def _clean(text: str) -> str:
    return " ".join("".join(" " if _is_blank(character) else character for character in text).split())
