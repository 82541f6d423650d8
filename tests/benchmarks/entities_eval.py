"""`make eval-entities`: how many names are found exactly, by language, beside others, in one run.

Exact-span micro F1 on the `dev` texts in `../shared/eval/ner`, which no model learnt from. Kabar is what `kabar enrich`
calls; each text comes without its language, so that a wrong language counts too. Beside it: Kabar's known names
alone, exact Aho-Corasick over the same knowledge base, and python-crfsuite with simple features trained on the same
train files. There are no labelled Russian texts here: where natasha is installed, how far it and Kabar agree on the
Russian sentences of `../shared/eval/language` is told, which judges neither. Speeds are of one core, CPU time.
`--memory` tells instead what a process holds after it has read each language.
"""

import argparse
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.entities.tagger.tag import CHARACTERS, Tagger, model_for
from pipeline.entities.tagger.tokens import tokenise
from pipeline.knowledge import load
from schemas.item import Item
from tests.benchmarks.entities_peers import Judge, Labelled, Span, Spans, crf, exact, natasha

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "eval"
FILES = {
    "id": "id-idner", "hr": "hr-uner", "sr": "sr-uner", "pt": "pt-uner", "sv": "sv-uner", "hi": "hi-hiner",
    "ro": "ro-ronec", "en": "en-uner", "zh": "zh-uner", "ko": "ko-klue", "ja": "ja-wikipedia",
}  # fmt: skip
NOW = datetime(2024, 1, 21, tzinfo=UTC)
ARTICLE_BYTES = 3_000
RUSSIAN = 400


class Score(NamedTuple):
    """Counts of names: found right, found wrong, missed."""

    right: int
    wrong: int
    missed: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def texts(language: str, split: str = "dev", folder: Path = FOLDER) -> list[Labelled]:
    """The labelled texts of a language."""
    rows: list[dict[str, Any]] = [
        json.loads(line)
        for line in (folder / "ner" / f"{FILES[language]}.{split}.jsonl").read_text("utf-8").splitlines()
    ]
    return [
        Labelled(row["text"], {(name["start"], name["end"], name["type"]) for name in row["entities"]}) for row in rows
    ]


def score(pairs: Iterable[tuple[Spans, Spans]]) -> Score:
    """The counts over pairs of names expected and found."""
    right = wrong = missed = 0
    for expected, found in pairs:
        right += len(expected & found)
        wrong += len(found - expected)
        missed += len(expected - found)
    return Score(right, wrong, missed)


def kind_of_error(name: Span, others: Spans) -> str:
    """What is wrong with a name that others do not have: its type, its border, or all of it."""
    start, end, _ = name
    if any((start, end) == other[:2] for other in others):
        return "type"
    return "border" if any(start < other[1] and other[0] < end for other in others) else "missed"


def kinds_of_error(pairs: Iterable[tuple[Spans, Spans]]) -> Counter[str]:
    """Errors by kind: wrong type, wrong border, missed, invented."""
    kinds: Counter[str] = Counter()
    for expected, found in pairs:
        kinds.update(kind_of_error(name, found) for name in expected - found)
        kinds["invented"] += sum(kind_of_error(name, expected) == "missed" for name in found - expected)
    return kinds


def enriched(recogniser: Recogniser, text: str) -> Spans:
    """What `kabar enrich` finds in a body."""
    return {(found.start, found.end, found.type) for found in understand(_item(text), recogniser.mentions).mentions}


def _item(text: str) -> Item:
    return Item(id="i", source="s", fetched_at=NOW, body=text)


def cost(recogniser: Recogniser, language: str) -> tuple[float, float | None]:
    """Milliseconds of an article of 3 KB in the whole of enrich, and tokens a second of the tagger, if it has a model.

    Articles are dev texts strung together, after the train texts have been read once, as a process reads a stream.
    """
    warm, articles = (_articles(language, split) for split in ("train", "dev"))
    for text in warm:
        understand(_item(text), recogniser.mentions)
    began = time.process_time()
    for text in articles:
        understand(_item(text), recogniser.mentions)
    spent = (time.process_time() - began) / len(articles)
    if model_for(language) is None:
        return spent * 1_000, None
    tagger = Tagger()
    for text in warm:
        tagger.tag(text, language)
    count = sum(len(tokenise(text, characters=language in CHARACTERS).words) for text in articles)
    began = time.process_time()
    for text in articles:
        tagger.tag(text, language)
    return spent * 1_000, count / (time.process_time() - began)


