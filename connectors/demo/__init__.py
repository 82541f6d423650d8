"""Recorded news, served over real HTTP on loopback, so that a new user sees the pipeline work at once.

`start_demo_server` serves it, `demo_feeds` are the feeds to follow, `expected` is what a right run gives.
"""

from connectors.demo.expectation import DEMO_FIGURES, Expected, expected
from connectors.demo.feeds import FEEDS
from connectors.demo.server import DemoServer, start_demo_server
from schemas.feed import Feed

__all__ = ["DEMO_FIGURES", "DemoServer", "Expected", "demo_feeds", "expected", "start_demo_server"]

POLL_SECONDS = 3.0


def demo_feeds(base_url: str) -> list[Feed]:
    """The demo's feeds at a server's `url`. Their items alert at once: all of it is fresh to the user."""
    return [
        Feed(
            id=feed.id,
            url=base_url.rstrip("/") + feed.public_path,
            name=feed.name,
            country=feed.country,
            language=feed.language,
            categories=("demo",),
            interval_seconds=POLL_SECONDS,
            alert_existing=True,
        )
        for feed in FEEDS
    ]
