"""Understood items in any number, as an index of two months holds them: what the search benchmark fills it with.

The demo's 79 items would all be hits of the same words, so each made item is of a language drawn with the web's shares
(`corpus.SHARES`), its text of that language's sentences with words of its own between them, whose frequencies fall as
those of a language do (Zipf's law), so that there are rare and common ones. About as many outlets, people and places
have names as a year's news has: 2,000 outlets, the knowledge base's 11,500 entities and 100,000 that it lacks, each
drawn by Zipf's law too. Half the texts have the length of news (2 kB in the median, log-normal) and half that of what
feeds give of them, stories have three items in the mean, and items come in the order of time. The same seed gives the
same items.
"""

import itertools
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache

import msgspec

from pipeline.knowledge import load
from schemas.codec import now
from schemas.document import Document, EntityType, Mention, Placement
from tests.benchmarks.corpus import MEDIAN_BYTES, MOST_BYTES, SHARES, SPREAD
from tests.pipeline.search.demo import demo_documents

WORDS, OUTLETS, UNKNOWN = 50_000, 2_000, 100_000
WORDS_EACH, NAMES_EACH, PER_STORY = 40, 6, 3
DAYS, WHOLE = 60, 0.5
COUNTRIES = ("US", "GB", "ID", "MY", "RU", "UA", "DE", "FR", "ES", "MX", "BR", "JP", "KR", "CN", "TR", "IR", "IN", "EG")
KINDS: tuple[EntityType, ...] = ("PER", "ORG", "LOC")


class Draw:
    """Draws from a list, the nth with a frequency of 1 / n."""

    def __init__(self, dice: random.Random, size: int) -> None:
        self._dice = dice
        self._heights = list(itertools.accumulate(1 / (number + 1) for number in range(size)))
        self._numbers = range(size)

    def __call__(self, count: int) -> list[int]:
        """So many numbers, each below the list's length."""
        return self._dice.choices(self._numbers, cum_weights=self._heights, k=count)


def vocabulary(seed: int = 3) -> list[str]:
    """The words that items have of their own, the commonest first."""
    dice = random.Random(seed)
    return ["".join(dice.choices("aeioubdgklmnprst", k=dice.randint(5, 9))) for _ in range(WORDS)]


def items(count: int, seed: int = 3, days: float = DAYS) -> Iterator[tuple[Document, list[str]]]:
    """Understood items, and each one's own words."""
    dice = random.Random(seed)
    words, names = vocabulary(), _names()
    word, name, outlet = Draw(dice, WORDS), Draw(dice, len(names)), Draw(dice, OUTLETS)
    sentences = _sentences()
    shares = [SHARES.get(language, 0) for language in sentences]
    began = now() - timedelta(days=days)
    for number in range(count):
        (language,) = dice.choices(list(sentences), shares)
        own = [words[n] for n in word(WORDS_EACH)]
        at = began + timedelta(days=days * number / count)
        body = _body(dice, sentences[language], own)
        source = outlet(1)[0]
        base = demo_documents()[0]
        item = msgspec.structs.replace(
            base.enriched.item, id=f"{seed:08x}{number:024x}", source=f"outlet-{source}",
            source_name=f"Outlet {source}", source_country=COUNTRIES[source % len(COUNTRIES)],
            title=f"{dice.choice(sentences[language])} {' '.join(own[:5])}",
            summary=dice.choice(sentences[language]), body=body, url=f"https://outlet-{source}.example/{number}",
            categories=(f"topic-{dice.randrange(40)}",), published_at=at, fetched_at=at,
        )  # fmt: skip
        mentions = tuple(_mention(*names[n]) for n in dict.fromkeys(name(NAMES_EACH)))
        enriched = msgspec.structs.replace(
            base.enriched, item=item, language=language, language_group=language, mentions=mentions, first_seen_at=at
        )
        story = f"s-{dice.randrange(max(1, count // PER_STORY)):016x}"
        yield Document(enriched=enriched, placement=Placement(story_id=story), placed_at=at), own


def _body(dice: random.Random, sentences: Sequence[str], own: Sequence[str]) -> str:
    """Sentences of a language up to a length of news, the item's own words between them."""
    # Every other feed gives no more than a few lines of its articles.
    median = MEDIAN_BYTES if dice.random() < WHOLE else MEDIAN_BYTES / 6
    size = min(dice.lognormvariate(0, SPREAD) * median, MOST_BYTES)
    parts: list[str] = []
    rest = list(own)
    while size > 0:
        sentence = dice.choice(sentences)
        parts.append(f"{sentence} {' '.join(rest[:4])}.")
        del rest[:4]
        size -= len(parts[-1].encode())
    return " ".join((*parts, *rest))


@cache
def _sentences() -> dict[str, list[str]]:
    """The demo's sentences by language."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for document in demo_documents():
        item = document.enriched.item
        for text in (item.title, item.summary, item.body):
            parts = re.split(r"(?<=[.!?。।])\s*", text)
            found[document.enriched.language] += [part[:300] for part in parts if part.strip()]
    return {language: found[language] for language in SHARES if found[language]}


@cache
def _names() -> list[tuple[str, str, EntityType]]:
    """Ids, names and types of whom items name: those that are known, and between them some that are not."""
    known = [(entity.id, entity.name, entity.type) for entity in load().entities]
    unknown = [(f"kabar:someone-{n}", f"Someone {n}", KINDS[n % 3]) for n in range(UNKNOWN)]
    together: list[tuple[str, str, EntityType]] = []
    step = UNKNOWN // len(known)
    for number, entity in enumerate(known):
        together += [entity, *unknown[number * step : (number + 1) * step]]
    return together


@cache
def _mention(identity: str, name: str, kind: EntityType) -> Mention:
    return Mention(
        text=name, type=kind, start=0, end=len(name), field="title", entity_id=identity, name=name, confidence=0.9,
        why="made",
    )  # fmt: skip