def memory(languages: Iterable[str]) -> Iterator[str]:
    """Lines of a table: megabytes of a process that knows the names, and after it has read each language too.

    Of these what it shares with files on disk (the dictionary of Japanese) can be given up at any time.
    """
    recogniser = Recogniser(load().entities)
    for language in ("", *languages):
        for text in _articles(language, "dev") if language else ():
            understand(_item(text), recogniser.mentions)
        gc.collect()
        held = psutil.Process().memory_info()
        yield f"| {language or 'names alone'} | {held.rss / 1e6:.0f} | {(held.rss - held.shared) / 1e6:.0f} |"


def _articles(language: str, split: str) -> list[str]:
    found: list[str] = [""]
    for text, _ in texts(language, split):
        if len((found[-1] + text).encode()) > ARTICLE_BYTES:
            found.append("")
        found[-1] += text + "\n"
    return found


def row(language: str, judges: dict[str, Judge], recogniser: Recogniser) -> str:
    """A language's line of the table."""
    listed = texts(language)
    results = {name: [(one.names, judge(one.text)) for one in listed] for name, judge in judges.items()}
    kinds = kinds_of_error(results["Kabar"])
    milliseconds, pace = cost(recogniser, language)
    columns = " | ".join(f"{score(pairs).f1:.3f}" for pairs in results.values())
    errors = " | ".join(str(kinds[kind]) for kind in ("type", "border", "missed", "invented"))
    speed = "" if pace is None else f"{pace:,.0f}"
    return f"| {language} | {columns} | {errors} | {milliseconds:.1f} | {speed} |"


def russian(judge: Judge) -> str | None:
    """How far natasha agrees on Russian sentences, None where it or they are not here."""
    other, path = natasha(), FOLDER / "language" / "lingua-sentences.dev.jsonl"
    if other is None or not path.exists():
        return None
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    sentences = [entry["text"] for entry in rows if entry["language"] == "ru"][:RUSSIAN]
    agreed = score((other(text), judge(text)) for text in sentences)
    return f"{len(sentences)} Russian sentences: F1 {agreed.f1:.3f} of Kabar against natasha's answers"


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="eval-entities", description=__doc__)
    parser.add_argument("languages", nargs="*", help="some of " + " ".join(FILES))
    parser.add_argument("--alone", action="store_true", help="without the CRF, whose training takes minutes")
    parser.add_argument("--memory", action="store_true", help="the memory of a process instead")
    asked = parser.parse_args(arguments)
    if not FOLDER.exists():
        print(f"{FOLDER} is not here: nothing to measure on", file=sys.stderr)  # noqa: T201 - the same
        return 1
    if asked.memory:
        _print("| read so far | MB | of its own |\n|---|---|---|")
        for line in memory(asked.languages or FILES):
            _print(line)
        return 0
    knowledge = load().entities
    recogniser = Recogniser(knowledge)
    kabar = partial(enriched, recogniser)
    known = partial(enriched, Recogniser(knowledge, tagger=False))
    names = ["Kabar", "known names alone", "exact Aho-Corasick", *([] if asked.alone else ["crfsuite"])]
    _print(f"| | {' | '.join(names)} | type | border | missed | invented | ms/3 KB | tokens/s |")
    _print("|---" * (len(names) + 7) + "|")
    for language in asked.languages or FILES:
        judges: dict[str, Judge] = {"Kabar": kabar, "known": known, "exact": exact(knowledge, language)}
        if not asked.alone:
            judges["crfsuite"] = crf(texts(language, "train"), language)
        _print(row(language, judges, recogniser))
    if not asked.languages and (told := russian(kabar)):
        _print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
