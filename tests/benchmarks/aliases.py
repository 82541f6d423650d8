"""What many aliases cost: `python -m tests.benchmarks.aliases [--aliases 1000000]`.

Figures with made names, ten aliases each, are tracked beside the knowledge base: first without a file of them, which
another process then builds, then again from that file; then one changes. Printed are processor times, the most memory
of this process and of the one that builds, and how many items of 3 KB that name two of them are read in a second.
"""

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from pipeline.entities import Recogniser
from pipeline.knowledge import load
from schemas.alert import Figure
from schemas.codec import now
from schemas.item import Item

_SYLLABLES: Final = [consonant + vowel for consonant in "bcdfghklmnprstvz" for vowel in "aeiou"]
_EACH: Final = 10
_ITEM: Final = 3_000
_SENTENCE: Final = "The ministry said on Monday that talks about grain and gas would go on in the capital. "


class Cost(msgspec.Struct, frozen=True):
    """Seconds of processor time, megabytes of memory at the most, items a second.

    `build_seconds` are of the process that builds, `start_seconds` of tracking all from the file that it made.
    """

    aliases: int
    build_seconds: float
    build_megabytes: int
    start_seconds: float
    change_seconds: float
    peak_megabytes: int
    items_a_second: float
    found: int


def measure(aliases: int, items: int = 200) -> Cost:
    """Track that many aliases twice, change one figure, and read items that name two figures each."""
    chance = random.Random(8)
    figures = [_figure(number, chance) for number in range(aliases // _EACH)]
    knowledge = load().entities
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        Recogniser(knowledge, Path(folder), tagger=False).track_all(figures)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        recogniser = Recogniser(knowledge, Path(folder), tagger=False)
        started = time.process_time()
        recogniser.track_all(figures)
        built = time.process_time()
    recogniser.track(Figure(id="new", name="Quentin Quixworth"))
    changed = time.process_time()
    texts = [_text((chance.choice(figures).name, "Quentin Quixworth")) for _ in range(items)]
    made = [Item(id=str(n), source="s", fetched_at=now(), body=text) for n, text in enumerate(texts)]
    begun = time.process_time()
    found = sum(len({m.entity_id for m in recogniser.mentions(item, "en")}) for item in made)
    spent = time.process_time() - begun
    return Cost(
        aliases=aliases,
        build_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        build_megabytes=after.ru_maxrss // 1024,
        start_seconds=built - started,
        change_seconds=changed - built,
        peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        items_a_second=items / spent,
        found=found,
    )


def _figure(number: int, chance: random.Random) -> Figure:
    names = [_name(chance) for _ in range(_EACH)]
    return Figure(id=f"made-{number}", name=names[0], aliases=tuple(names[1:]))


def _name(chance: random.Random) -> str:
    return " ".join("".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize() for _ in range(2))


def _text(names: tuple[str, ...]) -> str:
    return (f"{' and '.join(names)} met. " + _SENTENCE * (_ITEM // len(_SENTENCE) + 1))[:_ITEM]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aliases", type=int, default=1_000_000)
    cost = measure(parser.parse_args().aliases)
    print(  # noqa: T201 - a command
        f"{cost.aliases:,} aliases: built in {cost.build_seconds:.1f} s of processor time by a process of "
        f"{cost.build_megabytes:,} MB, started from their file in {cost.start_seconds:.1f} s, one more in "
        f"{cost.change_seconds:.2f} s, {cost.peak_megabytes:,} MB at most, {cost.items_a_second:,.0f} items of 3 KB a "
        "second"
    )


if __name__ == "__main__":
    main()
