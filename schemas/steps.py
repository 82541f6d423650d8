"""The steps in the order in which an item meets them, and the topics that each reads."""

import msgspec

from schemas.topics import ALERTS, BACKFILL, DOCUMENTS, ENRICHED, ITEMS, MATCHES, PAGES, TIMERS, WANTED


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: a consumer group, a process and a data directory of its own."""

    name: str
    sources: tuple[str, ...]

    @property
    def group(self) -> str:
        """The consumer group, which is also the id of the Faust app."""
        return f"kabar-{self.name}"


STEPS = (
    Step(name="extract", sources=(PAGES,)),
    Step(name="enrich", sources=(ITEMS, BACKFILL)),
    Step(name="stories", sources=(ENRICHED,)),
    Step(name="index", sources=(DOCUMENTS, ALERTS)),
    Step(name="alert", sources=(DOCUMENTS,)),
    Step(name="notify", sources=(MATCHES, TIMERS)),
)
# What follows the last of them: a process of its own, in which each sink is a consumer group.
SINKS = "sinks"
SINK_SOURCES = (ALERTS,)
BY_NAME = {step.name: step for step in STEPS}
# No step of Faust's, but a consumer group all the same: the connector that fetches the pages of items. The pollers of
# feeds are members too (see `connectors.feeds.members`).
PAGE_FETCHER = Step(name="pages", sources=(WANTED,))
# What a new item must pass; a backfill waits for the slowest of them.
LIVE = tuple(BY_NAME[name] for name in ("extract", "enrich", "stories", "index", "alert"))
