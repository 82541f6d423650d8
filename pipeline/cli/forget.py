"""`kabar forget`: taking down."""

import sys

import click

from connectors.urls import canonical_url
from pipeline.cli.context import connected, counted, json_option, print_json
from pipeline.cli.screen import echo
from pipeline.elastic import Index
from pipeline.forget import figure_ids, forget, forgotten_now, found
from schemas.forgotten import ForgottenKind
from schemas.item import item_id
from schemas.settings import Settings


@click.command("forget")
@click.argument("url", required=False)
@click.option("--source", help="Every item of this source, and what it sends later.")
@click.option("--figure", help="Every item that names this figure (name or id), and later ones.")
@click.option("--reason", default="", help="Why; stands in the audit line.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--list", "show", is_flag=True, help="Show what was taken down, and end.")
@json_option
def command(
    url: str | None,
    source: str | None,
    figure: str | None,
    reason: str,
    *,
    yes: bool,
    show: bool,
    as_json: bool,
) -> None:
    """Take down an item (its URL or id), a source, or all that names a figure; it does not come back.

    It leaves the index, the alerts, the dead letters and the archive, and a line stands in audit.jsonl in the data
    directory. Topics between the steps keep a text for up to 7 days; stories keep only fingerprints.

    \b
    Example:
      kabar forget https://news.example/mistaken --reason "court order 12/26"
    """
    settings = connected()
    if show:
        for line in sorted(forgotten_now(settings), key=lambda line: line.at):
            echo(f"{line.at:%Y-%m-%d %H:%M}  {line.kind:<8} {line.value}  {line.by}  {line.reason}")
        return
    if sum(map(bool, (url, source, figure))) != 1:
        raise click.UsageError("name one URL, or say --source or --figure")
    with Index(settings) as index:
        done = []
        for kind, value in _wanted(settings, url, source, figure):
            count = len(found(index, kind, value))
            if not yes:
                click.confirm(f"Take down {kind} {value}, {counted(count, 'item')} in the index?", abort=True)
            done.append(forget(settings, index, kind, value, reason))
    if as_json:
        print_json(done)
        return
    for removed in done:
        what = ((removed.items, "item"), (removed.mentions, "mention"), (removed.alerts, "alert"),
                (removed.dead_letters, "dead letter"))  # fmt: skip
        told = ", ".join(counted(count, noun) for count, noun in what)
        echo(f"Taken down: {told}. {removed.kind} {removed.value} does not come back.")
    sys.exit(0)


def _wanted(
    settings: Settings, url: str | None, source: str | None, figure: str | None
) -> list[tuple[ForgottenKind, str]]:
    if source:
        return [("source", source)]
    if figure:
        return [("figure", identity) for identity in figure_ids(settings, figure)]
    if url is None or "/" not in url:
        return [("item", url or "")]
    return [("item", item_id(url=canonical_url(url)))]
