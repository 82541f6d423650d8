"""`kabar figures`: who is tracked."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from pipeline.cli.context import connected, counted, json_option, print_json, print_lines, print_table
from pipeline.cli.screen import echo, echo_progress
from pipeline.cli.spans import SPAN
from pipeline.elastic import Index
from pipeline.entities import Recogniser
from pipeline.figures import find_tracked, forget_figures, save_figures, tracked_now
from pipeline.figures.dryrun import DryRun, dry_run
from pipeline.figures.known import Edit, edited, make_figure
from pipeline.figures.workbench import Judged, check, judge, tracking
from pipeline.importers import FORMATS, ImportProblem, Read, read_figures
from pipeline.knowledge import load
from schemas.alert import Figure, FigureKind
from schemas.codec import now
from schemas.settings import Settings

__all__ = ["command", "make_figure"]
SHOWN_SECONDS = 0.5
LISTED = 2_000


@click.group("figures")
def command() -> None:
    """Who is tracked. A new mention of a tracked figure makes an alert.

    \b
    Example:
      kabar figures add "Choe Son Hui" --alias 최선희
    """


def _changes(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--alias", "aliases", multiple=True, help="A further spelling, in any script; may be repeated."),
        click.option("--group", "groups", multiple=True, help="A group that it is in, for rules."),
        click.option("--ambiguous", multiple=True, help="A name that others have too: asks for context."),
        click.option("--context", multiple=True, help="A word, title, country or name beside which those count."),
        click.option("--must-match", multiple=True, help="A sentence that must alert; `kabar figures test` checks it."),
        click.option("--must-not-match", multiple=True, help="A sentence that must not."),
        click.option("--alert/--no-alert", default=None, help="Whether it has a rule of its own."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(["person", "organisation", "place"]), help="What it is.")
@click.option("--id", "figure_id", help="An id of your own.")
@_changes
@click.option("--dry-run", is_flag=True, help="Do not track it; say how often it would have matched.")
@click.option("--since", type=SPAN, default="30d", show_default=True, help="With --dry-run: how far back.")
@json_option
def add(
    name: str,
    aliases: tuple[str, ...],
    kind: FigureKind | None,
    figure_id: str | None,
    since: timedelta,
    *,
    dry_run: bool,
    as_json: bool,
    **words: Any,  # noqa: ANN401 - the options of `_changes`
) -> None:
    """Track NAME, from now on, in every script that the knowledge base has it in.

    \b
    Example:
      kabar figures add "Kim Yo Jong" --alias 김여정 --group pyongyang --context 조선
    """
    if not any(letter.isalpha() for letter in name):
        raise click.UsageError("a figure's name needs letters")
    figure = edited(make_figure(name, aliases, kind, figure_id), Edit(**words))
    settings = connected()
    if dry_run:
        _show_dry_run(settings, [figure], since, as_json=as_json)
        return
    save_figures(settings, [figure])
    if as_json:
        print_lines([figure])
    else:
        known = counted(len(figure.aliases), "further spelling") if figure.aliases else "no further spellings known"
        echo(f"Tracking {figure.name} as {figure.id}: {known}.")
        _say_ambiguous(figure)


@command.command("edit")
@click.argument("name")
@click.option("--name", "new_name", help="What it is called from now on; the old name stays as an alias.")
@_changes
@click.option("--without", multiple=True, help="Take this out: an alias, a group, a word of context, a sentence.")
@json_option
def edit(name: str, new_name: str | None, *, as_json: bool, **words: Any) -> None:  # noqa: ANN401 - the options
    """Change a figure (a name, an alias or an id), live within seconds.

    \b
    Example:
      kabar figures edit "Choe Son Hui" --alias "Цой Сон Хи" --without "Choe"
    """
    settings = connected()
    figure = edited(_one(settings, name), Edit(name=new_name, **words))
    save_figures(settings, [figure])
    if as_json:
        print_lines([figure])
    else:
        echo(f"{figure.name} has {counted(len(figure.aliases) + 1, 'spelling')}.")
        _say_ambiguous(figure)


@command.command("remove")
@click.argument("names", nargs=-1)
@click.option("--group", help="Everyone of this group.")
def remove(names: tuple[str, ...], group: str | None) -> None:
    """Stop tracking NAMES (names, aliases or ids), or a whole group. Where one is not tracked, nobody is removed.

    \b
    Example:
      kabar figures remove "Vladimir Putin"
    """
    if bool(names) == bool(group):
        raise click.UsageError("say who: names, or a --group")
    settings = connected()
    figures = tracked_now(settings)
    found = [f for f in figures.values() if group in f.groups] if group else _named(figures, names)
    if not found:
        echo(f"{group} is not tracked.", err=True)
        sys.exit(1)
    forget_figures(settings, [figure.id for figure in found])
    echo(f"No longer tracking {found[0].name if len(found) == 1 else f'{len(found):,} figures'}.")


@command.command("list")
@click.option("--group", help="Only this group.")
@json_option
def list_(group: str | None, *, as_json: bool) -> None:
    """Everyone tracked.

    \b
    Example:
      kabar figures list --json
    """
    figures = sorted(tracked_now(connected()).values(), key=lambda figure: figure.name)
    if group:
        figures = [figure for figure in figures if group in figure.groups]
    if as_json:
        print_lines(figures)
    elif not figures:
        echo('Nobody is tracked. Try: kabar figures add "Vladimir Putin"')
    else:
        columns = ("name", "kind", "id", "spellings", "groups")
        rows = [(f.name, f.kind, f.id, len(f.aliases) + 1, ", ".join(f.groups)) for f in figures[:LISTED]]
        print_table(columns, rows)
        if len(figures) > LISTED:
            echo(f"and {len(figures) - LISTED:,} more; --json shows them all")


@command.command("groups")
@json_option
def groups(*, as_json: bool) -> None:
    """The groups and how many figures are in each.

    \b
    Example:
      kabar figures groups
    """
    counts: dict[str, int] = {}
    for figure in tracked_now(connected()).values():
        for group in figure.groups:
            counts[group] = counts.get(group, 0) + 1
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    if as_json:
        print_json([{"group": group, "figures": count} for group, count in ordered])
    elif ordered:
        print_table(("group", "figures"), ordered)
    else:
        echo("There are no groups.")


@command.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(list(FORMATS)), help="What it is, where the file does not say.")
@click.option("--group", "groups", multiple=True, help="A group for all of them.")
@click.option(
    "--kind", "only", type=click.Choice(["person", "organisation", "place"]), multiple=True, help="Only these."
)
@click.option("--no-alert", is_flag=True, help="No rule of its own for each; rules name the group.")
@click.option("--dry-run", is_flag=True, help="Read it all and say what is in it; track nobody.")
@json_option
def import_(
    path: Path, kind: str | None, groups: tuple[str, ...], only: tuple[str, ...], *, no_alert: bool, dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Track everyone of a file, plain or gzipped.

    CSV, YAML, JSON Lines of figures, OpenSanctions (FollowTheMoney entities or targets.simple.csv), JRC-Names,
    Wikidata entities (JSON lines), EveryPolitician (Popolo JSON). It is read as it is sent, so it may be of any size.

    \b
    Examples:
      kabar figures import targets.simple.csv --group sanctions
      kabar figures import wikidata.jsonl.gz --kind person --no-alert --group politicians
    """
    counts = Read()

    def each() -> Iterator[Figure]:
        shown = time.monotonic()
        for figure in read_figures(path, kind, counts):
            if only and figure.kind not in only:
                continue
            yield msgspec.structs.replace(
                figure, groups=tuple(dict.fromkeys((*figure.groups, *groups))), alert=figure.alert and not no_alert
            )
            if sys.stderr.isatty() and time.monotonic() - shown > SHOWN_SECONDS:
                shown = time.monotonic()
                echo_progress(f"{counts.read:,} read, {counts.percent:.0f} %")

    try:
        sent = sum(1 for _ in each()) if dry_run else save_figures(connected(), each())
    except ImportProblem as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json({"read": counts.read, "tracked": sent, "names": counts.names, "skipped": counts.skipped,
                    "reasons": counts.reasons, "dry_run": dry_run})  # fmt: skip
    else:
        what = "would be tracked" if dry_run else "is tracked" if sent == 1 else "are tracked"
        skipped = counted(counts.skipped, "record")
        echo(f"{counted(sent, 'figure')} with {counted(counts.names, 'name')} {what}; {skipped} skipped.")
        for reason, count in counts.reasons.items():
            echo(f"  {count:,} {reason}", err=True)
    sys.exit(0 if sent else 1)


