"""Articles for the evaluation of copies: as many as wanted, in twenty languages, and none of them anybody's text.

A sentence is one of the demo's, of which the small words, the signs and their order are kept, or words in a row as
often as the language has them (wordfreq); the other words are the language's, most of them those of the event that is
told, with its names and numbers. Each half has sentences, words and names that the other has not, so that what was
tuned on one is measured on the other. The same half and seed give the same texts.
"""

import random
import re
from collections import defaultdict
from functools import cache
from typing import Final, Literal

import msgspec
from opencc import OpenCC
from wordfreq import available_languages, get_frequency_dict

from connectors.demo.records import NewsItem, news
from tests.benchmarks.corpus import tongues

Half = Literal["tuning", "held out"]

LANGUAGES: Final = (
    "ar", "de", "el", "en", "es", "fa", "fr", "he", "hi", "id", "ja", "ko", "pt", "ru", "sr", "th", "tr", "uk",
    "zh-Hans", "zh-Hant",
)  # fmt: skip
UNSPACED: Final = frozenset({"ja", "th", "zh-Hans", "zh-Hant"})
# Written for this file: the demo has no Serbian.
_SERBIAN: Final = (
    "Predsednik opštine rekao je juče da će radovi na novom mostu preko Save početi u aprilu.",
    "Prema rečima ministra, za obnovu škola u istočnoj Srbiji izdvojeno je 340 miliona dinara.",
    "Nadležni su upozorili građane da ne prilaze obali dok se vodostaj ne spusti ispod 4 metra.",
    "Sindikat prosvetnih radnika najavio je štrajk upozorenja ako plate ne budu isplaćene do petka.",
    "U sudaru dva autobusa na putu kod Čačka povređeno je 17 ljudi, a niko nije životno ugrožen.",
    "Izvoz malina porastao je za 12 odsto, ali proizvođači tvrde da otkupna cena ne pokriva troškove.",
    "Ona je dodala da će komisija objaviti izveštaj čim budu završeni svi pregledi dokumentacije.",
    "Policija je privela trojicu osumnjičenih za krađu umetničkih slika iz galerije u Novom Sadu.",
    "Meteorolozi za vikend očekuju sneg na planinama i jak vetar duž celog toka Dunava.",
    "Đaci iz Niša osvojili su 3 zlatne medalje na takmičenju iz matematike koje je održano u Sofiji.",
    "Kompanija je saopštila da će u naredne 2 godine zaposliti još 150 inženjera i tehničara.",
    "Stanovnici naselja žale se na buku sa gradilišta i traže da se radovi obustave noću.",
)
_LATIN: Final = (*"abvgdđežzijkl", "lj", "m", "n", "nj", *"oprstćufhcč", "dž", "š")
_LOWER: Final = dict(zip(_LATIN, "абвгдђежзијклљмнњопрстћуфхцчџш", strict=True))
_CYRILLIC: Final = {
    latin: cyrillic
    for pairs in (_LOWER, {latin.capitalize(): cyrillic.upper() for latin, cyrillic in _LOWER.items()})
    for latin, cyrillic in sorted(pairs.items(), key=lambda pair: -len(pair[0]))
}
_SENTENCE: Final = re.compile(r"(?<=[.!?।])\s+|(?<=[。！？])")
_WORD: Final = {
    "ja": r"[\u4e00-\u9fff]{2}|[\u30a0-\u30ff]{2,}",
    "zh": r"[\u4e00-\u9fff]{2}",
    "th": r"[\u0e00-\u0e7f]{3,6}",
    "hi": r"[\u0900-\u0963]{4,}",
    "ko": r"[^\W\d_]{2,}",
}
_ANY_WORD: Final = r"[^\W\d_]{4,}"
_KNOWN_WORDS: Final = 12_000
_COMMON: Final = 400  # words at the top of the list, left to every event
_OWN: Final = 0.6  # of the words that are replaced, how many are the event's
_REPLACED: Final = 0.9
_EVENT_WORDS: Final = 70
_NAMES: Final = 8


class Event(msgspec.Struct, frozen=True):
    """What happened: its words, its names and its numbers, by which any telling is made."""

    words: list[str]
    names: list[str]
    numbers: list[int]


class Text(msgspec.Struct, frozen=True):
    """A text before it is an item."""

    language: str
    title: str
    summary: str
    paragraphs: tuple[str, ...] = ()


