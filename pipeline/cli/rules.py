"""`kabar rules`: who is told of what, and how."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click
import msgspec

from pipeline.cli.alerts import show_alert
from pipeline.cli.context import connected, counted, json_option, plain, print_json, print_lines, print_table
from pipeline.cli.screen import echo, echo_progress
from pipeline.cli.spans import SPAN
from pipeline.figures import find_tracked, slim, tracked_now
from pipeline.rules.asked import Asked, RuleMistake, make_rule
from pipeline.rules.book import BUILT_IN
from pipeline.rules.describe import describe
from pipeline.rules.registry import remove_rules, rules_now, save_rules, save_snooze, snoozes_now
from pipeline.rules.simulate import Simulation, past_documents, simulate
from pipeline.sinks.config import load_sinks
from schemas.alert import Figure
from schemas.codec import now
from schemas.rule import DEFAULT_RULE, FIGURE_RULE, Rule, Snooze
from schemas.settings import Settings


def _conditions(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--figure", "figures", multiple=True, help="About this tracked figure; may be repeated."),
        click.option("--group", "groups", multiple=True, help="About the figures of this group."),
        click.option("--any-figure", is_flag=True, help="About everyone tracked."),
        click.option("--search", default="", help="Only items that this search finds (syntax of the search box)."),
        click.option("--language", "languages", multiple=True, help="Only items in this language."),
        click.option("--source", "sources", multiple=True, help="Only this outlet, by id or name."),
        click.option("--place", "places", multiple=True, help="Only items that name this place."),
        click.option("--in", "parts", multiple=True, type=click.Choice(["title", "lead", "body"]),
                     help="Only where the figure is named there."),
        click.option("--with", "together", multiple=True, help="Only where this one is named too; all of several."),
        click.option("--when", type=click.Choice(["story", "item", "revision", "event", "enters", "leaves", "spike"]),
                     default="story", show_default=True, help="Told once a story, item (every outlet), revision or"
                     " event; when a name enters or leaves an edited headline; on a spike."),
        click.option("--silence", default="", help="When a figure was not named for so long, such as 48h."),
        click.option("--spike-factor", default=3.0, show_default=True, help="So many times its usual hour of 14 days."),
        click.option("--spike-least", default=5, show_default=True, help="Mentions that a spike has at least."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def _telling(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--to", multiple=True, help="A sink, by name; without it, the default ones."),
        click.option("--count-after", default="", help="Tell at once, and after so long how many outlets followed."),
        click.option("--digest", default="", help="Collect: 6h, or 08:00, or 'mon-fri 08:00,17:00'."),
        click.option("--cap", default="", help="At most so many, such as 10/1h; the rest as one digest."),
        click.option("--quiet-hours", "quiet", default="", help="Nothing between these, such as 22:00-07:00."),
        click.option("--zone", default="UTC", show_default=True, help="Time zone of these times."),
        click.option("--reader", type=click.Choice(["en", "id"]), default="en", show_default=True, help="Language."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.group("rules")
def command() -> None:
    """Who is told of what, and how.

    Each tracked figure has a rule of its own: told once a story, at once, to the default sinks. A rule of the id
    `default` changes how all of these tell.

    \b
    Example:
      kabar rules add "Putin in Asia" --figure "Vladimir Putin" --place Pyongyang --to editors
    """


@command.command("add")
@click.argument("name")
@click.option("--id", "number", default="", help="An id of your own; the same id replaces a rule.")
@_conditions
@_telling
@click.option("--dry-run", is_flag=True, help="Do not save it; say what it would have sent.")
@click.option("--since", type=SPAN, default="7d", show_default=True, help="With --dry-run: how far back.")
@json_option
def add(name: str, number: str, since: timedelta, *, dry_run: bool, as_json: bool, **words: Any) -> None:  # noqa: ANN401
    """Make a rule, live within seconds.

    \b
    Examples:
      kabar rules add "Kim abroad" --figure "Kim Jong Un" --search "visit OR summit" --in title
      kabar rules add Morning --any-figure --digest "mon-fri 08:00" --zone Asia/Jakarta --reader id
    """
    settings = connected()
    figures = tracked_now(settings)
    try:
        rule = make_rule(Asked(name=name, id=number, **words), figures, load_sinks(settings, secrets=False))
    except RuleMistake as error:
        raise click.UsageError(str(error)) from error
    rule = msgspec.structs.replace(rule, created_at=now())
    if dry_run:
        _show_simulation(settings, rule, figures, since, as_json=as_json)
        return
    save_rules(settings, [rule])
    if as_json:
        print_lines([rule])
    else:
        echo(f"Rule {rule.id} is set: {describe(rule)}.")


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Every rule, the default one first.

    \b
    Example:
      kabar rules list --json
    """
    settings = connected()
    rules = rules_now(settings)
    listed = [rules.pop(DEFAULT_RULE, BUILT_IN), *sorted(rules.values(), key=lambda rule: rule.id)]
    if as_json:
        print_lines(listed)
        return
    print_table(("id", "name", "what", "to"), [(r.id, r.name, describe(r), ", ".join(r.tell.to)) for r in listed])
    for snooze in snoozes_now(settings).values():
        if snooze.until > now():
            echo(f"snoozed: {snooze.key} until {plain(snooze.until)}")


