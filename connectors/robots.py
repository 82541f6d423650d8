"""robots.txt (RFC 9309), for pages: what a site's owner allows a program named Kabar to fetch.

A site without one (4xx) allows everything. One that cannot say (5xx, no connection) allows nothing for a while, or for
as long as it asks (`Retry-After`). What was said is kept for a day, for the hosts asked most recently. Feeds themselves
are published for programs and are not asked for here.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import aiohttp
from protego import Protego
from yarl import URL

from connectors.charset import decode
from connectors.fetch import Asking, Fetched, Outcome, fetch

AGENT = "Kabar"
HOSTS_LIMIT = 5_000
BODY_LIMIT = 2_000_000
PARSED_LIMIT = 500 * 1024  # what RFC 9309 asks to be read at least
DEADLINE_SECONDS = 15.0
KEPT_SECONDS = 24 * 3600.0
AGAIN_SECONDS = 600.0
# A rule of many wildcards takes long to match: no site means such a one.
WILDCARDS = 8
RULE_LIMIT = 1_000
DELAY_LIMIT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one host says. `parsed` None means that all is allowed, or (with `silent`) that nothing is."""

    until: float
    parsed: Protego | None = None
    silent: bool = False

    def allow(self, url: str) -> bool:
        """Whether this page may be fetched."""
        if self.parsed is None:
            return not self.silent
        return bool(self.parsed.can_fetch(url, AGENT))

    def delay(self) -> float:
        """The seconds between two fetches that the site asks for; at most a minute."""
        asked = self.parsed.crawl_delay(AGENT) if self.parsed else None
        return min(max(float(asked or 0.0), 0.0), DELAY_LIMIT)


@dataclass(slots=True)
class Robots:
    """What hosts allow, asked once a day each. For one event loop. `asking` says in whose turn.

    Example:
        robots = Robots(session)
        if (await robots.rules(url)).allow(url): ...
    """

    session: aiohttp.ClientSession
    asking: Asking = field(default_factory=Asking)
    _known: OrderedDict[str, Rules] = field(default_factory=OrderedDict)
    _asking: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def rules(self, url: str) -> Rules:
        """The rules of the host of this http(s) page. Never raises for what the host does."""
        origin = str(URL(url).origin())
        while (lock := self._asking.get(origin)) is not None:
            async with lock:
                pass
        known = self._known.get(origin)
        if known and known.until > time.monotonic():
            self._known.move_to_end(origin)
            return known
        lock = self._asking[origin] = asyncio.Lock()
        try:
            async with lock:
                place = f"{origin}/robots.txt"
                outcome = await fetch(
                    self.session, place, deadline=DEADLINE_SECONDS, limit=BODY_LIMIT, asking=self.asking
                )
                found = self._known[origin] = rules_of(outcome, time.monotonic())
        finally:
            del self._asking[origin]
        self._known.move_to_end(origin)
        while len(self._known) > HOSTS_LIMIT:
            self._known.popitem(last=False)
        return found


def rules_of(outcome: Outcome, at: float) -> Rules:
    """What a reply to the request for robots.txt means, from the moment `at` of a monotonic clock."""
    if isinstance(outcome, Fetched):
        text, _ = decode(outcome.body[:PARSED_LIMIT], outcome.content_type)
        lines = (line for line in text.splitlines() if line.count("*") <= WILDCARDS and len(line) <= RULE_LIMIT)
        return Rules(until=at + KEPT_SECONDS, parsed=Protego.parse("\n".join(lines)))
    status = getattr(outcome, "status", None)
    if status is not None and 400 <= status < 500 and status != 429:  # noqa: PLR2004 - HTTP's classes
        return Rules(until=at + KEPT_SECONDS)
    asked = getattr(outcome, "retry_after", None) or 0.0
    return Rules(until=at + max(AGAIN_SECONDS, asked), silent=True)
