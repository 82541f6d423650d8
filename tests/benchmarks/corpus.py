"""News in any number, made from the demo's: what the benchmarks send.

The demo has 79 items; mixing its sentences alone would make nothing but copies. So each made item belongs to an event
of its own language, and about half of the ordinary words of its sentences are replaced by the event's own, which a
chain over the language's letters invents. Names, small words and the order of words stay: detection, recognition and
analysis have the work that they have with news, the stories have members, and one item in ten is a near copy of an
earlier one at another outlet. The same seed gives the same items.
"""

import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import msgspec

from connectors.demo.records import NewsItem, news
from schemas.codec import now
from schemas.item import Item, item_id

# In per cent, for languages of which the demo has enough: the order is that of the web's news in general, which a few
# languages dominate. The result does not hang on the exact shares.
SHARES = {
    "en": 34, "es": 9, "ru": 8, "de": 6, "fr": 6, "ar": 6, "id": 6, "pt": 4, "ja": 4, "zh-Hans": 4, "ko": 3, "tr": 2,
    "uk": 2, "fa": 2, "hi": 2, "el": 1, "he": 1, "th": 1, "zh-Hant": 1,
}  # fmt: skip
OUTLETS = 40
COPIES = 0.1
NEW_EVENT = 0.35
OPEN_EVENTS = 200
RECENT = 500
EVENT_WORDS = 40
REPLACED = 0.5
# Of the record as sent, bytes: log-normal, about 3 KB in the mean, cut at both ends.
MEDIAN_BYTES, SPREAD, LEAST_BYTES, MOST_BYTES = 2_000, 0.5, 400, 12_000

# Ordinary words by language; proper names are told by their capitals or by the demo's own gold.
_WORDS = {
    "ko": r"[^\W\d_]{2,}",
    "hi": "[\u0900-\u0963]{5,}",
    "th": "[\u0e00-\u0e7f]{6}",
    "ja": "[\u4e00-\u9fff]{2}",
    "zh": "[\u4e00-\u9fff]{2}",
}
_ANY_WORD = r"(?<![^\W_])[^\W\d_]{4,}"
_SENTENCE = re.compile(r"(?<=[.!?।])\s+|(?<=[。！？])")


class Part(msgspec.Struct, frozen=True):
    """A piece of a sentence; `free` where an event's word or number may stand for it."""

    text: str
    free: bool


class Tongue(msgspec.Struct, frozen=True):
    """What one language's items are made of. `chain` gives the letters that follow any two."""

    code: str
    titles: list[list[Part]]
    sentences: list[list[Part]]
    chain: dict[str, list[str]]


class Draft(msgspec.Struct, frozen=True):
    """A text before it has an outlet."""

    language: str
    title: str
    summary: str
    paragraphs: list[str]


