"""`kabar alerts`: what was told."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from queue import SimpleQueue

import click
import msgspec

from pipeline.cli.context import connected, counted, json_option, plain, print_json, print_lines
from pipeline.cli.screen import bare, echo
from pipeline.elastic import Index
from pipeline.figures import find_tracked, tracked_or_none
from pipeline.sinks.ledger import deliveries_now
from pipeline.sinks.message import heading
from schemas.alert import FEED_FIELD, Alert, Delivery, Match, Withheld
from schemas.broker import Follower, read_all
from schemas.codec import Undecodable
from schemas.errors import IndexRefused, IndexUnavailable
from schemas.settings import Settings
from schemas.topics import ALERTS, WITHHELD

NEWEST = 500


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with what became of it: the index's time for its item, and each sink."""

    alert: Alert
    indexed_at: datetime | None
    story_outlets: int | None
    deliveries: tuple[Delivery, ...]


@click.command("alerts")
@click.option("--figure", help="Only this figure (name, alias or id).")
@click.option("--rule", help="Only this rule (name or id).")
@click.option("--follow", is_flag=True, help="Go on with those that come.")
@click.option("--why", "number", help="All that is known of one alert, by its id or the beginning of it.")
@click.option("--withheld", is_flag=True, help="What was decided and not sent: backfills and snoozes.")
@json_option
def command(
    figure: str | None, rule: str | None, number: str | None, *, follow: bool, withheld: bool, as_json: bool
) -> None:
    """Alerts sent so far, oldest first: what, to whom, and why.

    \b
    Examples:
      kabar alerts --figure "Kim Jong Un" --json
      kabar alerts --why 3f2a9c
    """
    settings = connected()
    if number:
        _why(settings, number, as_json=as_json)
        return
    if figure and (tracked := find_tracked(tracked_or_none(settings), figure)) is not None:
        figure = tracked.id
    if withheld:
        _withheld(settings, figure, rule, as_json=as_json)
        return
    shown: set[str] = set()
    deliveries = {} if as_json else _by_alert(deliveries_now(settings).values())

    def show(alert: Alert) -> None:
        if alert.id in shown or not any(is_wanted(match, figure, rule) for match in alert.entries or (alert.match,)):
            return
        shown.add(alert.id)
        print_lines([alert]) if as_json else show_alert(alert, deliveries.get(alert.id, ()))

    for alert in alerts_so_far(settings):
        show(alert)
    if follow:
        _follow(settings, show)
    if not shown:
        echo("No alerts yet. `kabar figures list` shows who is tracked.", err=True)
        sys.exit(1)


def is_wanted(match: Match, figure: str | None, rule: str | None) -> bool:
    """Whether a match is of the figure and the rule asked for."""
    return (not figure or figure.casefold() in {match.figure_id.casefold(), match.figure_name.casefold()}) and (
        not rule or rule.casefold() in {match.rule_id.casefold(), match.rule_name.casefold()}
    )


def alerts_so_far(settings: Settings) -> list[Alert]:
    """Every alert, each once, oldest first; not those that were taken down."""
    alerts: dict[str, Alert] = {}
    for message in read_all(settings, ALERTS):
        if message.value is None:
            alerts.pop(message.key or "", None)
        elif message.key not in alerts:
            alert = Alert.decode(message.value)
            alerts[alert.id] = alert
    return sorted(alerts.values(), key=lambda alert: (alert.alerted_at, alert.id))


def _by_alert(deliveries: Iterable[Delivery]) -> dict[str, tuple[Delivery, ...]]:
    found: dict[str, tuple[Delivery, ...]] = {}
    for delivery in deliveries:
        found[delivery.alert_id] = (*found.get(delivery.alert_id, ()), delivery)
    return found


def _follow(settings: Settings, show: Callable[[Alert], None]) -> None:
    # Shown by this thread: what fails here, such as a reader that went away, must end the command.
    come: SimpleQueue[bytes | None] = SimpleQueue()
    with Follower(settings, ALERTS, lambda _key, value: come.put(value)):
        while True:
            value = come.get()
            if value is None:
                continue
            try:
                alert = Alert.decode(value)
            except Undecodable:
                continue
            show(alert)
            sys.stdout.flush()


def show_alert(alert: Alert, deliveries: Iterable[Delivery] = ()) -> None:
    """Print an alert for people."""
    echo(f"{plain(alert.alerted_at)}  {bare(heading(alert))}", bold=True)
    for match in alert.entries or (alert.match,):
        _show_match(match)
    if alert.more:
        echo(f"  and {alert.more} more")
    sinks = ", ".join(f"{d.sink} {d.state}{f' ({d.reason})' if d.reason else ''}" for d in deliveries)
    echo(f"  id: {alert.id}" + (f"; to: {sinks}" if sinks else ""))


