"""`kabar index`: its life."""

import sys

import click

from pipeline.cli.context import connected, json_option, print_json, print_table
from pipeline.cli.screen import echo
from pipeline.elastic import Index
from pipeline.index_life import NotMoved, check, expire, leaving, migrate


@click.group("index")
def command() -> None:
    """Whether the index fits this program, moving it to a new mapping, and what leaves by age or size.

    \b
    Example:
      kabar index check
    """


@command.command("check")
@json_option
def check_(*, as_json: bool) -> None:
    """Compare every index with this program's mappings; exit code 1 where one must be moved.

    \b
    Example:
      kabar index check --json
    """
    with Index(connected()) as index:
        found = check(index)
    if as_json:
        print_json(found)
    else:
        rows = [(c.name, c.state, f"{c.documents:,}", f"{c.bytes / 1e6:,.1f} MB", c.version) for c in found]
        print_table(("index", "mapping", "documents", "size", "version"), rows)
    sys.exit(1 if any(c.state in {"old", "strange"} for c in found) else 0)


@command.command("migrate")
@click.option("--keep", is_flag=True, help="Keep the old indices, out of every alias.")
def migrate_(*, keep: bool) -> None:
    """Move what has an old mapping to the present one, without an interruption of reading or writing.

    \b
    Example:
      kabar index migrate
    """
    with Index(connected()) as index:
        try:
            moved = migrate(index, echo, keep=keep)
        except NotMoved as error:
            echo(f"kabar: {error}", err=True)
            sys.exit(1)
    for move in moved:
        echo(f"{move.old} is {move.new} now, {move.documents:,} documents")
    if not moved:
        echo("Nothing to move.")


@command.command("retain")
@click.option("--days", type=click.FloatRange(min=0), help="Months that ended longer ago leave; or KABAR_KEEP_DAYS.")
@click.option("--gigabytes", type=click.FloatRange(min=0), help="The oldest leave above it; or KABAR_KEEP_GIGABYTES.")
@click.option("--dry-run", is_flag=True, help="Only say what would leave.")
def retain(days: float | None, gigabytes: float | None, *, dry_run: bool) -> None:
    """Remove the months that are too old or too large, whole; the archive in Kafka keeps the items.

    \b
    Example:
      kabar index retain --days 365 --dry-run
    """
    settings = connected()
    days = settings.keep_days if days is None else days
    gigabytes = settings.keep_gigabytes if gigabytes is None else gigabytes
    if not days and not gigabytes:
        raise click.UsageError("say --days or --gigabytes, or set KABAR_KEEP_DAYS or KABAR_KEEP_GIGABYTES")
    with Index(settings) as index:
        due = leaving(index, days=days, gigabytes=gigabytes)
        for found in due:
            echo(f"{found.name}: {found.documents:,} documents, {found.bytes / 1e6:,.1f} MB")
        if due and not dry_run:
            echo(f"{expire(settings, index, due):,} documents left.")
    if not due:
        echo("Nothing is due.")
