"""What the API and the pages do besides searching: figures, alerts, feeds, the pipeline's pace, dead letters."""

from datetime import datetime, timedelta
from typing import Any, Final, get_args

import msgspec

from pipeline.books import dead_letters
from pipeline.elastic import Index
from pipeline.figures import forget_figures, save_figures
from pipeline.figures.known import Edit, edited, make_figure
from schemas.alert import Figure, FigureKind
from schemas.broker import Producer, lag, read_newest
from schemas.codec import Undecodable, now
from schemas.feed import Feed, FeedState
from schemas.said import Mistake
from schemas.settings import Settings
from schemas.steps import STEPS
from schemas.topics import DEADLETTERS, FEED_STATE, FEEDS, ITEMS

NAME_LIMIT: Final = 200
SENTENCE_LIMIT: Final = 2_000
LISTED_LIMIT: Final = 1_000
KINDS: Final[tuple[FigureKind, ...]] = get_args(FigureKind)
SILENT: Final = timedelta(days=2)


class BadFigure(Mistake):
    """A figure that cannot be tracked; the sentence says why."""


class NewFigure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure as someone asks for it, fields as in `Figure`; what the knowledge base knows of the name is added."""

    name: str
    kind: FigureKind | None = None
    id: str | None = None
    aliases: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    alert: bool | None = None


class AlertShown(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as the index has it."""

    id: str
    figure_id: str
    figure_name: str
    item_id: str
    story_id: str
    title: str
    excerpt: str
    excerpt_start: int
    excerpt_end: int
    surface: str
    field: str
    why: str
    rule_id: str
    source: str
    language: str
    url: str | None = None
    published_at: datetime | None = None
    first_seen_at: datetime
    alerted_at: datetime
    alert_lag_ms: int


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A feed and how it does: `ok`, `new` (not polled yet), `silent` (nothing new for two days), or `failing`."""

    id: str
    name: str
    url: str
    country: str | None
    language: str | None
    state: str
    polls: int
    items_sent: int
    failures: int
    last_error: str | None
    polled_at: datetime | None
    changed_at: datetime | None


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast the pipeline is: items indexed lately, delays in ms by percentile, what waits before each step."""

    items: int
    last_minute: int
    last_ten_minutes: int
    last_hour: int
    ingest_ms: dict[str, float | None]
    alert_ms: dict[str, float | None]
    lag: dict[str, int]


def track(settings: Settings, wanted: NewFigure) -> Figure:
    """Track a figure from now on, in every script that the knowledge base has it in.

    Raises:
        BadFigure: it has no name that could be found in a text.
        BrokerError: Kafka does not answer.
    """
    figure = figure_of(wanted)
    save(settings, figure)
    return figure


def save(settings: Settings, figure: Figure) -> None:
    """Track a figure as it is, or put it in the place of the one of its id."""
    save_figures(settings, [figure])


def figure_of(wanted: NewFigure) -> Figure:
    """The figure that would be tracked.

    Raises:
        BadFigure: it has no name that could be found in a text.
    """
    wanted = _checked(wanted)
    made = make_figure(wanted.name, wanted.aliases, wanted.kind, wanted.id)
    return edited(made, Edit(
        alert=wanted.alert, groups=wanted.groups, context=wanted.context, ambiguous=wanted.ambiguous,
        must_match=wanted.must_match, must_not_match=wanted.must_not_match,
    ))  # fmt: skip


def wanted_of(figure: Figure) -> NewFigure:
    """A figure as someone would ask for it."""
    return NewFigure(**{name: getattr(figure, name) for name in NewFigure.__struct_fields__})


def edited_figure(figure: Figure, wanted: NewFigure) -> Figure:
    """A figure that is tracked, with what a form says of it in the place of what it had.

    As with `kabar figures edit`, a former name stays as an alias, and a new alias that is many people's asks for
    context.

    Raises:
        BadFigure: it would have no name that could be found in a text.
    """
    wanted = _checked(wanted)
    changed = edited(figure, Edit(name=wanted.name, aliases=wanted.aliases, alert=wanted.alert))
    known = {figure.name, *figure.aliases}
    former = () if wanted.name == figure.name else (figure.name,)
    ambiguous = (*wanted.ambiguous, *(name for name in changed.ambiguous if name not in known))
    return msgspec.structs.replace(
        changed,
        kind=wanted.kind or figure.kind,
        aliases=tuple(name for name in dict.fromkeys((*former, *wanted.aliases)) if name != wanted.name),
        groups=wanted.groups,
        context=wanted.context,
        ambiguous=tuple(dict.fromkeys(ambiguous)),
        must_match=wanted.must_match,
        must_not_match=wanted.must_not_match,
    )