def _show_match(match: Match) -> None:
    if not match.item_id:
        return
    begin, end = match.excerpt_start, match.excerpt_end
    surface = f"«{match.excerpt[begin:end]}»" if end > begin else ""
    excerpt = f"{match.excerpt[:begin]}{surface}{match.excerpt[end:]}"
    late = "  [late]" if match.late else ""
    echo(f"  {bare(match.title or match.item_id)}  ({match.source}, {match.language}){late}")
    echo(f"  … {bare(excerpt)} …")
    context = f", {match.context}" if match.context else ""
    echo(f"  why: {match.why}{context}; rule {match.rule_name or match.rule_id}; story {match.story_id}")
    if match.url:
        echo(f"  {match.url}")


def _why(settings: Settings, number: str, *, as_json: bool) -> None:
    found = [alert for alert in alerts_so_far(settings) if alert.id.startswith(number)]
    if len(found) != 1:
        several = f"{len(found)} alerts begin with {number}" if found else f"There is no alert {number}"
        echo(f"{several}; `kabar alerts` shows them.", err=True)
        sys.exit(1)
    explained = explain(settings, found[0])
    if as_json:
        print_json(explained)
        return
    show_alert(explained.alert)
    match = explained.alert.match
    outlets = f", {explained.story_outlets} outlets" if explained.story_outlets is not None else ""
    rows = [
        ("figure", f"{match.figure_name} ({match.figure_id})" if match.figure_id else "none"),
        ("rule", f"{match.rule_name or 'the figure itself'} ({match.rule_id}), {match.when}, {match.tell.how}"),
        ("named", f"“{match.surface}” in the {match.field}: {match.why}"),
        ("context", match.context or "not needed"),
        ("story", f"{match.story_id}{outlets}"),
        ("published", f"{plain(match.published_at) or 'not said'}{' (late)' if match.late else ''}"),
        ("first seen", plain(match.first_seen_at)),
        ("indexed", plain(explained.indexed_at) or "not known"),
        ("alerted", plain(explained.alert.alerted_at)),
    ]
    for name, value in rows:
        echo(f"  {name:<11}{value}")
    for delivery in explained.deliveries:
        tried = f" after {delivery.attempts} attempts" if delivery.attempts > 1 else ""
        reason = f": {delivery.reason}" if delivery.reason else ""
        echo(f"  {'sink':<11}{delivery.sink} {delivery.state} {plain(delivery.at)}{tried}{reason}")
    if match.field != FEED_FIELD:
        echo(f"  {'item':<11}kabar why {match.item_id}")


def explain(settings: Settings, alert: Alert) -> Explained:
    """An alert with all that is known of it; what the index would say is left out where it does not answer."""
    indexed_at, outlets = None, None
    try:
        with Index(settings) as index:
            indexed_at, outlets = _from_index(index, alert.match)
    except (IndexUnavailable, IndexRefused):
        pass
    mine = tuple(d for d in deliveries_now(settings).values() if d.alert_id == alert.id)
    return Explained(alert=alert, indexed_at=indexed_at, story_outlets=outlets, deliveries=mine)


def _from_index(index: Index, match: Match) -> tuple[datetime | None, int | None]:
    of_story = {
        "query": {"term": {"story_id": match.story_id}},
        "size": 0,
        "aggs": {"outlets": {"cardinality": {"field": "source"}}},
    }
    found = index.search(of_story)
    item = index.search({"query": {"ids": {"values": [match.item_id]}}, "source_includes": ["indexed_at"]})
    hits = item["hits"]["hits"]
    at = datetime.fromisoformat(hits[0]["_source"]["indexed_at"]) if hits else None
    return at, int(found["aggregations"]["outlets"]["value"])


def _withheld(settings: Settings, figure: str | None, rule: str | None, *, as_json: bool) -> None:
    found: dict[str, Withheld] = {}
    for message in read_all(settings, WITHHELD):
        if message.value is None:
            continue
        try:
            withheld = Withheld.decode(message.value)
        except Undecodable:
            continue
        if is_wanted(withheld.match, figure, rule):
            found.setdefault(withheld.id, withheld)
    listed = sorted(found.values(), key=lambda withheld: withheld.at)
    if as_json:
        print_lines(listed)
    else:
        for withheld in listed[-NEWEST:]:
            match = withheld.match
            echo(f"{plain(withheld.at)}  {bare(match.figure_name or match.rule_name)}  [{withheld.reason}]", bold=True)
            _show_match(match)
        echo(f"{counted(len(listed), 'alert was', 'alerts were')} decided and not sent.")
    sys.exit(0 if listed else 1)
