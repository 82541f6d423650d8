"""Real feeds, beside feedparser: what this project reads itself, it reads as well."""

import calendar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from connectors.parse import Entry, Unreadable, parse
from connectors.text import canonical_url, one_line, plain

SAMPLES = Path(__file__).parents[3] / "shared" / "eval" / "feeds" / "samples"
URL = "https://feed.example/path/feed"


def _samples() -> list[Path]:
    return sorted(SAMPLES.glob("*.xml")) if SAMPLES.is_dir() else []


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/eval/feeds/samples is not here")
def test_real_feeds_are_read_as_feedparser_reads_them() -> None:
    """On every real sample: as many entries, and the same title, link and date wherever feedparser has one."""
    compared = 0
    for sample in _samples():
        body = sample.read_bytes()
        theirs = feedparser.parse(body)
        ours = parse(body, url=URL)
        if isinstance(ours, Unreadable):
            assert not theirs.entries, (sample.name, ours.reason)
            continue
        assert len(ours.entries) == len(theirs.entries), sample.name
        for entry, their in zip(ours.entries, theirs.entries, strict=True):
            _same(sample.name, entry, their)
            compared += 1
    assert compared > 200


def _same(name: str, entry: Entry, their: Any) -> None:  # noqa: ANN401 - feedparser has no types
    assert entry.title == one_line(plain(their.get("title"))), name
    link = canonical_url(their.get("feedburner_origlink") or their.get("link"))
    # A search engine's address that counts clicks is left for the page in it.
    unwrapped = "link-unwrapped" in entry.repairs and f"url={entry.url}&" in (link or "")
    assert unwrapped or link in {entry.url, None}, name
    if their.get("published_parsed"):
        assert entry.published_at is not None, name
        moment = datetime.fromtimestamp(calendar.timegm(their.published_parsed), UTC)
        assert entry.published_at.replace(microsecond=0) == moment, name
