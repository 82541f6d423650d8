"""Text to tree, by recursive descent over the tokens of `scan`.

query := any
any   := all ("OR" all)*
all   := one (["AND"] one)*
one   := ("NOT" | "-") one | "(" any ")" | FIELD value | PHRASE | WORD
value := PHRASE | WORD | "(" any of words and phrases ")"
"""

import re
from collections.abc import Callable
from typing import Final, cast

from pipeline.language.names import code_of
from pipeline.query import places
from pipeline.query.ast import (
    And,
    Dated,
    EntityField,
    Everything,
    Moment,
    Named,
    Near,
    Node,
    Not,
    Or,
    Text,
    Value,
    ValueField,
)
from pipeline.query.errors import QueryError
from pipeline.query.fields import Field, field_named, near_field
from pipeline.query.moments import HINT, moment, span
from pipeline.query.scan import Token, scan
from schemas.said import Said

DEEPEST = 20
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")

FindNear = Callable[[str], Near | Said]


def parse(query: str, find_near: FindNear = places.near) -> Node:
    """The tree of a query; `find_near` says where a place is.

    Raises:
        QueryError: the query cannot be read; the error points at the place.
    """
    return _Parser(query, find_near).parse()


class _Parser:
    def __init__(self, query: str, find_near: FindNear) -> None:
        self._query = query
        self._find_near = find_near
        self._tokens = scan(query)
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        if self._peek().kind == "end":
            return Everything()
        node = self._any(None)
        left = self._peek()
        if left.kind == "close":
            raise self._error(Said("There is no opening parenthesis for this one."), left)
        return node

    def _any(self, field: Field | None) -> Node:
        parts = [self._all(field)]
        while self._peek().kind == "or":
            operator = self._take()
            self._needs_operand(operator)
            parts.append(self._all(field))
        return _joined(Or, parts)

    def _all(self, field: Field | None) -> Node:
        parts = [self._one(field)]
        while True:
            kind = self._peek().kind
            if kind == "and":
                self._needs_operand(self._take())
            elif kind in {"or", "close", "end"}:
                return _joined(And, parts)
            parts.append(self._one(field))

    def _one(self, field: Field | None) -> Node:
        token = self._take()
        match token.kind:
            case "not":
                self._needs_operand(token)
                return self._deeper(token, lambda: Not(self._one(field)))
            case "open":
                return self._group(token, field)
            case "field":
                return self._fielded(token, field)
            case "word" | "phrase":
                return self._leaf(token, field)
            case "close" if self._next >= 2 and self._tokens[self._next - 2].kind == "open":  # noqa: PLR2004
                raise self._error(
                    Said("There is nothing between these parentheses."), self._tokens[self._next - 2], token
                )
            case "close":
                raise self._error(Said("There is no opening parenthesis for this one."), token)
            case _:
                raise self._error(Said("{} needs something on its left.", (token.text,)), token)

    def _group(self, opening: Token, field: Field | None) -> Node:
        if self._peek().kind == "end":
            raise self._error(Said("This parenthesis is not closed."), opening)
        node = self._deeper(opening, lambda: self._any(field))
        closing = self._take()
        if closing.kind != "close":
            raise self._error(Said("This parenthesis is not closed."), opening)
        return node

    def _deeper(self, token: Token, make: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(Said("More than {} parentheses or NOTs inside each other.", (DEEPEST,)), token)
        node = make()
        self._depth -= 1
        return node

    def _fielded(self, token: Token, outer: Field | None) -> Node:
        field = field_named(token.text)
        assert field is not None, "the scanner knows the fields"  # noqa: S101 - for the type checker
        if outer is not None:
            raise self._error(Said("{}: cannot stand inside {}:(…).", (token.text, outer.name)), token)
        value = self._peek()
        if value.start != token.end or value.kind not in {"word", "phrase", "open"}:
            raise self._error(
                Said(
                    '{0}: needs a value right after it, such as {1}; to search for the word itself, write "{0}".',
                    (token.text, field.example),
                ),
                token,
            )
        self._take()
        return self._group(value, field) if value.kind == "open" else self._leaf(value, field)

    def _leaf(self, token: Token, field: Field | None) -> Node:
        if field is None:
            self._no_unknown_field(token)
            return Text(text=token.text, phrase=token.kind == "phrase")
        if not token.text:
            raise self._error(Said("{}: needs a value, such as {}.", (field.name, field.example)), token)
        node = self._valued(field, token)
        if isinstance(node, Said):
            raise self._error(node, token)
        return node

    def _valued(self, field: Field, token: Token) -> Node | Said:  # noqa: PLR0911 - one line a kind of field
        text = token.text
        match field.meaning:
            case "title":
                return Text(text=text, phrase=token.kind == "phrase", title_only=True)
            case "entity":
                return Named(field=cast(EntityField, field.target), name=text)
            case "near":
                return self._find_near(text)
            case "value":
                return _value(field, text)
            case "day":
                return _day(text) or Said("{}: takes a day, month or year, such as 2026-03-01.", (field.name,))
            case "since" | "until":
                at = moment(text)
                if at is None:
                    return Said("{}: takes {}.", (field.name, HINT))
                return Dated(since=at) if field.meaning == "since" else Dated(until=at)

    def _no_unknown_field(self, token: Token) -> None:
        name, colon, rest = token.text.partition(":")
        if token.kind != "word" or not colon or rest.startswith("//"):
            return
        meant = near_field(name)
        following = self._peek()
        if meant and (rest or (following.kind != "end" and following.start == token.end)):
            raise self._error(
                Said('There is no field {0}:; did you mean {1}:? For the words, write "{0} …".', (name, meant)), token
            )

    def _needs_operand(self, operator: Token) -> None:
        if self._peek().kind in {"end", "close", "or", "and"}:
            raise self._error(Said("{} needs something on its right.", (operator.text,)), operator)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        return token

    def _error(self, sentence: Said, first: Token, last: Token | None = None) -> QueryError:
        return QueryError(sentence, self._query, first.start, (last or first).end)


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _value(field: Field, text: str) -> Value | Said:
    if field.target == "language":
        code = code_of(text)
        if code is None:
            return Said("{}: takes a language's code or name, such as id, Indonesian or zh-Hans.", (field.name,))
        return Value(field="language", value=code)
    if field.target == "country" and not _COUNTRY.fullmatch(text):
        return Said("{}: takes two letters, such as ID.", (field.name,))
    return Value(field=cast(ValueField, field.target), value=text)


def _day(text: str) -> Dated | None:
    found = span(text)
    if found is not None:
        return Dated(since=Moment(at=found[0]), until=Moment(at=found[1]))
    at = moment(text)
    if at is not None and at.days_ago is not None:
        later = Moment(days_ago=at.days_ago - 1)
        return Dated(since=at, until=later)
    return None
