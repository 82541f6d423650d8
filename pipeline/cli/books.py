"""`kabar books`: whether everything that was fetched is accounted for."""

import sys

import click
import msgspec

from pipeline.books import Books, books
from pipeline.cli.context import connected, json_option, print_json
from pipeline.cli.screen import echo
from pipeline.elastic import Index


@click.command("books")
@json_option
def command(*, as_json: bool) -> None:
    """Reconcile what was fetched with what became of it; exit code 1 when the books do not close.

    \b
    Example:
      kabar books --json
    """
    settings = connected()
    with Index(settings) as index:
        found = books(settings, index)
    show(found, as_json=as_json)
    sys.exit(1 if found.difference else 0)


def show(found: Books, *, as_json: bool) -> None:
    """Print the books, for people or as JSON."""
    if as_json:
        print_json({**msgspec.structs.asdict(found), "difference": found.difference})
        return
    rows = [
        ("fetched", found.fetched),
        ("= unchanged", found.unchanged),
        ("+ indexed", found.indexed),
        ("+ superseded", found.superseded),
        ("+ dead-lettered", found.dead_lettered),
        *([("+ forgotten", found.forgotten)] if found.forgotten else []),
        *([("+ expired", found.expired)] if found.expired else []),
        ("+ in flight", found.in_flight),
    ]
    for name, count in rows:
        echo(f"{name:<16}{count:>10,}")
    if found.difference:
        echo(f"{'difference':<16}{found.difference:>10,}  the books do not close", colour="red")
    else:
        echo("The books close.")
