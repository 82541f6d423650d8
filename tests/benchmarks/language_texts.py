"""The texts of the language evaluation: held-out halves of the labelled files, cut to the lengths of the news."""

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

DATA: Final = Path(__file__).parents[3] / "shared" / "eval"
SENTENCES: Final = DATA / "language" / "lingua-sentences.dev.jsonl"
PAIRS: Final = DATA / "language" / "lingua-word-pairs.dev.jsonl"
OWN: Final = Path(__file__).parents[1] / "pipeline" / "language" / "own_texts"
_SEED: Final = 20_260_301
_HEADLINE: Final = range(60, 151)
_BODY: Final = 2_000
# Written without spaces, so that three "words" are whole sentences.
_NO_SPACES: Final = frozenset({"ja", "zh", "th", "km", "lo", "my"})


class Text(NamedTuple):
    """A text and the language that its label says (BCP 47, without script)."""

    language: str
    text: str


def held_out(text: str) -> bool:
    """Whether a labelled text is in the half that nothing was tuned on: by its hash, so that it stays there."""
    return bool(hashlib.sha256(f"kabar{text}".encode()).digest()[0] % 2)


def read(path: Path, *, held: bool = True) -> list[Text]:
    """The held-out half of a labelled file (or, for tuning, the other)."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Text(row["language"], row["text"]) for row in rows if held_out(row["text"]) is held]


def evenly(texts: list[Text], number: int, fits: Callable[[str], bool] = bool) -> list[Text]:
    """At most `number` of each language, chosen by a seed."""
    by_language: dict[str, list[Text]] = defaultdict(list)
    for text in texts:
        if fits(text.text):
            by_language[text.language].append(text)
    chance = random.Random(_SEED)
    chosen = (chance.sample(found, min(number, len(found))) for _, found in sorted(by_language.items()))
    return [text for found in chosen for text in found]


def headlines(texts: list[Text], number: int) -> list[Text]:
    """Sentences as long as headlines are: 60 to 150 characters (for Chinese and Japanese from 20)."""
    return evenly(
        [
            text
            for text in texts
            if len(text.text) in _HEADLINE or (text.language in _NO_SPACES and len(text.text) > 20)
        ],
        number,
    )


def _lengths(language: str) -> range:
    return range(20, _HEADLINE.stop) if language in _NO_SPACES else _HEADLINE


def three_words(texts: list[Text], number: int) -> list[Text]:
    """The first three words of sentences, of the languages that part words by spaces."""
    spaced = [text for text in texts if text.language not in _NO_SPACES]
    return [Text(text.language, " ".join(text.text.split()[:3])) for text in evenly(spaced, number)]


def bodies(texts: list[Text], number: int) -> list[Text]:
    """Stand-ins for bodies: sentences of one language strung together to 2,000 characters, in seeded order."""
    made: list[Text] = []
    for language in sorted({text.language for text in texts}):
        own = [text.text for text in texts if text.language == language]
        random.Random(_SEED).shuffle(own)
        made += [Text(language, body) for body in _strung(own, number)]
    return made


def _strung(sentences: list[str], number: int) -> Iterator[str]:
    body = ""
    for sentence in sentences:
        body = f"{body} {sentence}".strip()
        if len(body) >= _BODY:
            yield body[:_BODY]
            body = ""
            number -= 1
            if not number:
                return


def news(number: int) -> list[Text]:
    """Sentences of another source: the texts labelled with names (news, web, encyclopedia) in eleven languages."""
    found: list[Text] = []
    for path in sorted((DATA / "ner").glob("*.dev.jsonl")):
        rows = map(json.loads, path.read_text("utf-8").splitlines())
        found += [Text(row["language"], row["text"]) for row in rows]
    return evenly(found, number, lambda text: len(text) >= _HEADLINE.start)


def own_neighbours(*, held: bool = True) -> list[Text]:
    """The project's own Malay and Indonesian headlines: the half that was not looked at, or the other."""
    rows = [Text(code, line) for code in ("id", "ms") for line in (OWN / f"{code}.txt").read_text("utf-8").splitlines()]
    return [row for row in rows if held_out(row.text) is held]


def own_headlines(*, held: bool = True) -> list[Text]:
    """The project's own headlines in further languages, with the script in the code where there are two."""
    lines = (OWN / "headlines.tsv").read_text("utf-8").splitlines()
    rows = [Text(*line.split("\t", maxsplit=1)) for line in lines]
    return [row for row in rows if held_out(row.text) is held]
