"""How well stories are told apart: B-cubed on labelled news, in the order of the file.

    python -m tests.benchmarks.stories_eval [FILE…]

The files are JSON Lines with `id`, `language`, `title`, `body`, `story`. Without any, those beside the project are
taken. B-cubed after Bagga and Baldwin (1998).
"""

import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from pipeline.stories.rows import InMemory, decide
from pipeline.stories.window import Window
from schemas.document import Enriched
from schemas.item import Item, content_hash

GOLD = Path(__file__).parents[3] / "shared" / "eval" / "stories"
START = datetime(2024, 1, 21, tzinfo=UTC)


class Labelled(msgspec.Struct, frozen=True):
    """One line of a file with gold stories."""

    id: str
    language: str
    title: str
    body: str
    story: str


class Score(msgspec.Struct, frozen=True):
    """B-cubed, each between 0 and 1."""

    precision: float
    recall: float
    f1: float


def read(path: Path) -> list[Labelled]:
    """All labelled items of one file."""
    return [msgspec.json.decode(line, type=Labelled) for line in path.read_bytes().splitlines() if line.strip()]


def enriched(labelled: Labelled, number: int) -> Enriched:
    """The item as `enrich` would pass it on, without mentions, a second after the one before it."""
    seen = START + timedelta(seconds=number)
    item = Item(id=labelled.id, source="gold", fetched_at=seen, title=labelled.title, body=labelled.body)
    return Enriched(
        item=item,
        revision=1,
        first_seen_at=seen,
        content_hash=content_hash(item),
        language=labelled.language,
        language_confidence=1.0,
        language_group=labelled.language,
        enriched_at=seen,
    )


def stories_of(items: list[Labelled]) -> list[str]:
    """The story of each item, as decided at its arrival."""
    window, rows = Window(items[0].language), InMemory()
    return [decide(window, enriched(item, n), n, rows).placement.story_id for n, item in enumerate(items)]


def b_cubed(found: list[str], gold: list[str]) -> Score:
    """The mean over items of how pure and how complete the item's own story is."""
    by_found: dict[str, set[int]] = defaultdict(set)
    by_gold: dict[str, set[int]] = defaultdict(set)
    for number, (one, other) in enumerate(zip(found, gold, strict=True)):
        by_found[one].add(number)
        by_gold[other].add(number)
    precision = recall = 0.0
    for one, other in zip(found, gold, strict=True):
        right = len(by_found[one] & by_gold[other])
        precision += right / len(by_found[one]) / len(found)
        recall += right / len(by_gold[other]) / len(found)
    return Score(precision, recall, 2 * precision * recall / (precision + recall))


def main(paths: list[str]) -> None:
    """Print one line a file."""
    for path in [Path(path) for path in paths] or sorted(GOLD.glob("*.jsonl")):
        items = read(path)
        found = stories_of(items)
        score = b_cubed(found, [item.story for item in items])
        sys.stdout.write(
            f"{path.name}: B-cubed precision {score.precision:.3f} recall {score.recall:.3f} F1 {score.f1:.3f},"
            f" {len(set(found))} stories for {len({item.story for item in items})} in {len(items)} items\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