@command.command("test")
@click.argument("names", nargs=-1)
@click.option("--text", "texts", multiple=True, help="A sentence to try on them, beside those they carry.")
@click.option("--group", help="Everyone of this group.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="Figures from a file that `import` takes, before they are tracked.",
)
@click.option("--dry-run", is_flag=True, help="How often each alias would have matched in what is indexed.")
@click.option("--since", type=SPAN, default="30d", show_default=True, help="With --dry-run: how far back.")
@json_option
def test(
    names: tuple[str, ...], texts: tuple[str, ...], group: str | None, path: Path | None, since: timedelta, *,
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Check the sentences that figures carry; which alias, script and context decided. Exit code 1 if one is wrong.

    \b
    Examples:
      kabar figures test
      kabar figures test "Kim Yo Jong" --text "Kim said nothing on Tuesday."
      kabar figures test --dry-run --since 30d
    """
    chosen = _chosen(names, group, path)
    if dry_run:
        _show_dry_run(connected(), chosen, since, as_json=as_json)
        return
    recogniser = tracking(Recogniser(load().entities), chosen)
    judged = [one for figure in chosen for one in check(recogniser, figure)]
    judged += [judge(recogniser, figure, text) for text in texts for figure in chosen]
    if as_json:
        print_lines({**msgspec.structs.asdict(one), "right": one.is_right} for one in judged)
    else:
        _show_judged(judged)
    sys.exit(0 if all(one.is_right for one in judged) else 1)


def _chosen(names: tuple[str, ...], group: str | None, path: Path | None) -> list[Figure]:
    try:
        figures = {f.id: f for f in read_figures(path, None, Read())} if path else tracked_now(connected())
    except ImportProblem as error:
        raise click.UsageError(str(error)) from error
    chosen = _named(figures, names) if names else figures.values()
    found = [figure for figure in chosen if not group or group in figure.groups]
    if not found:
        echo("Nobody is tracked.", err=True)
        sys.exit(1)
    return found


def _named(figures: Mapping[str, Figure], names: Iterable[str]) -> list[Figure]:
    """The figures of these names, aliases or ids; the command ends where one is not tracked."""
    found = {name: find_tracked(figures, name) for name in names}
    missing = [name for name, figure in found.items() if figure is None]
    if missing:
        echo(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not tracked.", err=True)
        sys.exit(1)
    return list({figure.id: figure for figure in found.values() if figure is not None}.values())


def _show_judged(judged: list[Judged]) -> None:
    for one in judged:
        asked = {True: "must match", False: "must not match", None: "tried"}[one.expected]
        verdict = "alerts" if one.alerts else "does not alert"
        mark, colour = ("ok  ", "green") if one.is_right else ("FAIL", "red")
        echo(mark, colour=colour, nl=False)
        echo(f" {one.figure}: {verdict} ({asked}, {one.language})  {one.sentence}")
        for seen in one.seen:
            what = "" if seen.alerts else "  not told: "
            echo(f"       «{seen.surface}» {seen.script}, alias {seen.alias}, {seen.confidence:.2f}; {what}{seen.why}")
    wrong = sum(not one.is_right for one in judged)
    if judged:
        echo(f"{counted(len(judged), 'sentence')}, {wrong} wrong.")
    else:
        echo('No sentences. Give some: kabar figures edit NAME --must-match "…", or --text "…".')


def _show_dry_run(settings: Settings, figures: list[Figure], since: timedelta, *, as_json: bool) -> None:
    recogniser = tracking(Recogniser(load().entities), figures)

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            echo_progress(f"{done:,} of {total:,} items")

    with Index(settings) as index:
        found = dry_run(index, recogniser, figures, now() - since, progress)
    if as_json:
        print_json(found)
    else:
        _show_uses(found)
    sys.exit(0 if found.alerts else 1)


def _show_uses(found: DryRun) -> None:
    echo(f"In {counted(found.items, 'item')} these would have made {counted(found.alerts, 'alert')}.")
    columns = ("figure", "alias", "items", "stories", "without context", "for instance")
    rows = [
        (use.figure, use.alias, use.items, use.stories, use.without_context, next(iter(use.examples), "")[:60])
        for use in found.uses
        if use.items or use.without_context
    ]
    silent = sum(not (use.items or use.without_context) for use in found.uses)
    print_table(columns, rows)
    echo(f"{counted(silent, 'spelling was', 'spellings were')} not found.")


def _say_ambiguous(figure: Figure) -> None:
    if figure.ambiguous:
        beside = ", ".join(figure.context) if figure.context else "another of its names"
        echo(f"Many people's: {', '.join(figure.ambiguous)}. It counts only beside {beside}; --context adds words.")


def _one(settings: Settings, name: str) -> Figure:
    return _named(tracked_now(settings), [name])[0]
