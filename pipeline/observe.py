"""How the pipeline does, written down every quarter of a minute for dashboards: lag, feeds, dead letters, the books.

A thread of `index`. Each document's id is its time slot and what it tells of, so that several workers write it once.
A server that does not answer leaves a gap and no more.
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog

from pipeline.books import ROWS_TOPIC, books
from pipeline.elastic import Index, Outcome, Verdict, Write
from pipeline.index_life import expire, leaving, settle
from schemas.broker import end_offsets, lag, read_newest
from schemas.codec import Undecodable, from_millis, millis, now
from schemas.errors import BrokerError, IndexRefused, IndexUnavailable
from schemas.feed import Feed, FeedState
from schemas.index import month_alias
from schemas.settings import Settings
from schemas.side_indices import OPS
from schemas.steps import STEPS
from schemas.topics import DEADLETTERS, FEED_STATE, FEEDS

EVERY_SECONDS = 15
# The books read every row of `enrich`; above so many records they are left to `kabar books`.
BOOKS_EVERY, BOOKS_UP_TO = 20, 200_000
WAITED = frozenset({Verdict.RETRY, Verdict.BLOCKED, Verdict.NO_INDEX})

log = structlog.get_logger()


class Tally:
    """What became of the writes of this process since it started."""

    def __init__(self) -> None:
        self.written = self.retried = self.rejected = 0

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count these."""
        for outcome in outcomes:
            self.rejected += outcome.verdict is Verdict.REFUSED
            self.retried += outcome.verdict in WAITED
            self.written += outcome.verdict in {Verdict.WRITTEN, Verdict.ALREADY_THERE}


class Observer:
    """The thread; `close` ends it."""

    def __init__(self, settings: Settings, tally: Tally) -> None:
        self._settings = settings
        self._tally = tally
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._stop.set()

    def _run(self) -> None:
        round_ = 0
        while not self._stop.wait(EVERY_SECONDS):
            try:
                with Index(self._settings) as index:
                    observe(self._settings, index, self._tally, with_books=round_ % BOOKS_EVERY == 0)
                round_ += 1
            except (BrokerError, IndexUnavailable, IndexRefused) as error:
                log.warning("nothing could be written down of the pipeline's health", reason=str(error))


def observe(settings: Settings, index: Index, tally: Tally, *, with_books: bool) -> None:
    """Write down how things are now.

    Raises:
        BrokerError, IndexUnavailable, IndexRefused: a server does not answer, or not to this.
    """
    moment = from_millis(millis(now()) // (EVERY_SECONDS * 1000) * EVERY_SECONDS * 1000)
    alias = month_alias(index.prefix, moment, OPS)
    index.ensure_month(alias)
    documents = [*_steps(settings), *_feeds(settings), *_letters(settings), _writes(tally)]
    if with_books:
        settle(index)
        if settings.keep_days or settings.keep_gigabytes:
            expire(settings, index, leaving(index, days=settings.keep_days, gigabytes=settings.keep_gigabytes))
        if sum(end_offsets(settings, [ROWS_TOPIC]).values()) < BOOKS_UP_TO:
            documents.append(_books(settings, index))
    index.bulk([_write(alias, moment, document) for document in documents])


def _write(alias: str, moment: datetime, document: dict[str, Any]) -> Write:
    number = millis(moment)
    name = f"{number}:{document['kind']}:{document['name']}"
    return Write(alias, name, number, msgspec.json.encode({"@timestamp": moment, **document}))


def _steps(settings: Settings) -> Iterator[dict[str, Any]]:
    lags = lag(settings, {step.group: step.sources for step in STEPS})
    for step in STEPS:
        yield {"kind": "lag", "name": step.name, "step": step.name, "lag": lags[step.group]}


def _feeds(settings: Settings) -> Iterator[dict[str, Any]]:
    states = read_newest(settings, FEED_STATE)
    for feed_id, value in read_newest(settings, FEEDS).items():
        try:
            feed = Feed.decode(value)
            state = FeedState.decode(states[feed_id]) if feed_id in states else FeedState(feed_id=feed_id)
        except Undecodable:
            continue
        silent = (now() - state.changed_at).total_seconds() if state.changed_at else None
        yield {
            "kind": "feed", "name": feed.id, "feed": feed.name or feed.url, "failures": state.failures,
            "items_sent": state.items_sent, "last_error": state.last_error,
            "silent_seconds": None if silent is None else round(silent),
        }  # fmt: skip


def _letters(settings: Settings) -> Iterator[dict[str, Any]]:
    ends = end_offsets(settings, [DEADLETTERS])
    yield {"kind": "deadletters", "name": "deadletters", "count": sum(ends.values())}


def _writes(tally: Tally) -> dict[str, Any]:
    return {
        "kind": "writes", "name": "index", "written": tally.written, "retried": tally.retried,
        "rejected": tally.rejected,
    }  # fmt: skip


def _books(settings: Settings, index: Index) -> dict[str, Any]:
    found = books(settings, index)
    names = ("fetched", "indexed", "dead_lettered", "in_flight", "difference")
    return {"kind": "books", "name": "books", **{name: getattr(found, name) for name in names}}
