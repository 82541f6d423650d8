"""`kabar why`: where an item went."""

import sys

import click

from connectors.urls import canonical_url
from pipeline.cli.context import connected, json_option, plain, print_lines
from pipeline.cli.screen import echo
from pipeline.elastic import Index
from pipeline.trace import trace
from schemas.item import item_id


@click.command("why")
@click.argument("url")
@json_option
def command(url: str, *, as_json: bool) -> None:
    """Where an item went, step by step, with times. URL is its address, or its id.

    \b
    Example:
      kabar why https://news.example/putin-pyongyang
    """
    number = item_id(url=canonical_url(url)) if "/" in url else url
    settings = connected()
    with Index(settings) as index:
        passages = trace(settings, index, number)
    if as_json:
        print_lines({"at": p.at, "where": p.where, "what": str(p.what)} for p in passages)
    else:
        echo(f"item {number}")
        for passage in passages:
            echo(f"  {plain(passage.at)}.{passage.at:%f}"[:-3] + f"  {passage.where:<24}  {passage.what}")
    if not passages:
        echo("It was never seen.", err=True)
        sys.exit(1)
