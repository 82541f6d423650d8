"""The books: what became of every record that was ever fetched, from the servers themselves.

`fetched = unchanged + indexed + superseded + dead-lettered + forgotten + expired + in flight`, counted per item and
revision. Each term is measured apart: offsets of the items' topics (Kafka never gives one twice), the rows of `enrich`,
the index, the dead letters, the list of the forgotten, and the consumers' positions. While records move, the parts are
of slightly different moments; at rest the difference is 0, or something was lost.
"""

import msgspec

from pipeline.elastic import Index
from pipeline.enrich import Row, decode_row
from pipeline.extract.decide import is_host
from pipeline.extract.memory import decode_row as decode_host
from schemas.broker import end_offsets, lag, read_newest
from schemas.codec import Undecodable
from schemas.deadletter import DeadLetter
from schemas.document import Document
from schemas.forgotten import Forgotten
from schemas.settings import Settings
from schemas.steps import PAGE_FETCHER, STEPS
from schemas.topics import BACKFILL, DEADLETTERS, FORGOTTEN, ITEMS, WANTED

ROWS_TOPIC = "kabar-enrich-enrich-table-changelog"
HOSTS_TOPIC = "kabar-extract-extract-table-changelog"
# What fails later than the index is not missing from it.
COUNTED_STEPS = frozenset({"pages", "enrich", "stories", "index"})
LATER_STEPS = frozenset({"alert", "notify", "sinks"})


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of the reconciliation, in records; `difference` is 0 when the books close."""

    fetched: int
    unchanged: int
    indexed: int
    superseded: int
    dead_lettered: int
    in_flight: int
    forgotten: int = 0
    expired: int = 0
    lag: dict[str, int]

    @property
    def difference(self) -> int:
        """What is fetched and not accounted for."""
        accounted = self.unchanged + self.indexed + self.superseded + self.dead_lettered + self.in_flight
        accounted += self.forgotten + self.expired
        return self.fetched - accounted


def books(settings: Settings, index: Index) -> Books:
    """Reconcile now.

    Raises:
        BrokerError, IndexUnavailable: a server does not answer.
    """
    steps = [PAGE_FETCHER, *STEPS]
    lags = lag(settings, {step.group: step.sources for step in steps})
    waiting = {step.name: lags[step.group] for step in steps}
    ends = end_offsets(settings, [ITEMS, BACKFILL, WANTED])
    fetched = sum(end for (topic, _), end in ends.items() if topic != WANTED)
    # Items whose page is wanted come to `news.items` in the end; until then they are on their way, or they are lost.
    unanswered = sum(end for (topic, _), end in ends.items() if topic == WANTED) - _answered(settings)
    on_their_way = unanswered if waiting["pages"] or waiting["extract"] else 0
    by_item = _rows(settings)
    rows = list(by_item.values())
    lines = [Forgotten.decode(value) for value in read_newest(settings, FORGOTTEN).values()]
    index.refresh()
    indexed, revisions = _indexed(index)
    letters = dead_letters(settings)
    refused_early = sum(letter.step not in COUNTED_STEPS | LATER_STEPS for letter in letters)
    dead = sum(letter.step not in LATER_STEPS for letter in letters)
    overtaken = _overtaken(index, letters)
    return Books(
        fetched=fetched + refused_early + unanswered,
        unchanged=sum(row.unchanged for row in rows),
        indexed=indexed,
        superseded=sum(row.superseded for row in rows) + revisions - indexed - overtaken,
        dead_lettered=dead,
        in_flight=on_their_way + sum(waiting[name] for name in ("enrich", "stories", "index")),
        forgotten=_forgotten(by_item, lines),
        expired=sum(line.revisions for line in lines if line.value.startswith(f"{index.items}-")),
        lag=waiting,
    )


def _answered(settings: Settings) -> int:
    rows = read_newest(settings, HOSTS_TOPIC).items()
    return sum(decode_host(row).handled for key, row in rows if is_host(key))


def _rows(settings: Settings) -> dict[str, Row]:
    return {key: decode_row(row) for key, row in read_newest(settings, ROWS_TOPIC).items()}


def _forgotten(rows: dict[str, Row], lines: list[Forgotten]) -> int:
    """What was turned away, the revisions of what was taken down, and the tombstones that took it off the archive."""
    gone = (rows[line.value] for line in lines if line.kind == "item" and line.value in rows)
    revisions = sum(row.revisions[-1].number for row in gone if row.revisions)
    return sum(row.forgotten for row in rows.values()) + revisions + sum(line.tombstones for line in lines)


def _indexed(index: Index) -> tuple[int, int]:
    found = index.search({"size": 0, "track_total_hits": True, "aggs": {"revisions": {"sum": {"field": "revision"}}}})
    revisions = found.get("aggregations", {}).get("revisions", {}).get("value", 0)
    return found["hits"]["total"]["value"], int(revisions)


def dead_letters(settings: Settings) -> list[DeadLetter]:
    """All dead letters, oldest first."""
    letters = (DeadLetter.decode(value) for value in read_newest(settings, DEADLETTERS).values())
    return sorted(letters, key=lambda letter: letter.at)


def _overtaken(index: Index, letters: list[DeadLetter]) -> int:
    """Dead revisions of items of which a newer revision is indexed: the sum of revisions counts them once more."""
    count = 0
    for letter in letters:
        payload = letter.payload() if letter.step == "index" else None
        if payload is None:
            continue
        try:
            enriched = Document.decode(payload).enriched
        except Undecodable:
            continue
        newer = {"bool": {"filter": [
            {"term": {"id": enriched.item.id}}, {"range": {"revision": {"gt": enriched.revision}}},
        ]}}  # fmt: skip
        count += index.search({"query": newer, "size": 0, "track_total_hits": True})["hits"]["total"]["value"]
    return count