class Maker:
    """Makes items without end. `run` is the first word of their sources and stands in their addresses."""

    def __init__(self, run: str, seed: int) -> None:
        self.run = run
        self._random = random.Random(seed)
        self._number = 0
        self._events: defaultdict[str, deque[list[str]]] = defaultdict(lambda: deque(maxlen=OPEN_EVENTS))
        self._recent: deque[Draft] = deque(maxlen=RECENT)

    def items(self, count: int) -> Iterator[Item]:
        """The next so many items."""
        for _ in range(count):
            self._number += 1
            yield self._item()

    def _item(self) -> Item:
        outlet = f"{self.run}-{self._random.randrange(OUTLETS)}"
        url = f"https://{outlet}.example/{self._number}"
        fetched = now()
        draft = self._copy() if self._recent and self._random.random() < COPIES else self._draft()
        return Item(
            id=item_id(url=url),
            source=outlet,
            source_name=outlet.title(),
            url=url,
            fetched_at=fetched,
            published_at=fetched - timedelta(seconds=self._random.randrange(3_600)),
            language_hint=draft.language if self._random.random() < 0.5 else None,
            title=draft.title,
            summary=draft.summary,
            body="\n\n".join(draft.paragraphs),
        )

    def _draft(self) -> Draft:
        dice = self._random
        tongue = tongues()[dice.choices(list(SHARES), list(SHARES.values()))[0]]
        words = self._event(tongue)
        size = min(max(dice.lognormvariate(0, SPREAD) * MEDIAN_BYTES, LEAST_BYTES), MOST_BYTES)
        paragraphs: list[str] = []
        while size > 0:
            told = " ".join(self._fill(dice.choice(tongue.sentences), words) for _ in range(dice.randint(2, 4)))
            paragraphs.append(told)
            size -= len(told.encode())
        title = self._fill(dice.choice(tongue.titles), words)
        draft = Draft(tongue.code, title, self._fill(dice.choice(tongue.sentences), words), paragraphs)
        self._recent.append(draft)
        return draft

    def _copy(self) -> Draft:
        """An earlier text as another outlet has it: a headline of its own, the end cut, a line of credit."""
        draft = self._random.choice(self._recent)
        tongue = tongues()[draft.language]
        title = self._fill(self._random.choice(tongue.titles), self._event(tongue))
        kept = draft.paragraphs[:-1] if len(draft.paragraphs) > 2 else draft.paragraphs
        return Draft(draft.language, title, draft.summary, [*kept, f"({self.run} {self._number})"])

    def _event(self, tongue: Tongue) -> list[str]:
        known = self._events[tongue.code]
        if not known or self._random.random() < NEW_EVENT:
            known.append([self._word(tongue) for _ in range(EVENT_WORDS)])
            return known[-1]
        return self._random.choice(known)

    def _word(self, tongue: Tongue) -> str:
        length = 2 if tongue.code[:2] in {"ja", "zh"} else self._random.randint(5, 9)
        start = self._random.choice(tongue.chain[""])
        while len(start) < length:
            start += self._random.choice(tongue.chain.get(start[-2:]) or tongue.chain[""])
        return start[:length]

    def _fill(self, parts: list[Part], words: list[str]) -> str:
        dice = self._random
        return "".join(
            part.text
            if not part.free
            else str(dice.randrange(1, 10 ** min(len(part.text), 4)))
            if part.text.isdigit()
            else dice.choice(words)
            if dice.random() < REPLACED
            else part.text
            for part in parts
        )


@cache
def tongues() -> dict[str, Tongue]:
    """What each language's items are made of, by language."""
    grouped: defaultdict[str, list[NewsItem]] = defaultdict(list)
    for item in news():
        if not item.fault and item.title:
            grouped[item.language].append(item)
    return {code: _tongue(code, grouped[code]) for code in SHARES}


def _tongue(code: str, items: list[NewsItem]) -> Tongue:
    titles, sentences = [], []
    words: Counter[str] = Counter()
    for item in items:
        names = sorted({**item.people, **item.places, **item.organisations}, key=len, reverse=True)
        titles.append(_parts(code, item.title, names))
        for text in (item.summary, *item.paragraphs):
            sentences += [_parts(code, sentence, names) for sentence in _SENTENCE.split(text) if len(sentence) > 12]
    for parts in sentences:
        words.update(part.text for part in parts if part.free and not part.text.isdigit())
    return Tongue(code, titles, sentences, _chain(words))


def _parts(code: str, text: str, names: list[str]) -> list[Part]:
    """A sentence cut into names and small words, which stay, and ordinary words and numbers, which are free."""
    word = _WORDS.get(code[:2], _ANY_WORD)
    kept = "|".join(map(re.escape, names)) or r"(?!)"
    parts, last = [], 0
    for found in re.finditer(f"(?P<name>{kept})|(?P<word>{word})|(?P<number>\\d+)", text):
        free = found.lastgroup == "number" or (found.lastgroup == "word" and not found.group()[0].isupper())
        if free:
            parts += [Part(text[last : found.start()], free=False), Part(found.group(), free=True)]
            last = found.end()
    return [*parts, Part(text[last:], free=False)]


def _chain(words: Counter[str]) -> dict[str, list[str]]:
    """What follows any two letters in these words, as often as it does; under the empty text, how words begin."""
    chain: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        chain[""].append(word[:2])
        for place in range(len(word) - 2):
            chain[word[place : place + 2]].append(word[place + 2])
    return dict(chain)
