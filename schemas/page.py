"""An item whose page is wanted: first asked for (`Wanted`), then with its page or why there is none (`Page`).

Topics `news.wanted` and `news.pages`, key: the page's host, so that one worker keeps the spacing of a host, and one
table sees all pages of it.
"""

from datetime import datetime
from typing import Literal

from schemas.codec import Record
from schemas.item import Item

FullText = Literal["feed", "page", "auto"]
# What a page record is: of a live item, of an item of a backfill, or the feed's own text of a live item that has
# waited long enough (its page follows).
Lane = Literal["live", "quiet", "late"]
Failure = Literal["robots", "guard", "http", "network", "not-html", "late"]


class Wanted(Record, frozen=True, kw_only=True):
    """An item as its feed gave it, whose page is to be fetched. `quiet` items are a backfill."""

    item: Item
    quiet: bool = False


class Page(Record, frozen=True, kw_only=True):
    """What came of it: the page as text (`html`), or why there is none (`failure`, and `reason` in a sentence).

    `wanted_offset` is that of the record in `news.wanted`, of the same partition; the records of one host and lane
    come in its order. `final_url` is the address after redirects.
    """

    item: Item
    lane: Lane
    host: str
    wanted_offset: int
    fetched_at: datetime
    html: str | None = None
    final_url: str | None = None
    failure: Failure | None = None
    reason: str | None = None
