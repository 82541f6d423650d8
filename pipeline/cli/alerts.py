"""`kabar alerts`: what was told."""

import sys
import time
from collections.abc import Callable

import click

from pipeline.cli.context import connected, json_option, plain, print_lines
from schemas.alert import Alert
from schemas.broker import Follower, read_all
from schemas.settings import Settings
from schemas.topics import ALERTS


@click.command("alerts")
@click.option("--figure", help="Only this figure (name or id).")
@click.option("--follow", is_flag=True, help="Go on with those that come.")
@json_option
def command(figure: str | None, *, follow: bool, as_json: bool) -> None:
    """Alerts sent so far: one for each figure and story.

    \b
    Example:
      kabar alerts --figure "Kim Jong Un" --json
    """
    settings = connected()
    shown: set[str] = set()

    def show(alert: Alert) -> None:
        if alert.id in shown or (figure and figure not in {alert.match.figure_id, alert.match.figure_name}):
            return
        shown.add(alert.id)
        print_lines([alert]) if as_json else _show(alert)

    for alert in alerts_so_far(settings):
        show(alert)
    if follow:
        _follow(settings, show)
    if not shown:
        click.echo("No alerts yet. `kabar figures list` shows who is tracked.", err=True)
        sys.exit(1)


def alerts_so_far(settings: Settings) -> list[Alert]:
    """Every alert, each once, oldest first."""
    alerts: dict[str, Alert] = {}
    for message in read_all(settings, ALERTS):
        if message.value is not None and message.key not in alerts:
            alert = Alert.decode(message.value)
            alerts[alert.id] = alert
    return sorted(alerts.values(), key=lambda alert: (alert.alerted_at, alert.id))


def _follow(settings: Settings, show: Callable[[Alert], None]) -> None:
    def changed(_key: str, value: bytes | None) -> None:
        if value is not None:
            show(Alert.decode(value))

    with Follower(settings, ALERTS, changed):
        while True:
            time.sleep(1)


def _show(alert: Alert) -> None:
    match = alert.match
    begin, end = match.excerpt_start, match.excerpt_end
    excerpt = f"{match.excerpt[:begin]}«{match.excerpt[begin:end]}»{match.excerpt[end:]}"
    click.secho(f"{plain(alert.alerted_at)}  {match.figure_name}", bold=True)
    click.echo(f"  {match.title or match.item_id}  ({match.source}, {match.language})")
    click.echo(f"  … {' '.join(excerpt.split())} …")
    click.echo(f"  why: {match.why}; story {match.story_id}")
    if match.url:
        click.echo(f"  {match.url}")
