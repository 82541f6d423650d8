"""How often the language is right, beside langdetect, lingua, py3langid and pycld2 in one run.

python -m tests.benchmarks.language [--per-language 30] [--json PATH] [--errors PATH]

Reads the halves of `../shared/eval` that nothing was tuned on. Speeds are of CPU time of this one process.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import msgspec

from tests.benchmarks import language_texts as texts
from tests.benchmarks.language_judges import UND, Answer, Judge, by_kabar, judges
from tests.benchmarks.language_texts import Text

# The thirty that most of the world's news is in, fixed before anything was measured.
_THIRTY: Final = "ar bg bn cs da de el en es fa fi fr he hi hu id it ja ko nl pl pt ro ru sv th tr uk vi zh"
THIRTY: Final = frozenset(_THIRTY.split())
NOT_SHOWN: Final = """\
What the data here cannot show:
- Malay, and the other languages without labelled texts here (Hausa, Kurdish, Uzbek, Galician, …), but for the own
  headlines: written for this project, not published by anyone.
- Bodies: those above are sentences strung together, not articles; they show speed, and accuracy only roughly.
- Headlines: those above are sentences as long as headlines, mostly of news, but not written as headlines are.
- Simplified or traditional Chinese, and which script of Serbian: the labels do not say.
- Labels are not always right: some Norwegian and Bosnian sentences are in a neighbour's language.
"""


class Row(msgspec.Struct, frozen=True):
    """One judge on one set. Shares of 1; `macro` and `macro_30` are means over languages; `per_second` of CPU."""

    judge: str
    macro: float
    macro_30: float
    wrong: float
    undecided: float
    per_second: float
    indonesian: float


class Table(msgspec.Struct, frozen=True):
    """All judges on one set of texts."""

    name: str
    texts: int
    languages: int
    rows: list[Row]


class Bin(msgspec.Struct, frozen=True):
    """Of the answers with a confidence in one tenth: how many, the mean confidence and how many were right."""

    answers: int
    said: float
    right: float


class Report(msgspec.Struct, frozen=True):
    """All tables of one run."""

    tables: list[Table]
    calibration: list[Bin]
    confusions: dict[str, list[tuple[str, str, int]]]


def ask(judge: Judge, asked: list[Text]) -> tuple[list[Answer], float]:
    """The answers, and how many texts a second of CPU the judge takes."""
    started = time.process_time()
    answers = [judge(text.text) for text in asked]
    return answers, len(asked) / max(time.process_time() - started, 1e-9)


def row(name: str, asked: list[Text], answers: list[Answer], speed: float) -> Row:
    """The figures of one judge on one set."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for text, answer in zip(asked, answers, strict=True):
        hits[text.language].append(text.language == answer.code)
    rate = {language: sum(found) / len(found) for language, found in hits.items()}
    thirty = [rate[language] for language in rate if language in THIRTY]
    wrong = sum(answer.code not in {text.language, UND} for text, answer in zip(asked, answers, strict=True))
    undecided = sum(answer.code == UND for answer in answers)
    return Row(
        name,
        sum(rate.values()) / len(rate),
        sum(thirty) / max(1, len(thirty)),
        wrong / len(asked),
        undecided / len(asked),
        speed,
        rate.get("id", float("nan")),
    )


def calibration(asked: list[Text], answers: list[Answer]) -> list[Bin]:
    """How confident the answers were and how many of them were right, by tenths of confidence."""
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for text, answer in zip(asked, answers, strict=True):
        if answer.confidence is not None and answer.code != UND:
            tenths[min(9, int(answer.confidence * 10))].append((answer.confidence, text.language == answer.code))
    return [
        Bin(len(found), sum(said for said, _ in found) / len(found), sum(right for _, right in found) / len(found))
        for _, found in sorted(tenths.items())
    ]


def confusions(asked: list[Text], answers: list[Answer], most: int = 12) -> list[tuple[str, str, int]]:
    """The most frequent wrong answers: the label, the answer, how often."""
    wrong = Counter(
        (text.language, answer.code)
        for text, answer in zip(asked, answers, strict=True)
        if answer.code not in {text.language, UND}
    )
    return [(*pair, number) for pair, number in wrong.most_common(most)]


def sets(number: int) -> Iterator[tuple[str, list[Text]]]:
    """The sets of texts by name."""
    sentences = texts.read(texts.SENTENCES)
    yield "headline-long sentences", texts.headlines(sentences, number)
    yield "first three words", texts.three_words(sentences, number)
    yield "word pairs", texts.evenly(texts.read(texts.PAIRS), number)
    yield "strung to 2,000 characters", texts.bodies(sentences, max(1, number // 6))
    yield "another source: texts labelled with names", texts.news(number * 5)
    yield "own headlines, Indonesian and Malay", texts.own_neighbours()
    further = texts.own_headlines()
    yield (
        "own headlines, many languages",
        [Text(text.language.split("-", maxsplit=1)[0], text.text) for text in further],
    )


def show(table: Table) -> None:
    """One table, for people."""
    click.echo(f"\n{table.name}: {table.texts:,} texts, {table.languages} languages")
    click.echo(f"{'':12}{'macro':>8}{'of 30':>8}{'wrong':>8}{'und':>8}{'id':>8}{'texts/s':>10}")
    for found in table.rows:
        shares = (found.macro, found.macro_30, found.wrong, found.undecided, found.indonesian)
        click.echo(f"{found.judge:12}" + "".join(f"{share:8.3f}" for share in shares) + f"{found.per_second:10,.0f}")


@click.command()
@click.option("--per-language", default=30, show_default=True, help="Texts of each language and set.")
@click.option("--only-kabar", is_flag=True, help="Without the others, which take most of the time.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures there.")
@click.option("--errors", type=click.Path(path_type=Path), help="Write Kabar's wrong answers there, one a line.")
def main(per_language: int, path: Path | None, errors: Path | None, *, only_kabar: bool) -> None:
    """Measure the languages of held-out texts, all judges in one run."""
    if not texts.SENTENCES.exists():
        sys.exit(f"There is no {texts.SENTENCES}. The evaluation needs the labelled texts beside the repository.")
    everyone = {"Kabar": by_kabar} if only_kabar else judges()
    tables, bins, mixed, wrong = [], [], {}, []
    said: list[tuple[Text, Answer]] = []
    for name, asked in sets(per_language):
        rows = []
        for judge, function in everyone.items():
            click.echo(f"{name}: {judge} …", err=True)
            answers, speed = ask(function, asked)
            rows.append(row(judge, asked, answers, speed))
            if judge == "Kabar":
                mixed[name] = confusions(asked, answers)
                said += zip(asked, answers, strict=True)
                wrong += [(name, *text, answer) for text, answer in zip(asked, answers, strict=True)]
        tables.append(Table(name, len(asked), len({text.language for text in asked}), rows))
        show(tables[-1])
    bins = calibration([text for text, _ in said], [answer for _, answer in said])
    click.echo("\nKabar's confidence, all sets: said, right, answers")
    for found in bins:
        click.echo(f"{found.said:8.3f}{found.right:8.3f}{found.answers:8,}")
    for name, pairs in mixed.items():
        click.echo(
            f"\nKabar's most frequent wrong answers, {name}: " + ", ".join(f"{a} as {b} {n}" for a, b, n in pairs)
        )
    click.echo(f"\n{NOT_SHOWN}")
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(Report(tables, bins, mixed))))
    if errors is not None:
        lines = (
            f"{name}\t{language}\t{answer.code}\t{answer.confidence}\t{text}"
            for name, language, text, answer in wrong
            if language != answer.code
        )
        errors.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
