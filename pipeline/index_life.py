"""The life of the index: whether its mappings are those of this program, moving, rest after a month, and leaving.

A move is seen by nobody. The new index of a month stands beside the old one under the alias `…-next`; the step `index`
then writes to both. What was there before is copied with its versions, so that an older copy never covers a newer
write. When both hold the same, one request swaps the aliases, and the old index goes.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from pipeline.elastic import Index, MonthIndex, Verdict, Write
from pipeline.query.places import place_of
from schemas.broker import Producer
from schemas.codec import now
from schemas.errors import IndexRefused
from schemas.forgotten import Forgotten
from schemas.index import MAPPING_VERSION, localized_language, mapping
from schemas.settings import Settings
from schemas.side_indices import KINDS, side_mapping
from schemas.topics import FORGOTTEN

ALL_KINDS: Final = ("items", *KINDS)
PAGE: Final = 500
# Longer than a writer takes to see that an index stands beside another (`NEXT_SECONDS` in `pipeline.index`).
NOTICED_SECONDS: Final = 4.0
ROUNDS: Final = 5
GIGABYTE: Final = 1_000_000_000
QUIET: Final = timedelta(days=1)


class NotMoved(RuntimeError):
    """A move did not come to its end; nothing was swapped, and it can be tried again."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """An index and how its mapping stands to this program's: `ok`, `old`, `newer`, or `strange` (changed by hand)."""

    name: str
    kind: str
    documents: int
    bytes: int
    version: int
    state: str


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One index that was moved."""

    old: str
    new: str
    documents: int


def check(index: Index) -> list[Checked]:
    """Every month's index of every kind, oldest first."""
    return [_checked(found) for kind in ALL_KINDS for found in index.months(kind)]


def _checked(found: MonthIndex) -> Checked:
    wanted = mapping() if found.kind == "items" else side_mapping(found.kind)
    state = "ok"
    if found.mapping_version > MAPPING_VERSION:
        state = "newer"
    elif found.mapping_version < MAPPING_VERSION:
        state = "old"
    elif set(found.fields) != set(wanted["properties"]):
        state = "strange"
    return Checked(
        name=found.name, kind=found.kind, documents=found.documents, bytes=found.bytes, version=found.mapping_version,
        state=state,
    )  # fmt: skip


def migrate(index: Index, say: Callable[[str], None], *, keep: bool = False) -> list[Moved]:
    """Move every index with an old mapping to a new one, one after the other.

    Raises:
        NotMoved: one could not be moved whole.
        IndexUnavailable: the index does not answer.
    """
    index.ensure_template()
    moved = []
    for found in [found for kind in ALL_KINDS for found in index.months(kind)]:
        if _checked(found).state in {"old", "strange"}:
            say(f"Moving {found.name}, {found.documents:,} documents …")
            moved.append(_move(index, found, keep=keep))
    return moved


def _move(index: Index, old: MonthIndex, *, keep: bool) -> Moved:
    new = index.beside(old)
    time.sleep(NOTICED_SECONDS)
    try:
        _copy_whole(index, old, new)
    except BaseException:
        index.delete_index(new)
        raise
    count = index.count(new)
    index.swap(old, new, keep=keep)
    return Moved(old=old.name, new=new, documents=count)


def _copy_whole(index: Index, old: MonthIndex, new: str) -> None:
    for _ in range(ROUNDS):
        index.refresh_index(old.name, new)
        _copy(index, old, new)
        index.refresh_index(old.name, new)
        if index.count(new) >= index.count(old.name):
            return
    raise NotMoved(f"{new} does not hold all of {old.name}: try again")


def _copy(index: Index, old: MonthIndex, new: str) -> None:
    """What the old index holds, into the new one, each document with its version."""
    fields = frozenset(mapping()["properties"] if old.kind == "items" else side_mapping(old.kind)["properties"])
    for hits in _pages(index, old.name):
        writes = [_rewritten(hit, new, old.kind, fields) for hit in hits]
        outcomes = index.bulk(writes, aliases=False)
        refused = [outcome.reason for outcome in outcomes if outcome.verdict is Verdict.REFUSED]
        if refused:
            raise NotMoved(f"{new} refuses a document: {refused[0]}")


