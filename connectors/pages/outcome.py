"""What a reply to the request for a page means for its item. Pure."""

from dataclasses import dataclass

from connectors.charset import decode
from connectors.fetch import Failed, Fetched, NotModified
from connectors.guard import REFUSED
from schemas.page import Failure

ROBOTS = "robots.txt does not allow it"
_HTML = ("html", "xml")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page, or why there is none.

    `again` in so many seconds at the earliest, where that may pass; so said who was `asked`.
    """

    html: str | None = None
    final_url: str | None = None
    failure: Failure | None = None
    reason: str | None = None
    again: float | None = None
    asked: str | None = None


SHUT = Outcome(failure="http", reason="the site asked to be left alone for long (Retry-After)")


def outcome_of(found: Fetched | NotModified | Failed) -> Outcome:
    """What a reply means for an item."""
    if isinstance(found, Failed):
        if found.reason == ROBOTS:
            return Outcome(failure="robots", reason=found.reason)
        if REFUSED in found.reason:
            return Outcome(failure="guard", reason=found.reason)
        passing = found.status is None or found.status == 429 or found.status >= 500  # noqa: PLR2004 - HTTP's classes
        again = (found.retry_after or 0.0) if passing else None
        failure: Failure = "network" if found.status is None else "http"
        return Outcome(failure=failure, reason=found.reason, again=again, asked=found.asked)
    if isinstance(found, NotModified):
        return Outcome(failure="http", reason="the server says 304 to an unconditional request")
    kind = (found.content_type or "").partition(";")[0].lower()
    if kind and not any(name in kind for name in _HTML) and not kind.startswith("text/"):
        return Outcome(final_url=found.final_url, failure="not-html", reason=f"the page is {kind[:60]}")
    text, _ = decode(found.body, found.content_type)
    return Outcome(html=text, final_url=found.final_url)
