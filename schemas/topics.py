"""The topics: their names, keys, and how long they keep what.

All keyed topics have the same number of partitions, so that a key meets the same table partition whichever topic it
came by. `news.items` is the archive from which everything else can be rebuilt.
"""

import msgspec

ITEMS = "news.items"
BACKFILL = "news.backfill"
ENRICHED = "news.enriched"
DOCUMENTS = "news.documents"
MATCHES = "news.matches"
ALERTS = "news.alerts"
WITHHELD = "news.withheld"
DELIVERIES = "news.deliveries"
FIGURES = "news.figures"
RULES = "news.rules"
SNOOZES = "news.snoozes"
TIMERS = "news.timers"
WANTED = "news.wanted"
SUBSCRIPTIONS = "news.subscriptions"
PAGES = "news.pages"
FEEDS = "news.feeds"
FEED_STATE = "news.feed-state"
FEED_NAMES = "news.feed-names"
DEADLETTERS = "news.deadletters"
FORGOTTEN = "news.forgotten"

DAY_MS = 24 * 3600 * 1000
WEEK_MS = 7 * DAY_MS
MESSAGE_BYTES = 11 * 1024 * 1024


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic. `keyed_by` is for people; `partitions` None means the number set by the user."""

    name: str
    keyed_by: str
    compacted: bool = False
    retention_ms: int | None = None
    partitions: int | None = None

    def config(self) -> dict[str, str]:
        """The broker's configuration of this topic."""
        config = {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "max.message.bytes": str(MESSAGE_BYTES),
            "compression.type": "producer",
        }
        if not self.compacted:
            config["retention.ms"] = str(self.retention_ms or WEEK_MS)
        return config


TOPICS = (
    Topic(name=ITEMS, keyed_by="item id", compacted=True),
    Topic(name=BACKFILL, keyed_by="item id", compacted=True),
    Topic(name=SUBSCRIPTIONS, keyed_by="feed id", compacted=True, partitions=1),
    Topic(name=WANTED, keyed_by="host of the page"),
    Topic(name=PAGES, keyed_by="host of the page"),
    Topic(name=ENRICHED, keyed_by="language group"),
    Topic(name=DOCUMENTS, keyed_by="story id"),
    Topic(name=MATCHES, keyed_by="rule id"),
    Topic(name=ALERTS, keyed_by="alert id", compacted=True),
    Topic(name=TIMERS, keyed_by="rule id"),
    Topic(name=WITHHELD, keyed_by="alert id"),
    Topic(name=DELIVERIES, keyed_by="alert id and sink", compacted=True),
    Topic(name=FIGURES, keyed_by="figure id", compacted=True, partitions=1),
    Topic(name=RULES, keyed_by="rule id", compacted=True, partitions=1),
    Topic(name=SNOOZES, keyed_by="what is snoozed", compacted=True, partitions=1),
    Topic(name=FEEDS, keyed_by="feed id, partitioned by host", compacted=True),
    Topic(name=FEED_STATE, keyed_by="feed id, partitioned by host", compacted=True),
    Topic(name=FEED_NAMES, keyed_by="feed id", compacted=True, partitions=1),
    Topic(name=FORGOTTEN, keyed_by="what was taken down", compacted=True, partitions=1),
    Topic(name=DEADLETTERS, keyed_by="step and origin", compacted=True),
    # The agents' tables. Faust would create these itself, but goes on before the broker knows them everywhere.
    Topic(name="kabar-extract-extract-table-changelog", keyed_by="host of the page", compacted=True),
    Topic(name="kabar-enrich-enrich-table-changelog", keyed_by="item id", compacted=True),
    Topic(name="kabar-stories-stories-table-changelog", keyed_by="item id", compacted=True),
    Topic(name="kabar-notify-notify-table-changelog", keyed_by="alert id", compacted=True),
)
