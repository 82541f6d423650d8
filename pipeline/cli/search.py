"""`kabar search`."""

import sys
from collections.abc import Iterator

import click

from pipeline.cli.context import connected, counted, json_option, plain, print_json
from pipeline.cli.screen import bare, echo
from pipeline.elastic import Index
from pipeline.figures import tracked_or_none
from pipeline.query import QueryError
from pipeline.query.fields import FIELDS
from pipeline.search import Found, Names, Query, Sort, search
from pipeline.search.export import csv_lines, every, json_lines

OPTIONS = {
    "language": "lang", "source": "source", "person": "person", "organisation": "org", "place": "place",
    "figure": "figure", "since": "after",
}  # fmt: skip
FORMATS = {"jsonl": json_lines, "csv": csv_lines}


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--language", multiple=True, help="Only this language (BCP 47), such as id.")
@click.option("--source", multiple=True, help="Only this source.")
@click.option("--person", multiple=True, help="Only items that name this person.")
@click.option("--organisation", multiple=True, help="Only items that name this organisation.")
@click.option("--place", multiple=True, help="Only items that name this place.")
@click.option("--figure", multiple=True, help="Only items that name this figure, by name, alias or id.")
@click.option("--since", multiple=True, help="Only items published since: a date, or 7d.")
@click.option("--sort", default="relevance", type=click.Choice(["relevance", "newest", "oldest"]), show_default=True)
@click.option("--size", default=10, show_default=True, type=click.IntRange(0, 1000), help="How many hits.")
@click.option("--all", "everything", is_flag=True, help="Every item, not one for each story.")
@click.option("--export", "form", type=click.Choice(sorted(FORMATS)), help="Every hit, to standard output.")
@click.option("--fields", is_flag=True, help="Show what can stand before a colon, and end.")
@json_option
def command(
    words: tuple[str, ...],
    sort: Sort,
    size: int,
    *,
    everything: bool,
    form: str | None,
    fields: bool,
    as_json: bool,
    **narrowing: tuple[str, ...],
) -> None:
    """Search what was indexed: all words must occur, in any field, in the forms that the language has.

    \b
    "a phrase"  a OR b  NOT a  -a  (a OR b) c  title:a  figure:a  person:a  org:a  place:a
    lang:id  source:a  country:ID  topic:a  story:a  event:a  after:7d  before:2026-03  near:Jakarta,50km

    \b
    Example:
      kabar search "kunjungan Putin" --language id
      kabar search 'figure:Путин -title:Kim after:7d' --export csv > putin.csv
    """
    if fields:
        echo("\n".join(f"{field.name + ':':<10} {field.what}; {field.example}" for field in FIELDS))
        return
    query = Query(text=_text(words, narrowing), sort=sort, size=size, collapse=not everything)
    settings = connected()
    with Index(settings) as index:
        names = Names(tracked_or_none(settings))
        try:
            if form:
                sys.exit(_write(FORMATS[form](every(index, query, names))))
            found = search(index, query, names)
        except QueryError as error:
            raise click.UsageError(str(error.pointed())) from error
    if as_json:
        print_json(found)
    else:
        _show(found)
    sys.exit(0 if found.total else 1)


def _text(words: tuple[str, ...], narrowing: dict[str, tuple[str, ...]]) -> str:
    """The whole query: words and options in the one syntax; several values of an option are alternatives."""
    parts = [f"({' '.join(words)})"] if words and any(narrowing.values()) else [" ".join(words)]
    for option, values in narrowing.items():
        quoted = ['"{}"'.format(value.replace('"', " ")) for value in values]
        if quoted:
            parts.append(f"{OPTIONS[option]}:({' OR '.join(quoted)})")
    return " ".join(parts)


def _write(lines: Iterator[bytes]) -> int:
    out = sys.stdout.buffer
    for line in lines:
        out.write(line)
    out.flush()
    return 0


def _show(found: Found) -> None:
    stories = f" in {counted(found.stories, 'story', 'stories')}" if found.stories else ""
    echo(f"{counted(found.total, 'item')}{stories}, {found.took_ms} ms")
    if found.suggestion:
        echo(f"Did you mean: {found.suggestion}")
    for hit in found.hits:
        outlets = f"  +{counted(hit.outlets, 'outlet')}" if hit.outlets else ""
        echo()
        echo(bare(hit.title), bold=True)
        echo(f"  {hit.language}  {hit.source_name or hit.source}  {plain(hit.first_seen_at)}{outlets}")
        for piece in hit.highlights[:2]:
            echo(f"  … {' '.join(piece.split())} …")
        echo(f"  {', '.join((hit.people + hit.organisations + hit.places)[:10])}")
        echo(f"  {hit.url or hit.id}")
    echo("")
    for name, counts in found.facets.items():
        if counts:
            shown = counts[-8:] if name == "day" else counts[:8]
            echo(f"{name:>13}  " + ", ".join(f"{c.label or c.value} {c.count}" for c in shown))
