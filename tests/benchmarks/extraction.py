"""How good full text is: `python -m tests.benchmarks.extraction [--pages 14]`.

Over made pages in 19 languages and seven layouts (`extraction_pages`), whose article is known: the F1 of its words, as
multisets, of what Kabar takes and of each of the two extractors alone. Then what the step `extract` makes of the same
pages, and of sites that ask for consent or for money. Nothing was tuned on these pages.
"""

import argparse
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from statistics import fmean

import msgspec

from connectors.article import by_resiliparse, by_trafilatura, read_article
from connectors.text import tidy
from pipeline.extract.decide import Extractor
from schemas.item import Item
from schemas.message import Message
from schemas.page import Page
from schemas.topics import PAGES
from tests.benchmarks.extraction_pages import WALLS, Made, made_pages, walls

# Words; of scripts that are written without spaces, characters.
_TOKEN = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")
KABAR, TRAFILATURA, RESILIPARSE = "kabar", "trafilatura", "resiliparse"
FEED = "feed"


class Walls(msgspec.Struct, frozen=True):
    """Of so many pages of a kind, how many were not taken, and in how many documents the wall's own words stand."""

    pages: int
    refused: int
    leaked: int


class Report(msgspec.Struct, frozen=True):
    """Mean F1 by reader, over all and for each layout and language; articles refused; walls by kind; CPU of a page."""

    pages: int
    f1: dict[str, float]
    by_layout: dict[str, dict[str, float]]
    by_language: dict[str, dict[str, float]]
    refused: dict[str, int]
    walls: dict[str, Walls]
    milliseconds: float


def f1(found: str, wanted: str) -> float:
    """The harmonic mean of precision and recall of a text's words, counted."""
    one, other = Counter(_TOKEN.findall(found.casefold())), Counter(_TOKEN.findall(wanted.casefold()))
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


READERS: dict[str, Callable[[Made], str]] = {
    KABAR: lambda page: (
        read_article(page.html, page.item.url, known=f"{page.item.title} {page.item.summary}").document.body
    ),
    TRAFILATURA: lambda page: tidy(by_trafilatura(page.html)),
    RESILIPARSE: lambda page: tidy(by_resiliparse(page.html)),
}


def measure(each: int) -> Report:
    """Read all pages with each reader, and let the step decide about them and about walls."""
    pages = made_pages(each)
    scores: dict[str, list[float]] = {}
    spent = 0.0
    for name, read in READERS.items():
        started = time.process_time()
        texts = [read(page) for page in pages]
        spent = time.process_time() - started if name == KABAR else spent
        scores[name] = [f1(text, page.text) for text, page in zip(texts, pages, strict=True)]
    return Report(
        pages=len(pages),
        f1={name: fmean(values) for name, values in scores.items()},
        by_layout=_grouped(scores, [page.layout for page in pages]),
        by_language=_grouped(scores, [page.language for page in pages]),
        refused=dict(
            Counter(item.repairs[-1] for page, item in zip(pages, step(pages), strict=True) if item.text_method == FEED)
        ),
        walls=_walls(each),
        milliseconds=1000 * spent / len(pages),
    )


def _grouped(scores: dict[str, list[float]], names: list[str]) -> dict[str, dict[str, float]]:
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for reader, values in scores.items():
        for name in dict.fromkeys(names):
            found[name][reader] = fmean(v for v, n in zip(values, names, strict=True) if n == name)
    return dict(found)


def step(pages: list[Made], site: str | None = None) -> list[Item]:
    """What the step sends on for each page in the end, in this order: all of one site, or each of its item's source."""
    table: dict[str, bytes] = {}
    extractor = Extractor(lambda text, url, known: read_article(text, url, known=known))
    last: dict[str, Item] = {}
    for offset, page in enumerate(pages):
        record = Page(
            item=page.item,
            lane="live",
            host=site or page.item.source,
            wanted_offset=offset,
            fetched_at=page.item.fetched_at,
            html=page.html,
            final_url=page.item.url,
        )
        message = Message(
            topic=PAGES, partition=0, offset=offset, key=record.host, value=record.encode(), timestamp_ms=0
        )
        decision = extractor.decide(message, table.get)
        for key, row in decision.rows:
            if row is None:
                table.pop(key, None)
            else:
                table[key] = row
        for output in decision.outputs:
            item = Item.decode(output.value or b"")
            last[item.id] = item
    return [last[page.item.id] for page in pages]


def _walls(each: int) -> dict[str, Walls]:
    found: defaultdict[str, list[Walls]] = defaultdict(list)
    for kind, pages in walls(each):
        items = step(pages, "walls.example")
        own = {line for parts in WALLS[pages[0].language] for line in parts}
        found[kind].append(
            Walls(
                pages=len(pages),
                refused=sum(item.text_method == FEED for item in items),
                leaked=sum(any(line in item.body for line in own) for item in items),
            )
        )
    return {
        kind: Walls(sum(w.pages for w in each), sum(w.refused for w in each), sum(w.leaked for w in each))
        for kind, each in found.items()
    }


def show(report: Report) -> str:
    """The figures, for people."""

    def line(name: str, values: dict[str, float]) -> str:
        return f"  {name:<12}" + "".join(f"{values[reader]:>13.3f}" for reader in READERS)

    languages = len(report.by_language)
    lines = [f"F1 of {report.pages} pages in {languages} languages" + "".join(f"{name:>13}" for name in READERS)]
    lines += [line("all", report.f1), *(line(name, values) for name, values in sorted(report.by_layout.items()))]
    lines += [line(name, values) for name, values in sorted(report.by_language.items())]
    lines.append(f"CPU of a page: {report.milliseconds:.1f} ms")
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(report.refused.items())) or "none"
    lines.append(f"articles that the step refused: {told}")
    for kind, found in report.walls.items():
        lines.append(
            f"{kind}: {found.refused} of {found.pages} pages not taken; the wall's words in {found.leaked} documents"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=14, help="of each language")
    print(show(measure(parser.parse_args().pages)))  # noqa: T201 - a program's output


if __name__ == "__main__":
    main()