def _pages(index: Index, name: str) -> Iterator[list[dict[str, Any]]]:
    body: dict[str, Any] = {
        "query": {"match_all": {}}, "size": PAGE, "version": True, "sort": [{"_shard_doc": "asc"}],
        "track_total_hits": False,
    }  # fmt: skip
    with index.snapshot(name) as pit:
        body["pit"] = pit
        while True:
            answer = index.search(body)
            hits = answer["hits"]["hits"]
            if hits:
                yield hits
            if len(hits) < PAGE:
                return
            body |= {"search_after": hits[-1]["sort"], "pit": {**pit, "id": answer["pit_id"]}}


def _rewritten(hit: dict[str, Any], new: str, kind: str, fields: frozenset[str]) -> Write:
    stored = hit["_source"]
    kept = {name: value for name, value in stored.items() if name in fields}
    if kind == "items":
        kept |= derived(kept)
    return Write(new, hit["_id"], hit["_version"], msgspec.json.encode(kept))


def derived(stored: dict[str, Any]) -> dict[str, Any]:
    """What a stored item must have under the present mapping that follows from the rest of it."""
    language = localized_language(str(stored.get("language", "und")))
    text = {"title": stored.get("title", ""), "body": stored.get("body") or stored.get("summary", "")}
    ids = dict.fromkeys(m["entity_id"] for m in stored.get("mentions") or () if m["type"] == "LOC")
    places = [place for identity in ids if (place := place_of(identity)) is not None]
    there = [(place["lat"], place["lon"]) for place in stored.get("locations") or ()]  # also where its source placed it
    points = dict.fromkeys((*there, *((place.latitude, place.longitude) for place in places)))
    return {
        "localized": {language: text} if language else None,
        "event_id": stored.get("event_id") or stored.get("story_id"),
        "is_duplicate": stored.get("duplicate_of") is not None,
        "locations": [{"lat": latitude, "lon": longitude} for latitude, longitude in points],
        "ingest_lag_ms": stored.get("ingest_lag_ms", _between(stored, "first_seen_at", "indexed_at")),
        "publish_lag_ms": stored.get("publish_lag_ms", _between(stored, "published_at", "first_seen_at")),
    }


def _between(stored: dict[str, Any], since: str, until: str) -> int | None:
    first, last = stored.get(since), stored.get(until)
    if not first or not last:
        return None
    return round((datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() * 1000)


def leaving(index: Index, *, days: float = 0, gigabytes: float = 0) -> list[MonthIndex]:
    """The indices that are due: months that ended more than `days` ago, and the oldest above `gigabytes` in all.

    0 means no limit. The present month never leaves.
    """
    months = sorted((found for kind in ALL_KINDS for found in index.months(kind)), key=lambda found: found.month)
    past = [found for found in months if _is_over(found)]
    due = [found for found in past if days and (now() - _end_of(found.month)).total_seconds() > days * 86_400]
    size = sum(found.bytes for found in months if found not in due)
    for found in past:
        if gigabytes and size > gigabytes * GIGABYTE and found not in due:
            due.append(found)
            size -= found.bytes
    return due


def _is_over(found: MonthIndex) -> bool:
    return found.month < f"{now():%Y.%m}"


def _end_of(month: str) -> datetime:
    year, number = (int(part) for part in month.split("."))
    return now().replace(
        year=year + number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def settle(index: Index, *, quiet: timedelta = QUIET, wait: bool = False) -> list[MonthIndex]:
    """Make one segment of each shard of months that are over and were not written to for so long.

    A search asks each segment for each of its words in each language, so its cost is the number of segments. What is
    changed later makes new ones, and is merged in when that, too, is over.

    Raises:
        IndexUnavailable: the index does not answer.
    """
    due = [
        found
        for kind in ALL_KINDS
        for found in index.months(kind)
        if _is_over(found) and found.segments > found.shards and _is_quiet(index, found, quiet)
    ]
    for found in due:
        index.merge(found.name, wait=wait)
    return due


def _is_quiet(index: Index, found: MonthIndex, quiet: timedelta) -> bool:
    last = index.last_written(found.name)
    return last is not None and now() - last >= quiet


def expire(settings: Settings, index: Index, due: list[MonthIndex]) -> int:
    """Remove indices; of items with a line that closes the books. Returns how many documents left.

    Raises:
        BrokerError, IndexUnavailable: a server does not answer.
    """
    for found in due:
        if found.kind == "items":
            line = Forgotten(kind="expired", value=found.name, at=now(), revisions=index.revisions(found.name))
            with Producer(settings) as producer:
                producer.send(FORGOTTEN, line.key, line.encode())
                producer.flush()
        try:
            index.delete_index(found.name)
        except IndexRefused as error:
            if "index_not_found" not in str(error):
                raise
    return sum(found.documents for found in due)
