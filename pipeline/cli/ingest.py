"""`kabar ingest`: files and standard input into the pipeline."""

import sys
from pathlib import Path

import click

from connectors.files import read
from connectors.pacing import pipeline_lag
from connectors.send import send
from pipeline.cli.context import connected, json_option, print_json
from schemas.broker import Producer


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--source", default="files", show_default=True, help="The name of the source.")
@click.option("--url", help="The item's address, for a single text or HTML file.")
@click.option("--backfill", is_flag=True, help="Old news: indexed, and quiet for alerts.")
@json_option
def command(paths: tuple[Path, ...], source: str, url: str | None, *, backfill: bool, as_json: bool) -> None:
    """Send JSON Lines, text or HTML files, folders, or standard input (-) into the pipeline.

    Exit code 1 when something was refused; `kabar deadletters list` shows it.

    \b
    Example:
      kabar ingest article.txt --source demo --url https://news.example/putin-pyongyang
    """
    missing = [str(path) for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        raise click.UsageError(f"no such file: {', '.join(missing)}")
    settings = connected()
    with Producer(settings) as producer:
        sent = send(read(paths, source=source, url=url), producer, backfill=backfill, lag=pipeline_lag(settings))
    if as_json:
        print_json(sent)
    else:
        refused = f", {sent.refused} refused: see `kabar deadletters list`" if sent.refused else ""
        click.echo(f"{sent.sent} sent{refused}.")
    sys.exit(1 if sent.refused else 0)
