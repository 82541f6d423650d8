"""`kabar search`."""

import sys
from typing import Any

import click

from pipeline.cli.context import connected, json_option, plain, print_json
from pipeline.elastic import Index
from pipeline.search import Found, Query, search


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--language", help="Only this language (BCP 47), such as id.")
@click.option("--source", help="Only this source.")
@click.option("--person", help="Only items that name this person.")
@click.option("--organisation", help="Only items that name this organisation.")
@click.option("--place", help="Only items that name this place.")
@click.option("--figure", help="Only items that name the entity of this id.")
@click.option("--since", help="Only items published since: a date, or now-7d.")
@click.option("--size", default=10, show_default=True, type=click.IntRange(0, 1000), help="How many hits.")
@click.option("--all", "everything", is_flag=True, help="Every item, not one for each story.")
@json_option
def command(words: tuple[str, ...], size: int, *, everything: bool, as_json: bool, **filters: Any) -> None:  # noqa: ANN401
    """Search what was indexed: all words must occur, in any field, in the forms that the language has.

    \b
    Example:
      kabar search "kunjungan Putin" --language id
    """
    query = Query(words=" ".join(words), size=size, collapse=not everything, **filters)
    with Index(connected()) as index:
        found = search(index, query)
    if as_json:
        print_json(found)
    else:
        _show(found)
    sys.exit(0 if found.total else 1)


def _show(found: Found) -> None:
    click.echo(f"{found.total} items in {found.took_ms} ms")
    for hit in found.hits:
        outlets = f"  +{hit.outlets} more in this story" if hit.outlets else ""
        click.secho(f"\n{hit.title}", bold=True)
        click.echo(f"  {hit.language}  {hit.source_name or hit.source}  {plain(hit.first_seen_at)}{outlets}")
        for piece in hit.highlights[:2]:
            click.echo(f"  … {' '.join(piece.split())} …")
        click.echo(f"  {', '.join((hit.people + hit.organisations + hit.places)[:10])}")
        click.echo(f"  {hit.url or hit.id}")
    click.echo("")
    for name, counts in found.facets.items():
        if counts:
            click.echo(f"{name:>13}  " + ", ".join(f"{c.value} {c.count}" for c in counts[:8]))
