"""One record of each kind, for tests that need any."""

from datetime import UTC, datetime

from pipeline.language import language_group
from schemas.alert import Alert, Delivery, Figure, Match, Withheld
from schemas.codec import Record
from schemas.deadletter import DeadLetter
from schemas.document import Document, Enriched, Mention, Placement
from schemas.feed import Feed, FeedName, FeedSeen, FeedState
from schemas.forgotten import Forgotten
from schemas.item import Item, content_hash
from schemas.page import Page, Wanted
from schemas.rule import Conditions, Rule, Snooze, Tell, Tick
from schemas.subscription import Subscription

MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ITEM = Item(
    id="5e0ce5dfc3f170644dd73f889bcf0e03",
    source="demo",
    fetched_at=MOMENT,
    title="Putin akan mengunjungi Pyongyang",
    body="Presiden Rusia Vladimir Putin menyatakan kesediaannya.",
    url="https://news.example/putin-pyongyang",
    published_at=MOMENT,
    language_hint="id",
)
MENTION = Mention(
    text="Vladimir Putin", type="PER", start=15, end=29, field="body",
    entity_id="Q7747", name="Vladimir Putin", confidence=0.99, why="alias Vladimir Putin",
)  # fmt: skip
ENRICHED = Enriched(
    item=ITEM, revision=1, first_seen_at=MOMENT, content_hash="c0ffee", language="id", language_confidence=0.98,
    language_group="id-ms", enriched_at=MOMENT, mentions=(MENTION,),
)  # fmt: skip
DOCUMENT = Document(enriched=ENRICHED, placement=Placement(story_id="s-5e0ce5dfc3f17064"), placed_at=MOMENT)
MATCH = Match(
    rule_id="figure:Q7747", figure_id="Q7747", figure_name="Vladimir Putin", item_id=ITEM.id, revision=1,
    story_id="s-5e0ce5dfc3f17064", quiet=False, field="body", surface="Vladimir Putin", excerpt=ITEM.body,
    excerpt_start=15, excerpt_end=29, why="alias Vladimir Putin", title=ITEM.title, url=ITEM.url, source="demo",
    language="id", published_at=MOMENT, first_seen_at=MOMENT, matched_at=MOMENT,
)  # fmt: skip

RECORD_SAMPLES: dict[str, Record] = {
    "item": ITEM,
    "subscription": Subscription(
        feed_id="f1", hub="https://hub.example/", topic="https://news.example/rss", status="active", due_at=MOMENT,
        until=MOMENT,
    ),
    "wanted": Wanted(item=ITEM),
    "page": Page(
        item=ITEM, lane="live", host="news.example", wanted_offset=7, fetched_at=MOMENT, html="<p>Presiden</p>",
        final_url="https://news.example/putin-pyongyang",
    ),
    "enriched": ENRICHED,
    "document": DOCUMENT,
    "figure": Figure(id="Q7747", name="Vladimir Putin", aliases=("Путин",)),
    "match": MATCH,
    "alert": Alert(id="ab12", alerted_at=MOMENT, match=MATCH),
    "withheld": Withheld(id="ab12", at=MOMENT, reason="backfill", match=MATCH),
    "delivery": Delivery(alert_id="ab12", sink="desk", state="retrying", at=MOMENT, reason="503", next_at=MOMENT),
    "rule": Rule(
        id="kim", name="Kim", conditions=Conditions(figures=("Q1",), search="visit OR summit", parts=("title",)),
        tell=Tell(to=("desk",), how="digest", digest="08:00", zone="Asia/Jakarta", language="id"), created_at=MOMENT,
    ),
    "snooze": Snooze(key="figure:Q7747", until=MOMENT),
    "tick": Tick(rule_id="kim", row="h/kim", due_ms=1),
    "feed": Feed(id="f1", url="https://news.example/rss", name="News", interval_seconds=600.0),
    "feed-state": FeedState(feed_id="f1", polls=2, polled_at=MOMENT),
    "feed-name": FeedName(
        feed_id="f1", url="https://feeds.example/news", itself="news.example/rss", shown="00" * 8, elsewhere=True,
        failing=False, until=MOMENT,
    ),
    "feed-seen": FeedSeen(feed_id="f1", entries=b"\x00" * 24),
    "forgotten": Forgotten(kind="item", value="ab12", at=MOMENT, by="me", reason="asked", tombstones=1),
    "dead-letter": DeadLetter(
        id="enrich:news.items/0/7", step="enrich", reason="not JSON", origin="news.items/0/7", key="k", length=1,
        sha256="00", sample="eA==", at=MOMENT,
    ),
}  # fmt: skip


def passed_on(item: Item, language: str, mentions: tuple[Mention, ...] = ()) -> Enriched:
    """An item as `enrich` passes it on, first seen when it was fetched."""
    return Enriched(
        item=item,
        revision=1,
        first_seen_at=item.fetched_at,
        content_hash=content_hash(item),
        language=language,
        language_confidence=1.0,
        language_group=language_group(language),
        enriched_at=item.fetched_at,
        mentions=mentions,
    )
