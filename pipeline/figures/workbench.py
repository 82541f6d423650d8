"""The alias workbench: what a figure's names find in a sentence, and why or why not."""

import unicodedata
from collections.abc import Iterable

import msgspec

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.figures.live import Tracked, slim
from pipeline.reasons import BETWEEN, SPELLINGS, because, clauses
from pipeline.rules.context import context_of, is_ambiguous
from pipeline.rules.facts import LEAST_CONFIDENCE, Facts
from schemas.alert import Figure
from schemas.codec import now
from schemas.document import Document, Enriched, Mention, Placement
from schemas.item import Item


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a sentence that may name the figure.

    `alerts` says whether it would, `alias` which spelling it is, `script` in which writing, `why` what decided.
    """

    surface: str
    start: int
    end: int
    alias: str
    script: str
    confidence: float
    alerts: bool
    why: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence tried on a figure. `expected` is None for a sentence that nothing was asked of."""

    figure: str
    sentence: str
    language: str
    expected: bool | None
    alerts: bool
    seen: tuple[Seen, ...]

    @property
    def is_right(self) -> bool:
        """Whether it came out as the figure's sentence says."""
        return self.expected is None or self.expected == self.alerts


def check(recogniser: Recogniser, figure: Figure) -> list[Judged]:
    """The sentences of a figure that `recogniser` tracks."""
    asked = [(sentence, True) for sentence in figure.must_match]
    asked += [(sentence, False) for sentence in figure.must_not_match]
    return [judge(recogniser, figure, sentence, expected=expected) for sentence, expected in asked]


def judge(recogniser: Recogniser, figure: Figure, sentence: str, *, expected: bool | None = None) -> Judged:
    """One sentence, as if it were the text of an item."""
    document = as_document(recogniser, body=sentence)
    tracked = slim(figure)
    facts = Facts(document, now())
    named = [m for m in document.enriched.mentions if m.entity_id == figure.id]
    seen = tuple(_seen(facts, figure, tracked, mention) for mention in named)
    return Judged(
        figure=figure.name,
        sentence=sentence,
        language=document.enriched.language,
        expected=expected,
        alerts=any(one.alerts for one in seen),
        seen=seen,
    )


def _seen(facts: Facts, figure: Figure, tracked: Tracked, mention: Mention) -> Seen:
    sure = mention.confidence >= LEAST_CONFIDENCE
    context = context_of(facts, tracked, mention)
    more = ""
    if not sure:
        more = because("too uncertain: {}", f"{mention.confidence:.2f} < {LEAST_CONFIDENCE:.2f}")
    elif context is None and figure.context:
        more = because("ambiguous, and not beside {}", ", ".join(figure.context))
    elif context is None:
        more = because("ambiguous, and not beside another of its names")
    elif context:
        more = context
    elif is_ambiguous(tracked, mention):
        more = because("ambiguous")
    return Seen(
        surface=mention.text,
        start=mention.start,
        end=mention.end,
        alias=alias_of(mention.why, mention.text),
        script=script_of(mention.text),
        confidence=mention.confidence,
        alerts=sure and context is not None,
        why=BETWEEN.join((mention.why, more)) if more else mention.why,
    )


def alias_of(why: str, surface: str) -> str:
    """The spelling that decided, out of the reason that recognition gives."""
    return next((clause.value for clause in clauses(why)[:1] if clause.text in SPELLINGS), surface)


def script_of(text: str) -> str:
    """The writing of the first letter of a text, in Unicode's word for it: latin, cyrillic, cjk, hangul."""
    letter = next((c for c in text if c.isalpha()), "")
    return unicodedata.name(letter, "?").split()[0].lower() if letter else "none"


def as_document(recogniser: Recogniser, *, title: str = "", body: str = "", language: str | None = None) -> Document:
    """Texts as the document that the pipeline would make of them."""
    item = Item(id="test", source="test", fetched_at=now(), title=title, body=body, language_hint=language)
    known = understand(item, recogniser.mentions)
    enriched = Enriched(
        item=item, revision=1, first_seen_at=now(), content_hash="", language=known.language,
        language_confidence=known.confidence, language_group=known.language, enriched_at=now(), mentions=known.mentions,
    )  # fmt: skip
    return Document(enriched=enriched, placement=Placement(story_id="s-test"), placed_at=now())


def tracking(recogniser: Recogniser, figures: Iterable[Figure]) -> Recogniser:
    """The recogniser, with these figures tracked by it."""
    recogniser.track_all(figures)
    return recogniser
