"""How often alerts are right, on labelled sentences: `make eval-alerts`.

Files of sentences of the project's own: one written before the matcher, the others after it, before anything was
measured on them; the third by someone who had not seen the matcher. The fourth and the fifth were written in one go
and cut in two by a hash: the errors of one half (`-seen`) may be looked at, those of the fifth's other half never, so
that nothing prints them. The fifth is by someone who had seen neither the matcher nor the other files, with the list
of who is known. Everyone of a file is tracked at once, by name alone, and each sentence is an item. A sentence and a
figure that would alert, and should, is right. `--wrong` shows what fails in the files that are not blind.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from pipeline.entities import Recogniser
from pipeline.figures import slim
from pipeline.figures.known import make_figure
from pipeline.figures.workbench import as_document, tracking
from pipeline.knowledge import load
from pipeline.rules.book import RuleBook
from pipeline.rules.match import matches
from schemas.codec import now

FOLDER = Path(__file__).parents[1] / "pipeline" / "alerts" / "sentences"
FILES = (
    "written-before.jsonl",
    "written-after.jsonl",
    "written-later.jsonl",
    "written-third.jsonl",
    "written-fourth-seen.jsonl",
    "written-fourth.jsonl",
    "written-fifth-seen.jsonl",
    "written-fifth.jsonl",
)
# What nobody looks at, so that it tells what is to be expected of the news of tomorrow.
BLIND = frozenset({"written-fifth.jsonl"})


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence, its language, and whom it names of those tracked; `figures` adds to who is tracked."""

    text: str
    language: str
    expected: tuple[str, ...]
    figures: tuple[str, ...] = ()


class Counts(msgspec.Struct):
    """Pairs of a sentence and a figure."""

    right: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Of the alerts, those that should be."""
        return self.right / max(1, self.right + self.false)

    @property
    def recall(self) -> float:
        """Of those that should be, the alerts."""
        return self.right / max(1, self.right + self.missed)


class Wrong(msgspec.Struct, frozen=True):
    """A pair that came out wrong."""

    sentence: Sentence
    name: str
    what: str
    why: str


def sentences(path: Path) -> list[Sentence]:
    """The sentences of a file."""
    decoder = msgspec.json.Decoder(Sentence)
    return [decoder.decode(line) for line in path.read_bytes().splitlines() if line.strip()]


def evaluate(rows: Iterable[Sentence], recogniser: Recogniser | None = None) -> tuple[dict[str, Counts], list[Wrong]]:
    """Counts by language, and what was wrong."""
    listed = list(rows)
    figures = [make_figure(name) for name in dict.fromkeys(n for row in listed for n in (*row.figures, *row.expected))]
    recogniser = tracking(recogniser or Recogniser(load().entities), figures)
    tracked = {figure.id: slim(figure) for figure in figures}
    counts: dict[str, Counts] = {}
    wrong: list[Wrong] = []
    for row in listed:
        document = as_document(recogniser, body=row.text, language=row.language)
        found = {match.figure_id: match for match in matches(document, tracked, RuleBook().index, now())}
        expected = {make_figure(name).id for name in row.expected}
        of_language = counts.setdefault(row.language, Counts())
        of_language.right += len(expected & found.keys())
        # Where a sentence names who is tracked for it, nothing is said of others whom it names too.
        asked = {make_figure(name).id for name in row.figures} if row.figures else found.keys()
        for number in (found.keys() - expected) & asked:
            of_language.false += 1
            wrong.append(Wrong(row, tracked[number].name, "false", found[number].why))
        for number in expected - found.keys():
            of_language.missed += 1
            why = "; ".join(m.why for m in document.enriched.mentions if m.entity_id == number)
            wrong.append(Wrong(row, tracked[number].name, "missed", why))
    return counts, wrong


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    whole = Counts()
    for one in counts:
        whole.right += one.right
        whole.false += one.false
        whole.missed += one.missed
    return whole


def lines(name: str, counts: dict[str, Counts], count: int) -> Iterator[str]:
    """A table of a file, for people."""
    whole = total(counts.values())
    yield f"{name}: {count} sentences in {len(counts)} languages"
    for language, one in sorted([*counts.items(), ("all", whole)], key=lambda entry: (entry[0] == "all", entry[0])):
        yield (
            f"  {language:<8} right {one.right:>4}  false {one.false:>3}  missed {one.missed:>3}"
            f"  precision {one.precision:.3f}  recall {one.recall:.3f}"
        )


def main() -> None:
    """Print the figures of all files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--wrong", action="store_true", help="also print every pair that came out wrong, but of what is blind"
    )
    arguments = parser.parse_args()
    for name in FILES:
        path = FOLDER / name
        if not path.exists():
            print(f"{name} is not there.")  # noqa: T201 - a command
            continue
        rows = sentences(path)
        counts, wrong = evaluate(rows)
        print("\n".join(lines(name, counts, len(rows))))  # noqa: T201 - the same
        if arguments.wrong and name not in BLIND:
            for one in wrong:
                print(f"  {one.what:<7} {one.sentence.language:<8} {one.name}: {one.sentence.text}  [{one.why}]")  # noqa: T201


if __name__ == "__main__":
    main()
