"""How well copies and stories are told, beside what else there is, in one run.

    python -m tests.benchmarks.stories_eval [--bases N] [FILE…]

Copies: edits of made articles in twenty languages and look-alikes, once the half that was tuned on and once the half
held out; pairs of copies found, of all pairs in one language group. Stories: labelled news in the order of the files
(JSON Lines with `id`, `language`, `title`, `body`, `story`; those beside the project where none are given); B-cubed
after Bagga and Baldwin (1998), and pairs; and the mean over other orders, since what comes first decides much. Events:
made tellings in several languages (`stories_events`), and news that was not made for it (`stories_joined`), pairs of
items in different languages.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import msgspec

from pipeline.stories.rows import InMemory, decide
from pipeline.stories.window import Window
from schemas.document import Enriched
from schemas.item import Item
from tests.benchmarks.stories_copies import Example, examples
from tests.benchmarks.stories_events import LANGUAGES as IN
from tests.benchmarks.stories_events import across, joined, pairs_across, told
from tests.benchmarks.stories_joined import Gold, events_of, parted, recorded
from tests.benchmarks.stories_peers import COPIES, single_pass
from tests.benchmarks.stories_texts import Half, Text
from tests.samples import passed_on

GOLD = Path(__file__).parents[3] / "shared" / "eval" / "stories"
START = datetime(2024, 1, 21, tzinfo=UTC)
BASES = 12
LEAST_WORDS = 40  # of a labelled text that is edited
TF_IDF = (0.1, 0.15, 0.2, 0.25, 0.3)  # thresholds of the peer: the best is taken on the first file
ORDERS = 10  # in which the labelled items come, beside that of the file
_HALVES: dict[Half, str] = {"tuning": "en-ecbplus.dev.jsonl", "held out": "en-ecbplus.train.jsonl"}
_SAME = "Kabar"


class Labelled(msgspec.Struct, frozen=True):
    """One line of a file with gold stories."""

    id: str
    language: str
    title: str
    body: str
    story: str


class Score(msgspec.Struct, frozen=True):
    """Precision, recall and their harmonic mean, each between 0 and 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return f"{self.precision:.3f}  {self.recall:.3f}  {self.f1:.3f}"


class Mean(msgspec.Struct, frozen=True):
    """Means of precision, recall and F1, which is not the F1 of the other two."""

    precision: float
    recall: float
    f1: float

    def __str__(self) -> str:
        return f"{self.precision:.3f}  {self.recall:.3f}  {self.f1:.3f}"


def read(path: Path) -> list[Labelled]:
    """All labelled items of one file."""
    return [msgspec.json.decode(line, type=Labelled) for line in path.read_bytes().splitlines() if line.strip()]


def enriched(labelled: Labelled, number: int) -> Enriched:
    """The item as `enrich` would pass it on, without mentions, a second after the one before it."""
    seen = START + timedelta(seconds=number)
    item = Item(id=labelled.id, source="gold", fetched_at=seen, title=labelled.title, body=labelled.body)
    return passed_on(item, labelled.language)


def stories_of(items: list[Labelled]) -> list[str]:
    """The story of each item, as decided at its arrival."""
    window, rows = Window(items[0].language), InMemory()
    return [decide(window, enriched(item, n), n, rows).placement.story_id for n, item in enumerate(items)]


def originals_of(made: Sequence[Enriched]) -> list[str]:
    """The id of the text that each item repeats, its own where it repeats none, as decided at its arrival."""
    windows: dict[str, Window] = {}
    rows = InMemory()
    found = []
    for number, event in enumerate(made):
        window = windows.setdefault(event.language_group, Window(event.language_group))
        placement = decide(window, event, number, rows).placement
        found.append(placement.duplicate_of or event.item.id)
    return found


def b_cubed(found: Sequence[Hashable], gold: Sequence[Hashable]) -> Score:
    """The mean over items of how pure and how complete the item's own story is."""
    by_found: dict[Hashable, set[int]] = defaultdict(set)
    by_gold: dict[Hashable, set[int]] = defaultdict(set)
    for number, (one, other) in enumerate(zip(found, gold, strict=True)):
        by_found[one].add(number)
        by_gold[other].add(number)
    precision = recall = 0.0
    for one, other in zip(found, gold, strict=True):
        right = len(by_found[one] & by_gold[other])
        precision += right / len(by_found[one]) / len(found)
        recall += right / len(by_gold[other]) / len(found)
    return Score(precision, recall)


