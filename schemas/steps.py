"""The steps in the order in which an item meets them, and the topics that each reads."""

import msgspec

from schemas.topics import ALERTS, BACKFILL, DOCUMENTS, ENRICHED, ITEMS, MATCHES, TIMERS


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: a consumer group, a process and a data directory of its own."""

    name: str
    sources: tuple[str, ...]

    @property
    def group(self) -> str:
        """The consumer group, which is also the id of the Faust app."""
        return f"kabar-{self.name}"


STEPS = (
    Step(name="enrich", sources=(ITEMS, BACKFILL)),
    Step(name="stories", sources=(ENRICHED,)),
    Step(name="index", sources=(DOCUMENTS,)),
    Step(name="alert", sources=(DOCUMENTS,)),
    Step(name="notify", sources=(MATCHES, TIMERS)),
)
# What follows the last of them: a process of its own, in which each sink is a consumer group.
SINKS = "sinks"
SINK_SOURCES = (ALERTS,)
BY_NAME = {step.name: step for step in STEPS}
# What a new item must pass; a backfill waits for the slowest of them.
LIVE = tuple(BY_NAME[name] for name in ("enrich", "stories", "index", "alert"))
