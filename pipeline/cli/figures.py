"""`kabar figures`: who is tracked."""

import sys

import click

from pipeline.cli.context import connected, json_option, print_lines, print_table
from pipeline.figures import local_id, tracked_now
from pipeline.knowledge import find_figure
from schemas.alert import Figure, FigureKind
from schemas.broker import Producer
from schemas.topics import FIGURES

KINDS: dict[str, FigureKind] = {"PER": "person", "ORG": "organisation", "LOC": "place"}


@click.group("figures")
def command() -> None:
    """Who is tracked. A new mention of a tracked figure makes an alert.

    \b
    Example:
      kabar figures add "Choe Son Hui" --alias 최선희
    """


@command.command("add")
@click.argument("name")
@click.option("--alias", "aliases", multiple=True, help="A further spelling, in any script; may be repeated.")
@click.option("--kind", type=click.Choice(["person", "organisation", "place"]), help="What it is.")
@click.option("--id", "figure_id", help="An id of your own.")
@json_option
def add(name: str, aliases: tuple[str, ...], kind: FigureKind | None, figure_id: str | None, *, as_json: bool) -> None:
    """Track NAME, from now on, in every script that the knowledge base has it in.

    \b
    Example:
      kabar figures add "Vladimir Putin"
    """
    if not any(letter.isalpha() for letter in name):
        raise click.UsageError("a figure's name needs letters")
    figure = make_figure(name, aliases, kind, figure_id)
    settings = connected()
    with Producer(settings) as producer:
        producer.send(FIGURES, figure.id, figure.encode())
        producer.flush()
    if as_json:
        print_lines([figure])
    else:
        known = f"{len(figure.aliases)} further spellings" if figure.aliases else "no further spellings known"
        click.echo(f"Tracking {figure.name} as {figure.id}: {known}.")


def make_figure(
    name: str, aliases: tuple[str, ...] = (), kind: FigureKind | None = None, figure_id: str | None = None
) -> Figure:
    """The figure of that name: id, kind and spellings from the knowledge base where it knows the name."""
    entity = find_figure(name)
    if entity is None:
        return Figure(id=figure_id or local_id(name), name=name, kind=kind or "person", aliases=aliases)
    spellings = dict.fromkeys((*aliases, *entity.aliases))
    return Figure(
        id=figure_id or entity.id,
        name=entity.name,
        kind=kind or KINDS[entity.type],
        aliases=tuple(spelling for spelling in spellings if spelling != entity.name),
    )


@command.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Stop tracking NAME (a name or an id).

    \b
    Example:
      kabar figures remove "Vladimir Putin"
    """
    settings = connected()
    figures = tracked_now(settings)
    found = [f for f in figures.values() if name in {f.id, f.name}]
    if not found:
        click.echo(f"{name} is not tracked.", err=True)
        sys.exit(1)
    with Producer(settings) as producer:
        for figure in found:
            producer.send(FIGURES, figure.id, None)
        producer.flush()
    click.echo(f"No longer tracking {found[0].name}.")


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Everyone tracked.

    \b
    Example:
      kabar figures list --json
    """
    figures = sorted(tracked_now(connected()).values(), key=lambda figure: figure.name)
    if as_json:
        print_lines(figures)
    elif not figures:
        click.echo('Nobody is tracked. Try: kabar figures add "Vladimir Putin"')
    else:
        print_table(("name", "kind", "id", "spellings"), [(f.name, f.kind, f.id, len(f.aliases) + 1) for f in figures])
