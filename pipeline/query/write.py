"""A tree back to text: the canonical form of a query, for saved searches and for showing how it was read."""

from datetime import datetime

from pipeline.query.ast import And, Dated, Everything, Moment, Named, Near, Node, Not, Or, Text, Value
from pipeline.query.fields import FIELDS
from pipeline.query.scan import CLOSE, OPEN, OPERATORS, QUOTES

_NAMES = {field.target: field.name for field in FIELDS if field.target}


def write(node: Node) -> str:
    """The text of a tree: `parse(write(node)) == node` for every tree that `parse` made."""
    match node:
        case Everything():
            return ""
        case And(parts):
            return " ".join(_inside(part, Or) for part in parts)
        case Or(parts):
            return " OR ".join(_inside(part) for part in parts)
        case Not(part):
            return "NOT " + _inside(part, And, Or)
        case _:
            return _leaf(node)


def _inside(part: Node, *parenthesised: type) -> str:
    return f"({write(part)})" if isinstance(part, parenthesised) else write(part)


def _leaf(node: Node) -> str:
    match node:
        case Text():
            text = f'"{node.text}"' if node.phrase else node.text
            return f"title:{text}" if node.title_only else text
        case Named():
            return f"{_NAMES[node.field]}:{_quoted(node.name)}"
        case Value():
            return f"{_NAMES[node.field]}:{_quoted(node.value)}"
        case Near():
            return f'near:"{node.place},{node.kilometres:g}km"'
        case Dated():
            return _dated(node)
        case _:
            return write(node)


def _dated(node: Dated) -> str:
    if node.since and node.until:
        if node.since.days_ago is not None:
            return f"day:{_moment(node.since)}"
        return f"day:{_span(node.since.at, node.until.at)}"
    if node.since:
        return f"after:{_moment(node.since)}"
    return f"before:{_moment(node.until)}" if node.until else ""


def _span(since: datetime | None, until: datetime | None) -> str:
    assert since is not None, "a span of days"  # noqa: S101 - for the type checker
    assert until is not None, "same"  # noqa: S101
    if (until - since).days == 1:
        return f"{since:%Y-%m-%d}"
    return f"{since:%Y-%m}" if (until - since).days < 32 else f"{since:%Y}"  # noqa: PLR2004 - days of a month


def _moment(moment: Moment) -> str:
    if moment.days_ago is not None:
        return ("today", "yesterday")[moment.days_ago]
    if moment.ago_seconds is not None:
        seconds = int(moment.ago_seconds)
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
            if seconds % size == 0:
                return f"{seconds // size}{unit}"
    return f'"{moment.at.isoformat()}"' if moment.at else ""


def _quoted(text: str) -> str:
    return f'"{text}"' if _needs_quotes(text) else text


def _needs_quotes(text: str) -> bool:
    signs = {*OPEN, *CLOSE, *QUOTES, " ", ":", "："}
    return not text or text in OPERATORS or text[0] in "-−" or bool(signs & set(text))
