"""Events told in several languages, made: how well `kabar group` joins stories across languages.

An event has people, organisations and places (by ids of a knowledge base, some of which half the news names), numbers,
and a week in which it happened. Each telling is an article of its language that names some of them, leaves others out,
and says some of the numbers; words are the language's own, names are the same only among languages in Latin letters.
Every second event shares most of its people and places with an earlier one, as what a government does this week does.
Pairs of items in different languages are counted, those of one language are not.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from pipeline.stories.grouping import Grouper
from pipeline.stories.rows import InMemory
from schemas.document import Mention
from schemas.item import Item
from tests.benchmarks.stories_texts import Author, Event, Half

LANGUAGES: Final = ("en", "id", "de", "es", "ru", "ar", "zh-Hans")
LATIN: Final = frozenset({"en", "id", "de", "es"})
EVENTS = 60
START = datetime(2024, 1, 21, tzinfo=UTC)
POOL: Final = {"PER": 500, "ORG": 200, "LOC": 160}
NAMED: Final = {"PER": 3, "ORG": 2, "LOC": 2}
TOLD = 0.7  # of what and whom an event is about, how much one telling names
BESIDE = 2  # others that a telling names


class Told(msgspec.Struct, frozen=True):
    """One line for `kabar group`, and the event that it tells."""

    line: dict[str, Any]
    event: int
    language: str


def told(half: Half, events: int = EVENTS, seed: int = 1) -> list[Told]:
    """All tellings of one half, in the order of time."""
    dice = random.Random(f"events {half} {seed}")
    authors = {language: Author(language, half, seed) for language in LANGUAGES}
    made: list[tuple[float, Told]] = []
    earlier: list[list[tuple[str, str]]] = []
    for number in range(events):
        about = _about(dice, earlier)
        earlier.append(about)
        numbers = [dice.choice((dice.randrange(11, 100), dice.randrange(100, 9_000))) for _ in range(6)]
        names = authors["en"].event().names
        hours = dice.uniform(0, 6 * 24)
        for language in dice.sample(LANGUAGES, dice.randint(2, 4)):
            own = authors[language].event()
            event = Event(words=own.words, names=names if language in LATIN else own.names, numbers=numbers)
            for _ in range(dice.randint(1, 2)):
                hour = hours + dice.uniform(0, 24)
                made.append((hour, _telling(dice, authors[language], event, about, number)))
    made.sort(key=lambda pair: pair[0])
    return [_numbered(telling, place, hour) for place, (hour, telling) in enumerate(made)]


def joined(tellings: list[Told]) -> list[str]:
    """The event id of each, as decided when it came."""
    grouper = Grouper(_given, InMemory())
    return [str(grouper.place(one.line, number)["event_id"]) for number, one in enumerate(tellings)]


def across(found: list[str], tellings: list[Told]) -> tuple[float, float]:
    """Precision and recall of pairs in different languages."""
    return pairs_across(found, [one.event for one in tellings], [one.language for one in tellings])


def pairs_across(found: Sequence[Hashable], gold: Sequence[Hashable], languages: list[str]) -> tuple[float, float]:
    """Precision and recall of pairs of items in different languages."""
    right = _pairs(list(zip(found, gold, strict=True)), languages)
    return right / (_pairs([*found], languages) or 1), right / (_pairs([*gold], languages) or 1)


def _pairs(groups: list[Hashable], languages: list[str]) -> int:
    counts: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for group, language in zip(groups, languages, strict=True):
        counts[group][language] += 1
    return sum((sum(of.values()) ** 2 - sum(count**2 for count in of.values())) // 2 for of in counts.values())


def _about(dice: random.Random, earlier: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Kinds and ids of what an event is about: few are in most news, most in little of it."""
    found = [(kind, f"{kind}{int(POOL[kind] ** dice.random())}") for kind, count in NAMED.items() for _ in range(count)]
    if earlier and dice.random() < 0.5:
        shared = dice.choice(earlier)
        found = dice.sample(shared, len(shared) - 2) + dice.sample(found, 3)
    return list(dict.fromkeys(found))


def _telling(dice: random.Random, author: Author, event: Event, about: list[tuple[str, str]], number: int) -> Told:
    text = author.article(event)
    named = [entry for entry in about if dice.random() < TOLD]
    named += [(kind, f"{kind}{int(POOL[kind] ** dice.random())}") for kind in dice.sample(list(POOL), BESIDE)]
    mentions = [{"type": kind, "entity_id": entity, "text": ""} for kind, entity in named]
    line = {
        "language": author.language,
        "title": text.title,
        "summary": text.summary,
        "body": "\n".join(text.paragraphs),
        "mentions": mentions,
    }
    return Told(line, number, author.language)


def _numbered(telling: Told, place: int, hour: float) -> Told:
    seen = (START + timedelta(hours=hour)).isoformat()
    return msgspec.structs.replace(telling, line={"id": str(place), **telling.line, "first_seen_at": seen})


def _given(_item: Item, language: str | None) -> tuple[str, tuple[Mention, ...]]:
    return language or "und", ()