def _checked(wanted: NewFigure) -> NewFigure:
    """What was asked for, its spaces put right.

    Raises:
        BadFigure: a name that no text could have, or more than a figure can carry.
    """
    made: dict[str, tuple[str, ...]] = {}
    for field in ("aliases", "groups", "context", "ambiguous", "must_match", "must_not_match"):
        values = dict.fromkeys(" ".join(value.split()) for value in getattr(wanted, field) if value.strip())
        if len(values) > LISTED_LIMIT:
            raise BadFigure(
                "A figure may have {:,} values of each kind, not {:,} {}.", LISTED_LIMIT, len(values), field
            )
        made[field] = tuple(values)
    name = " ".join(wanted.name.split())
    for text in (name, *made["aliases"]):
        if not any(letter.isalpha() for letter in text) or len(text) > NAME_LIMIT:
            raise BadFigure(
                "A name needs letters, and at most {} characters: {!r} cannot be one.", NAME_LIMIT, text[:50]
            )
    for text in (*made["groups"], *made["context"], *made["must_match"], *made["must_not_match"]):
        if len(text) > SENTENCE_LIMIT:
            raise BadFigure("A sentence has at most {:,} characters: {!r}… has more.", SENTENCE_LIMIT, text[:50])
    return msgspec.structs.replace(wanted, name=name, **made)


def untrack(settings: Settings, figure_id: str) -> None:
    """Track a figure no longer."""
    forget_figures(settings, [figure_id])


def alerts(index: Index, size: int, figure: str | None = None) -> list[AlertShown]:
    """The newest alerts, of one figure or of all."""
    query: dict[str, Any] = {"term": {"figure_id": figure}} if figure else {"match_all": {}}
    body = {"query": query, "size": size, "sort": [{"alerted_at": "desc"}, {"id": "asc"}]}
    hits = index.search(body, index=f"{index.prefix}-alerts")["hits"]["hits"]
    return [msgspec.convert(hit["_source"], AlertShown) for hit in hits]


def alerted_at(index: Index, item_id: str) -> datetime | None:
    """When the first alert on an item was told, or None where there was none."""
    first = {"alerted_at": {"min": {"field": "alerted_at"}}}
    body = {"query": {"term": {"item_id": item_id}}, "size": 0, "aggs": first}
    found = index.search(body, index=f"{index.prefix}-alerts").get("aggregations", {}).get("alerted_at", {})
    return datetime.fromisoformat(found["value_as_string"]) if found.get("value") is not None else None


def feeds(settings: Settings) -> list[FeedHealth]:
    """All feeds that are followed, those with trouble first."""
    states = read_newest(settings, FEED_STATE)
    found = []
    for feed_id, value in read_newest(settings, FEEDS).items():
        try:
            feed = Feed.decode(value)
            state = FeedState.decode(states[feed_id]) if feed_id in states else FeedState(feed_id=feed_id)
        except Undecodable:
            continue
        found.append(_health(feed, state))
    order = ("failing", "silent", "new", "ok")
    return sorted(found, key=lambda health: (order.index(health.state), health.name.casefold()))


def _health(feed: Feed, state: FeedState) -> FeedHealth:
    condition = "ok"
    if state.failures:
        condition = "failing"
    elif not state.polls:
        condition = "new"
    elif state.changed_at and now() - state.changed_at > SILENT:
        condition = "silent"
    return FeedHealth(
        id=feed.id, name=feed.name or feed.url, url=feed.url, country=feed.country, language=feed.language,
        state=condition, polls=state.polls, items_sent=state.items_sent, failures=state.failures,
        last_error=state.last_error, polled_at=state.polled_at, changed_at=state.changed_at,
    )  # fmt: skip


def pace(settings: Settings, index: Index) -> Pace:
    """How fast the pipeline is now."""
    since = {"last_minute": "now-1m", "last_ten_minutes": "now-10m", "last_hour": "now-1h"}
    recent = {name: {"filter": {"range": {"indexed_at": {"gte": moment}}}} for name, moment in since.items()}
    lately = {"filter": {"range": {"indexed_at": {"gte": "now-1d"}}}}
    body = {
        "size": 0,
        "track_total_hits": True,
        "aggs": {**recent, "lately": {**lately, "aggs": {"ms": _percentiles("ingest_lag_ms")}}},
    }
    answer = index.search(body)
    found = answer.get("aggregations", {})
    told = index.search({"size": 0, "aggs": {"ms": _percentiles("alert_lag_ms")}}, index=f"{index.prefix}-alerts")
    lags = lag(settings, {step.group: step.sources for step in STEPS})
    return Pace(
        items=answer["hits"]["total"]["value"],
        **{name: found.get(name, {}).get("doc_count", 0) for name in since},
        ingest_ms=found.get("lately", {}).get("ms", {}).get("values", {}),
        alert_ms=told.get("aggregations", {}).get("ms", {}).get("values", {}),
        lag={step.name: lags[step.group] for step in STEPS},
    )


def _percentiles(field: str) -> dict[str, Any]:
    return {"percentiles": {"field": field, "percents": [50, 95, 99]}}


def retry(settings: Settings, letter_id: str) -> bool:
    """Send a dead letter back to the topic that it came from; whether there was such a one, whole and not tried yet."""
    for letter in dead_letters(settings):
        if letter.id == letter_id and letter.retried_at is None:
            payload = letter.payload()
            if payload is None or letter.key is None:
                return False
            topic = letter.origin.split("/", maxsplit=1)[0]
            with Producer(settings) as producer:
                producer.send(topic if topic.startswith("news.") else ITEMS, letter.key, payload)
                producer.send(DEADLETTERS, letter.id, msgspec.structs.replace(letter, retried_at=now()).encode())
                producer.flush()
            return True
    return False