class Author:
    """Writes events of one language in one half."""

    def __init__(self, language: str, half: Half, seed: int) -> None:
        self.language = language
        self.glue = "" if language in UNSPACED else " "
        self.dice = random.Random(f"{language} {half} {seed}")
        held = half == "held out"
        self._skeletons = [skeleton for number, skeleton in enumerate(_skeletons(language)) if number % 2 == held]
        words, weights = _lexicon(language)
        common = list(zip(words, weights, strict=True))[:_COMMON]
        rare = list(zip(words, weights, strict=True))[_COMMON:]
        mine = common + rare[held::2]
        self._words = [word for word, _ in mine]
        self._weights = [weight for _, weight in mine]
        self._rare = [word for word, _ in rare[held::2]]

    def event(self) -> Event:
        """Something new that happened."""
        dice = self.dice
        return Event(
            words=dice.sample(self._rare, _EVENT_WORDS),
            names=[self.name() for _ in range(_NAMES)],
            numbers=[dice.choice((dice.randrange(2, 60), dice.randrange(60, 9_000))) for _ in range(6)],
        )

    def name(self) -> str:
        """An invented name."""
        start = "".join(self.dice.sample(self._rare, 2))
        return start[: 3 if self.language in UNSPACED else 8].capitalize()

    def word(self) -> str:
        """A word as often as the language has it."""
        return self.dice.choices(self._words, self._weights)[0]

    def words(self, count: int) -> list[str]:
        """So many words as often as the language has them."""
        return self.dice.choices(self._words, self._weights, k=count)

    def sentence(self, event: Event) -> str:
        """A sentence that tells of the event."""
        dice = self.dice
        if self._skeletons and dice.random() < 0.5:
            told = "".join(self._part(kind, text, event) for kind, text in dice.choice(self._skeletons))
        else:
            row = [
                dice.choice(event.words) if dice.random() < 0.3 else word for word in self.words(dice.randint(9, 22))
            ]
            row.insert(dice.randrange(len(row)), dice.choice(event.names))
            if dice.random() < 0.4:
                row.insert(dice.randrange(len(row)), str(dice.choice(event.numbers)))
            told = self.glue.join(row) + ("。" if self.language in UNSPACED else ".")
        return told[:1].upper() + told[1:]

    def paragraph(self, event: Event) -> str:
        """Two to four sentences."""
        return self.glue.join(self.sentence(event) for _ in range(self.dice.randint(2, 4)))

    def title(self, event: Event) -> str:
        """A headline."""
        dice = self.dice
        row = [dice.choice(event.words) if dice.random() < 0.6 else self.word() for _ in range(dice.randint(4, 8))]
        return self.glue.join([dice.choice(event.names), *row])

    def article(self, event: Event) -> Text:
        """An article of 60 to about 600 words."""
        count = min(max(round(self.dice.lognormvariate(1.5, 0.6)), 2), 12)
        return Text(
            self.language, self.title(event), self.sentence(event), tuple(self.paragraph(event) for _ in range(count))
        )

    def short(self, event: Event) -> Text:
        """A headline with a summary, which is all that many feeds give."""
        return Text(self.language, self.title(event), self.glue.join(self.sentence(event) for _ in range(2)))

    def _part(self, kind: str, text: str, event: Event) -> str:
        dice = self.dice
        if kind == "name":
            return dice.choice(event.names)
        if kind == "number":
            return str(dice.choice(event.numbers))
        if kind == "word" and dice.random() < _REPLACED:
            return dice.choice(event.words) if dice.random() < _OWN else self.word()
        return text


@cache
def _skeletons(language: str) -> list[list[tuple[str, str]]]:
    """The demo's sentences of a language in parts: names, numbers, words that may be replaced, and all that stays."""
    items: defaultdict[str, list[NewsItem]] = defaultdict(list)
    for item in news():
        if not item.fault:
            items[item.language].append(item)
    found: dict[str, list[tuple[str, str]]] = {sentence: _parts(language, sentence, []) for sentence in _SERBIAN}
    if language != "sr":
        found = {}
        for item in items[language]:
            names = sorted({**item.people, **item.places, **item.organisations}, key=len, reverse=True)
            for text in (item.summary, *item.paragraphs):
                for sentence in _SENTENCE.split(text):
                    if len(sentence) > 12:
                        found[sentence] = _parts(language, sentence, names)
    return list(found.values())


def _parts(language: str, sentence: str, names: list[str]) -> list[tuple[str, str]]:
    word = _WORD.get(language[:2], _ANY_WORD)
    listed = "|".join(map(re.escape, names)) or r"(?!)"
    parts, last = [], 0
    for found in re.finditer(f"(?P<name>{listed})|(?P<word>{word})|(?P<number>\\d+)", sentence):
        kind = found.lastgroup or ""
        if kind == "word" and found.start() and found.group()[0].isupper():
            kind = "name"
        parts += [("", sentence[last : found.start()]), (kind, found.group())]
        last = found.end()
    return [*parts, ("", sentence[last:])]


@cache
def _lexicon(language: str) -> tuple[list[str], list[float]]:
    """Words of a language and how often each is, the most frequent first; for Thai, made of the demo's letters."""
    listed = {"sr": "sh", "zh-Hans": "zh", "zh-Hant": "zh"}.get(language, language)
    if listed in available_languages("small"):
        least = 1 if language in UNSPACED else 2
        every = get_frequency_dict(listed, "small").items()
        ranked = sorted(
            ((word, share) for word, share in every if len(word) >= least and word.isalpha()),
            key=lambda pair: (-pair[1], pair[0]),
        )[:_KNOWN_WORDS]
        return [_written(word, language) for word, _ in ranked], [share for _, share in ranked]
    chain, dice = tongues()[language].chain, random.Random(language)
    made: dict[str, None] = {}
    for _ in range(_KNOWN_WORDS):
        word = dice.choice(chain[""])
        while len(word) < 5:
            word += dice.choice(chain.get(word[-2:]) or chain[""])
        made[word] = None
    return list(made), [1 / rank for rank in range(3, len(made) + 3)]


def _written(word: str, language: str) -> str:
    return in_other_script(word, "zh-Hans") if language == "zh-Hant" else word


def in_other_script(text: str, language: str) -> str:
    """A text of this language in the other script that the language has.

    Chinese by OpenCC, by phrases where one character stands for several; Serbian letter by letter.
    """
    if language == "sr":
        return re.sub("|".join(_CYRILLIC), lambda found: _CYRILLIC[found.group()], text)
    written: str = _chinese("s2t" if language == "zh-Hans" else "t2s").convert(text)
    return written


@cache
def _chinese(direction: str) -> OpenCC:
    return OpenCC(direction)
