"""`kabar group`: the filter that says what repeats what, and what tells of one event. No server is needed."""

import sys
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.entities.tagger.own import OwnModels
from pipeline.knowledge import load
from pipeline.stories.grouping import Grouper
from pipeline.stories.rows import OnDisk
from schemas.document import Mention
from schemas.item import Item
from schemas.settings import load_settings


@click.command("group")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), default="-")
@click.option("--days", type=click.FloatRange(min=0.01), default=7.0, show_default=True, help="How long a story lasts.")
def command(path: Path, days: float) -> None:
    """Items as JSON Lines in, in the order of arrival; the same lines out with duplicate and story marks.

    Each line has `id` and any of title, summary, body (or text), language, mentions, first_seen_at. Language and
    mentions are computed where they are missing, times follow the order of lines. Added are duplicate_of,
    duplicate_similarity, duplicate_reason, story_id and event_id, as decided when the item came.
    A line that is no JSON object comes out as {"error": …}, and the exit code is then 1.

    \b
    Example:
      kabar group items.jsonl | jq -r '[.story_id, .title] | @tsv' | sort
    """
    failed = False
    with OnDisk() as rows, sys.stdin.buffer if str(path) == "-" else path.open("rb") as stream:
        grouper = Grouper(_Understanding(), rows, timedelta(days=days))
        for answer in grouper.lines(stream):
            failed |= "error" in answer
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
    sys.exit(1 if failed else 0)


class _Understanding:
    """Language and mentions as `kabar enrich` has them; names are loaded when the first line lacks mentions."""

    def __init__(self) -> None:
        self._recogniser: Recogniser | None = None

    def __call__(self, item: Item, language: str | None) -> tuple[str, tuple[Mention, ...]]:
        """The language, which may be known, and the mentions of an item."""
        if self._recogniser is None:
            self._recogniser = Recogniser(load().entities, own=OwnModels(load_settings().taggers))
        if language is not None:
            return language, self._recogniser.mentions(item, language)
        known = understand(item, self._recogniser.mentions)
        return known.language, known.mentions