@command.command("remove")
@click.argument("rules", nargs=-1, required=True)
def remove(rules: tuple[str, ...]) -> None:
    """Take rules away, by id or name.

    \b
    Example:
      kabar rules remove kim-abroad
    """
    settings = connected()
    found = [_one(settings, name).id for name in rules]
    remove_rules(settings, found)
    echo(f"Removed: {', '.join(found)}.")


@command.command("test")
@click.argument("rule")
@click.option("--since", type=SPAN, default="7d", show_default=True, help="How far back.")
@json_option
def test(rule: str, since: timedelta, *, as_json: bool) -> None:
    """What a rule would have sent for the news of the last days (those that Kafka keeps, seven).

    RULE is an id or a name, or a tracked figure for its own rule.

    \b
    Example:
      kabar rules test "Putin in Asia" --since 7d
    """
    settings = connected()
    figures = tracked_now(settings)
    _show_simulation(settings, _one(settings, rule, figures), figures, since, as_json=as_json)


@command.command("snooze")
@click.option("--figure", help="A tracked figure.")
@click.option("--story", help="A story's id, as alerts show it.")
@click.option("--rule", help="A rule, by id or name.")
@click.option("--for", "span", type=SPAN, help="How long, such as 8h.")
@click.option("--end", is_flag=True, help="End the snooze.")
def snooze(figure: str | None, story: str | None, rule: str | None, span: timedelta | None, *, end: bool) -> None:
    """Tell nothing of a figure, a story or a rule for a while; `kabar alerts --withheld` shows what was not told.

    \b
    Example:
      kabar rules snooze --figure "Kim Jong Un" --for 8h
    """
    if [figure, story, rule].count(None) != 2:  # noqa: PLR2004 - one of three
        raise click.UsageError("name one of --figure, --story and --rule")
    if (span is None) != end:
        raise click.UsageError("say how long with --for, or --end")
    settings = connected()
    if figure is not None:
        key = f"figure:{_figure(settings, figure).id}"
    else:
        key = f"rule:{_one(settings, rule).id}" if rule is not None else f"story:{story}"
    until = now() + (span or timedelta())
    save_snooze(settings, Snooze(key=key, until=until), over=end)
    echo(f"{key} is no longer snoozed." if end else f"{key} is snoozed until {plain(until)}.")


def _figure(settings: Settings, name: str) -> Figure:
    figure = find_tracked(tracked_now(settings), name)
    if figure is None:
        raise click.UsageError(f"{name} is not tracked")
    return figure


def _one(settings: Settings, name: str, figures: dict[str, Figure] | None = None) -> Rule:
    rules = rules_now(settings)
    if name in rules:
        return rules[name]
    found = [rule for rule in rules.values() if rule.name.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    figure = find_tracked(figures or {}, name.removeprefix(FIGURE_RULE))
    if figure is not None:
        default = rules.get(DEFAULT_RULE, BUILT_IN)
        return msgspec.structs.replace(default, id=f"{FIGURE_RULE}{figure.id}")
    echo(f"There is no rule {name}; `kabar rules list` shows them.", err=True)
    sys.exit(1)


def _show_simulation(
    settings: Settings, rule: Rule, figures: dict[str, Figure], since: timedelta, *, as_json: bool
) -> None:
    tracked = {number: slim(figure) for number, figure in figures.items()}

    def progress(count: int) -> None:
        echo_progress(f"{count:,} documents read")

    quiet = as_json or not sys.stderr.isatty()
    documents = past_documents(settings, now() - since, (lambda _count: None) if quiet else progress)
    found = simulate(rule, tracked, documents, now())
    if as_json:
        print_json(found)
    else:
        _show(found)
    sys.exit(0 if found.alerts else 1)


def _show(found: Simulation) -> None:
    matches = counted(found.matches, "match", "matches")
    echo(f"{matches} in {counted(found.documents, 'document')}; would have sent {len(found.alerts):,}:")
    for alert in found.alerts:
        show_alert(alert)
    if found.waiting:
        echo("Some wait still, for a digest or the end of quiet hours.")
