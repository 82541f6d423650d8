"""Text with marks as HTML: what matched, and whom a text names. Everything else of it is escaped."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from markupsafe import Markup, escape

from pipeline.reasons import said
from schemas.document import Mention
from schemas.said import Say

# Private-use characters that the index puts around what matched; whatever else of them a text holds is dropped.
MARKS: Final = ("\ue000", "\ue001")
KINDS: Final = {"PER": "person", "ORG": "organisation", "LOC": "place"}


def highlighted(text: str) -> Markup:
    """What stands between the marks as <mark>."""
    out: list[Markup | str] = []
    open_ = False
    for piece in _split(text):
        if piece == MARKS[0] and not open_:
            out.append(Markup("<mark>"))
            open_ = True
        elif piece == MARKS[1] and open_:
            out.append(Markup("</mark>"))
            open_ = False
        elif piece not in MARKS:
            out.append(escape(piece))
    if open_:
        out.append(Markup("</mark>"))
    return Markup("").join(out)


def _split(text: str) -> list[str]:
    pieces, start = [], 0
    for position, character in enumerate(text):
        if character in MARKS:
            pieces += [text[start:position], character]
            start = position + 1
    return [*pieces, text[start:]]


def with_mentions(text: str, mentions: Sequence[Mention], tracked: frozenset[str], say: Say = str) -> Markup:
    """A text with each mention as a link to what else names it; the first of two that overlap is kept."""
    out: list[Markup | str] = []
    position = 0
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if mention.start < position or mention.end > len(text):
            continue
        out += [escape(text[position : mention.start]), _link(text[mention.start : mention.end], mention, tracked, say)]
        position = mention.end
    out.append(escape(text[position:]))
    return Markup("").join(out)


def _link(surface: str, mention: Mention, tracked: frozenset[str], say: Say) -> Markup:
    kind = KINDS[mention.type]
    return Markup('<a class="entity {kind}{tracked}" href="/?{kind}={name}" title="{title}">{surface}</a>').format(
        kind=kind,
        tracked=" tracked" if mention.entity_id in tracked else "",
        name=quote(mention.name, safe=""),
        title=f"{mention.name} · {said(mention.why).told(say)}",
        surface=surface,
    )


def paragraphs(text: str, mentions: Sequence[Mention], tracked: frozenset[str], say: Say = str) -> list[Markup]:
    """A text's paragraphs, each with its mentions."""
    found, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            inside = [_moved(mention, start) for mention in mentions if start <= mention.start and mention.end <= end]
            found.append(with_mentions(line, inside, tracked, say))
        start = end + 1
    return found


def _moved(mention: Mention, by: int) -> Mention:
    return Mention(
        text=mention.text, type=mention.type, start=mention.start - by, end=mention.end - by, field=mention.field,
        entity_id=mention.entity_id, name=mention.name, confidence=mention.confidence, why=mention.why,
    )  # fmt: skip