def pairwise(found: Sequence[Hashable], gold: Sequence[Hashable]) -> Score:
    """Of all pairs put together, how many belong together, and of those that do, how many were put together."""

    def pairs(groups: Sequence[Hashable]) -> int:
        return sum(count * (count - 1) // 2 for count in Counter(groups).values())

    right = pairs(list(zip(found, gold, strict=True)))
    return Score(right / (pairs(found) or 1), right / (pairs(gold) or 1))


def shuffled(items: list[Labelled], orders: int = ORDERS) -> list[list[Labelled]]:
    """The items in so many other orders, the same ones at each call."""
    dice = random.Random(1)
    return [dice.sample(items, len(items)) for _ in range(orders)]


def mean_b_cubed(orders: Sequence[list[Labelled]], group: Callable[[list[Labelled]], Sequence[Hashable]]) -> Mean:
    """What a method has in the mean of some orders, each decided from its beginning."""
    scores = [b_cubed(group(items), [item.story for item in items]) for items in orders]
    return Mean(*(fmean(of) for of in zip(*((one.precision, one.recall, one.f1) for one in scores), strict=True)))


def peer_at(threshold: float) -> Callable[[list[Labelled]], Sequence[Hashable]]:
    """The TF-IDF peer at this threshold."""
    return lambda items: single_pass([enriched(item, number).item for number, item in enumerate(items)], threshold)


def texts_of(path: Path) -> tuple[Text, ...]:
    """Of each labelled story its longest text, to be edited: two of one story may be copies, which no label says."""
    longest: dict[str, Labelled] = {}
    for item in read(path) if path.exists() else ():
        if len(item.body) > len(longest.get(item.story, item).body) or item.story not in longest:
            longest[item.story] = item
    return tuple(
        Text(item.language, item.title, "", (item.body,))
        for item in longest.values()
        if len(item.body.split()) >= LEAST_WORDS
    )


def copies_found(half: Half, bases: int) -> tuple[list[Example], dict[str, list[Hashable]]]:
    """One half's examples, and the first text of each as every method has it."""
    made = examples(half, bases, texts_of(GOLD / _HALVES[half]))
    events = [example.enriched for example in made]
    found: dict[str, list[Hashable]] = {_SAME: [*originals_of(events)]}
    for name, peer in COPIES.items():
        found[name] = by_group(events, peer)
    return made, found


def by_group(events: list[Enriched], peer: Callable[[list[Item]], list[int]]) -> list[Hashable]:
    """What a peer that knows no language groups says, asked for each group by itself."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        places[event.language_group].append(place)
    found: dict[int, Hashable] = {}
    for group, members in places.items():
        for place, first in zip(members, peer([events[place].item for place in members]), strict=True):
            found[place] = group, first
    return [found[place] for place in range(len(events))]


def mistakes(made: list[Example], found: list[Hashable]) -> list[tuple[str, int, int]]:
    """By the kind of an item: how many there are, and how many were not placed as they should be.

    A copy is right where it is with its base, any other item where no earlier text of another is with it.
    """
    base = {example.text: place for place, example in enumerate(made) if example.kind == "base"}
    first: dict[Hashable, int] = {}
    wrong: Counter[str] = Counter()
    for place, (example, group) in enumerate(zip(made, found, strict=True)):
        original = first.setdefault(group, place)
        right = found[base[example.text]] == group if example.text in base else original == place
        wrong[example.kind] += not right
    return [(kind, count, wrong[kind]) for kind, count in sorted(Counter(entry.kind for entry in made).items())]


def show_copies(half: Half, bases: int) -> None:
    """Print one half's figures."""
    made, found = copies_found(half, bases)
    gold = [example.text for example in made]
    _print(f"\ncopies, {half}: {len(made):,} items, {len(set(gold)):,} texts\n{'':32}pairs: P      R      F1")
    for name, groups in found.items():
        _print(f"{name:32}    {pairwise(groups, gold)}")
    told = ", ".join(f"{kind} {wrong} of {count}" for kind, count, wrong in mistakes(made, found[_SAME]) if wrong)
    _print(f"Kabar's mistakes by kind: {told or 'none'}")


def show_stories(paths: list[Path]) -> None:
    """Print the figures of each file."""
    threshold = None
    for path in paths:
        items = read(path)
        gold = [item.story for item in items]
        plain = [enriched(item, number).item for number, item in enumerate(items)]
        if threshold is None:
            threshold = max(TF_IDF, key=lambda least: b_cubed(single_pass(plain, least), gold).f1)
        found: dict[str, Sequence[Hashable]] = {
            _SAME: stories_of(items),
            f"TF-IDF, one pass, {threshold}": single_pass(plain, threshold),
        }
        _print(f"\nstories, {path.name}: {len(items):,} items, {len(set(gold))} stories")
        _print(f"{'':28}B-cubed: P      R      F1      pairs: P      R      F1")
        for name, groups in found.items():
            _print(
                f"{name:32}    {b_cubed(groups, gold)}          {pairwise(groups, gold)}  {len(set(groups))} stories"
            )
        orders = shuffled(items)
        _print(f"{_SAME + f', mean of {ORDERS} orders':32}    {mean_b_cubed(orders, stories_of)}")
        _print(f"{f'TF-IDF, mean of {ORDERS} orders':32}    {mean_b_cubed(orders, peer_at(threshold))}")


def show_joined(name: str, golds: Sequence[Gold]) -> None:
    """Print how well stories of news that was not made for it are joined across languages."""
    groups = [gold.enriched.language_group for gold in golds]
    score = Score(*pairs_across(events_of(golds), [gold.story for gold in golds], groups))
    _print(f"\nevents across languages, {name}: {len(golds)} items, {len(set(groups))} languages")
    _print(f"{'':32}pairs: P      R      F1\n{_SAME:32}    {score}")


def show_events(half: Half) -> None:
    """Print how well made tellings in different languages are joined."""
    tellings = told(half)
    events = len({one.event for one in tellings})
    _print(f"\nevents across languages, {half}: {len(tellings)} items, {events} events, {len(IN)} languages")
    _print(f"{'':32}pairs: P      R      F1\n{_SAME:32}    {Score(*across(joined(tellings), tellings))}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Print copies, then stories, then events."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--bases", type=int, default=BASES, help="articles a language that are edited")
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args(arguments)
    for half in _HALVES:
        show_copies(half, given.bases)
    show_stories(given.files or sorted(GOLD.glob("*.jsonl")))
    for half in _HALVES:
        show_events(half)
    show_joined("the demo's news", recorded())
    for path in given.files or sorted(GOLD.glob("*.jsonl")):
        items = [(enriched(item, number), item.story) for number, item in enumerate(read(path))]
        show_joined(f"{path.name} as if in two languages", parted(items))


if __name__ == "__main__":
    main(sys.argv[1:])
