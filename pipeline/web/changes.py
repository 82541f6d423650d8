"""Everything indexed since: `news.documents` from a cursor up to what the step `index` has committed.

The index's own clock could not promise this: of two writers the later moment may become visible first. Offsets below
a committed one are settled for good, so nothing is missed. A record may be told again after a crash, as the same id and
revision. What was taken down is told no more, though the topic has it for some days yet.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from pipeline.forget import ForgottenList
from schemas.broker import Admin, begin_offsets, read_between
from schemas.codec import Undecodable
from schemas.document import Document
from schemas.said import Mistake
from schemas.settings import Settings
from schemas.steps import BY_NAME
from schemas.topics import DOCUMENTS

MOST = 1_000


class BadCursor(Mistake):
    """A cursor that none of our answers gave."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of one item that was settled: indexed, or found to be there already in a newer one."""

    id: str
    revision: int
    story_id: str
    duplicate_of: str | None
    language: str
    source: str
    title: str
    url: str | None
    published_at: datetime | None
    first_seen_at: datetime
    people: list[str]
    organisations: list[str]
    places: list[str]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What came since a cursor, the cursor to go on with, and whether there is more already.

    `missed` records after the cursor are no longer kept: a reader that was away for so long reads the index anew.
    """

    changes: list[Change]
    cursor: str
    more: bool
    missed: int = 0


def changes(settings: Settings, cursor: str | None, limit: int, forgotten: ForgottenList | None = None) -> Changes:
    """What was indexed since a cursor; without one, since the beginning of what the topic keeps (7 days).

    What is on the list of the `forgotten` is left out.

    Raises:
        BadCursor: it is none.
        BrokerError: Kafka does not answer.
    """
    starts = decode(cursor) if cursor else {}
    with Admin(settings) as admin:
        done = admin.committed(BY_NAME["index"].group)
    begins = {number: begin for (_, number), begin in begin_offsets(settings, [DOCUMENTS]).items()}
    ends = {number: done.get((DOCUMENTS, number), 0) for number in begins}
    messages, positions = read_between(settings, DOCUMENTS, starts, ends, max(1, min(limit, MOST)))
    # A partition that lost its committed offset must not take a reader back.
    positions = {number: max(position, starts.get(number, 0)) for number, position in positions.items()}
    found = [change for message in messages if (change := _change(message.value, forgotten)) is not None]
    return Changes(
        changes=found,
        cursor=encode(positions),
        more=any(positions.get(number, 0) < end for number, end in ends.items()),
        missed=gone(starts, begins) if cursor else 0,
    )


def gone(starts: Mapping[int, int], begins: Mapping[int, int]) -> int:
    """How many records from `starts` on are before the first that each partition still has.

    A partition that a cursor does not name is new to it, or was empty: all of it is after the cursor.
    """
    return sum(max(0, begin - starts.get(number, 0)) for number, begin in begins.items())


def newest(settings: Settings) -> str:
    """The cursor after all that is indexed now."""
    with Admin(settings) as admin:
        done = admin.committed(BY_NAME["index"].group)
    return encode({number: offset for (topic, number), offset in done.items() if topic == DOCUMENTS})


def encode(positions: dict[int, int]) -> str:
    """Offsets by partition as a cursor: `0-120_1-98`."""
    return "_".join(f"{number}-{offset}" for number, offset in sorted(positions.items())) or "0-0"


def decode(cursor: str) -> dict[int, int]:
    """The offsets in a cursor.

    Raises:
        BadCursor: it is none.
    """
    positions = {}
    for part in cursor[:20_000].split("_"):
        number, _, offset = part.partition("-")
        if not (number.isascii() and number.isdigit() and offset.isascii() and offset.isdigit() and len(part) < 30):  # noqa: PLR2004
            raise BadCursor("cursor is what a former answer gave as cursor, or `now`.")
        positions[int(number)] = int(offset)
    return positions


def _change(value: bytes | None, forgotten: ForgottenList | None) -> Change | None:
    try:
        document = Document.decode(value or b"")
    except Undecodable:
        return None
    enriched, placement = document.enriched, document.placement
    item = enriched.item
    if forgotten is not None and forgotten.holds(item, enriched.mentions):
        return None
    names: dict[str, dict[str, Any]] = {"PER": {}, "ORG": {}, "LOC": {}}
    for mention in enriched.mentions:
        names[mention.type][mention.name] = None
    return Change(
        id=item.id, revision=enriched.revision, story_id=placement.story_id, duplicate_of=placement.duplicate_of,
        language=enriched.language, source=item.source, title=item.title, url=item.url, published_at=item.published_at,
        first_seen_at=enriched.first_seen_at, people=list(names["PER"]), organisations=list(names["ORG"]),
        places=list(names["LOC"]),
    )  # fmt: skip
