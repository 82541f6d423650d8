"""What rules ask of one document, worked out once for all of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from pipeline.entities.normalise import normalise
from schemas.document import Document, Field, Mention
from schemas.rule import Part

FIELDS: tuple[Field, ...] = ("title", "summary", "body")
# A lead is the summary or, where there is none, the first paragraph as far as it is read as one.
LEAD_LIMIT = 600
EXCERPT_SIDE = 140
# Names less certain than this are too often another's. Chosen on `tests/pipeline/alerts/sentences`, development half.
LEAST_CONFIDENCE = 0.65
_BREAK = re.compile(r"\n\s*")
_SENTENCE_END = re.compile(r"[.!?。！？؟।]['\"”»]?\s+|[。！？]|\n")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of text, and the span of what it shows in code points of the piece."""

    text: str
    start: int
    end: int


class Facts:
    """One document, with what is asked of it again and again; `at` is now."""

    def __init__(self, document: Document, at: datetime) -> None:
        self.at = at
        self.document = document
        self.enriched = document.enriched
        self.item = document.enriched.item

    @cached_property
    def named(self) -> Mapping[str, list[Mention]]:
        """The mentions of each entity that are certain enough, by id, the most prominent first."""
        found: dict[str, list[Mention]] = {}
        for mention in self.enriched.mentions:  # in the order of title, summary, body, and of place
            if mention.confidence >= LEAST_CONFIDENCE:
                found.setdefault(mention.entity_id, []).append(mention)
        return found

    @cached_property
    def keys(self) -> frozenset[str]:
        """Ids and folded names of all that is named."""
        return frozenset(key for m in self.enriched.mentions for key in (m.entity_id, fold(m.name)))

    @cached_property
    def places(self) -> frozenset[str]:
        """Ids and folded names of the places named."""
        places = (m for m in self.enriched.mentions if m.type == "LOC")
        return frozenset(key for m in places for key in (m.entity_id, fold(m.name)))

    @cached_property
    def sources(self) -> frozenset[str]:
        """The folded names under which the outlet goes."""
        return frozenset(fold(name) for name in (self.item.source, self.item.source_name) if name)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The language of the text, with and without region or script."""
        return frozenset({self.enriched.language.lower(), self.enriched.language.partition("-")[0].lower()})

    @cached_property
    def title_ids(self) -> frozenset[str]:
        """Who is named in the headline."""
        return frozenset(number for number, ms in self.named.items() if ms[0].field == "title")

    @cached_property
    def lead_end(self) -> int:
        """Where the lead ends in the body; 0 where the summary is the lead."""
        if self.item.summary:
            return 0
        found = _BREAK.search(self.item.body)
        return min(found.start() if found else len(self.item.body), LEAD_LIMIT)

    def part(self, mention: Mention) -> Part:
        """Where a mention stands."""
        if mention.field == "title":
            return "title"
        return "lead" if mention.field == "summary" or mention.start < self.lead_end else "body"

    def folded(self, field: Field) -> str:
        """The folded text of a field, padded with spaces."""
        return f" {fold_text(getattr(self.item, field))} "

    def excerpt(self, field: Field, start: int, end: int) -> Excerpt:
        """The text around a place, from the start of its sentence and to whole words where these are near."""
        return excerpt(getattr(self.item, field), start, end)


def excerpt(text: str, start: int, end: int) -> Excerpt:
    """At most 140 code points on each side of `text[start:end]`, cut where a sentence or at least a word begins."""
    begin, stop = max(0, start - EXCERPT_SIDE), min(len(text), end + EXCERPT_SIDE)
    if begin:
        breaks = [found.end() for found in _SENTENCE_END.finditer(text, begin, start)]
        space = text.find(" ", begin, start)
        begin = breaks[-1] if breaks else space + 1 if space >= 0 else begin
    else:
        breaks = [found.end() for found in _SENTENCE_END.finditer(text, 0, start)]
        begin = breaks[-1] if breaks else 0
    if stop < len(text):
        ended = _SENTENCE_END.search(text, end, stop)
        space = text.rfind(" ", end, stop)
        stop = ended.end() if ended else space if space > end else stop
    piece = text[begin:stop].rstrip()
    return Excerpt(piece, start - begin, min(end - begin, len(piece)))


def fold_text(text: str) -> str:
    """A text as it is compared: without regard to case, diacritics, hyphens, punctuation and spacing."""
    return " ".join(normalise(text).text.replace(".", " ").split())


fold = lru_cache(maxsize=65_536)(fold_text)  # for names, which come again and again
