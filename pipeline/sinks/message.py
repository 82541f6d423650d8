"""An alert as a reader is told it, before any markup: who, where, why, which story, when, and the links."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipeline.reasons import told as reason
from pipeline.sinks.words import say
from schemas.alert import FEED_FIELD, Alert, Match
from schemas.rule import FIGURE_RULE, Reader

SUBJECT_LIMIT = 180


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One match: its title and link, the excerpt in three parts (before, the mention, after), and lines of facts."""

    title: str
    url: str | None
    before: str
    mention: str
    after: str
    language: str
    facts: tuple[tuple[str, str], ...]

    @property
    def excerpt(self) -> tuple[tuple[str, bool], ...]:
        """The parts of the excerpt that have text, and whether each is the mention; there may be none."""
        parts = ((self.before, False), (self.mention, True), (self.after, False))
        return tuple((text, marked) for text, marked in parts if text)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says. `heading` fits a subject line; `shown` is one, or several in a digest."""

    heading: str
    shown: tuple[Shown, ...]
    footer: str
    read: str
    reader: Reader


def told(alert: Alert, indexed_at: datetime | None = None) -> Told:
    """The alert for its reader; `indexed_at` of its item where it is known."""
    reader = alert.match.tell.language
    matches = alert.entries or (alert.match,)
    more = (say(reader, "more", more=alert.more),) if alert.more else ()
    footer = " · ".join((*more, say(reader, "by"), alert.id))
    return Told(
        heading=_one_line(heading(alert))[:SUBJECT_LIMIT],
        shown=tuple(_shown(alert, match, reader, indexed_at) for match in matches),
        footer=footer,
        read=say(reader, "read"),
        reader=reader,
    )


def heading(alert: Alert) -> str:
    """What happened, in a line."""
    match, reader = alert.match, alert.match.tell.language
    who = match.figure_name or match.rule_name
    if match.field == FEED_FIELD:
        return match.title  # it says what is wrong with which feed
    match alert.kind:
        case "digest":
            many = len(alert.entries) + alert.more
            return say(reader, "digest" if many > 1 else "digest-one", rule=match.rule_name or who, outlets=many)
        case "count":
            key = "count" if alert.outlets > 1 else "count-one"
            return f"{say(reader, key, who=who, outlets=alert.outlets)} — {match.title}"
        case "spike":
            count, _, usual = alert.reason.partition("|")
            return say(reader, "spike", who=who, count=count, usual=usual)
        case "silence":
            return say(reader, "silence", who=who, hours=alert.reason)
        case kind:
            key = "rule" if kind == "new" and not match.figure_id else kind
            return f"{say(reader, key, who=who)} — {match.title or match.source}"


def _shown(alert: Alert, match: Match, reader: Reader, indexed_at: datetime | None) -> Shown:
    begin, end = match.excerpt_start, match.excerpt_end
    return Shown(
        title=_one_line(match.title) or say(reader, "untitled"),
        url=match.url if match.url and match.url.startswith(("http://", "https://")) else None,
        before=_spaces(match.excerpt[:begin]),
        mention=_spaces(match.excerpt[begin:end]),
        after=_spaces(match.excerpt[end:]),
        language=match.language,
        facts=tuple(_facts(alert, match, reader, indexed_at)) if match.item_id else (),
    )


def _facts(alert: Alert, match: Match, reader: Reader, indexed_at: datetime | None) -> list[tuple[str, str]]:
    why = reason(match.why, reader)
    alerted = (say(reader, "alerted"), clock(alert.alerted_at, match.tell.zone))
    if match.field == FEED_FIELD:
        return [(say(reader, "source"), match.source), (say(reader, "why"), why), alerted]
    named = f"{match.figure_name}, {say(reader, match.field)}" if match.figure_id else say(reader, match.field)
    facts = [(say(reader, "source"), match.source), (say(reader, "where"), named), (say(reader, "why"), why)]
    if match.context:
        facts.append((say(reader, "context"), reason(match.context, reader)))
    own = match.rule_id.startswith(FIGURE_RULE) and not match.rule_name
    facts.append((say(reader, "rule-label"), say(reader, "default-rule") if own else match.rule_name or match.rule_id))
    outlets = alert.outlets + 1 if alert.kind == "count" else 1
    many = say(reader, "outlet") if outlets == 1 else say(reader, "outlets", outlets=outlets)
    facts.append((say(reader, "story"), f"{match.story_id}, {many}"))
    published = clock(match.published_at, match.tell.zone) or say(reader, "unknown")
    if match.late and match.published_at:
        days = (match.first_seen_at - match.published_at).days
        published += f" ({say(reader, 'late', days=days)})"
    facts += [
        (say(reader, "published"), published),
        (say(reader, "first_seen"), clock(match.first_seen_at, match.tell.zone)),
        (say(reader, "indexed"), clock(indexed_at, match.tell.zone) or say(reader, "not-yet")),
        alerted,
    ]
    return facts


def clock(moment: datetime | None, zone: str) -> str:
    """A moment in a time zone, to the second; empty for None."""
    if moment is None:
        return ""
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local = moment.astimezone(UTC)
    return f"{local:%Y-%m-%d %H:%M:%S %Z}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _spaces(text: str) -> str:
    """Runs of white space as one space, at the ends too, so that the three parts join as they were."""
    inner = " ".join(text.split())
    return f"{' ' if text[:1].isspace() and inner else ''}{inner}{' ' if text[-1:].isspace() else ''}"
