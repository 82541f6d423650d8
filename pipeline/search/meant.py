"""“Did you mean”: words of a query that the index does not have, replaced by near ones that it has."""

from typing import Any, Final

from pipeline.query.errors import QueryError
from pipeline.query.scan import Token, scan

SHORTEST: Final = 4
FIELDS: Final = ("names", "title", "body")


def _tokens(query: str) -> list[Token]:
    try:
        tokens = scan(query)
    except QueryError:
        return []
    plain = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        of_field = before is not None and before.kind == "field"
        named = before is not None and before.text.lower() in {"title", "person", "figure", "org", "place"}
        if token.kind in {"word", "phrase"} and (named or not of_field):
            plain.append(token)
    return plain


def meant_request(query: str) -> dict[str, Any]:
    """The body that asks for near words of each word; empty where there is nothing to ask."""
    words = {word for token in _tokens(query) for word in token.text.split() if len(word) >= SHORTEST}
    if not words:
        return {}
    suggest: dict[str, Any] = {"text": " ".join(sorted(words))}
    for field in FIELDS:
        suggest[field] = {
            "term": {"field": field, "suggest_mode": "missing", "size": 3, "min_word_length": SHORTEST, "max_edits": 2}
        }
    return {"size": 0, "suggest": suggest, "query": {"match_none": {}}}


def corrected(query: str, answer: dict[str, Any]) -> str | None:
    """The query with its unknown words replaced by the nearest ones, or None where nothing was near.

    Names come before words of titles, those before words of bodies.
    """
    nearest: dict[str, str] = {}
    for field in FIELDS:
        for entry in answer.get("suggest", {}).get(field, []):
            if entry["options"]:
                nearest.setdefault(entry["text"], entry["options"][0]["text"])
    text, changed = query, False
    for token in reversed(_tokens(query)):
        words = [nearest.get(word.lower(), word) for word in token.text.split()]
        if words != token.text.split():
            replaced = f'"{" ".join(words)}"' if token.kind == "phrase" else " ".join(words)
            text, changed = text[: token.start] + replaced + text[token.end :], True
    return text if changed else None
