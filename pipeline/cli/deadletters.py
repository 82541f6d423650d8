"""`kabar deadletters`: what could not be handled."""

import sys

import click
import msgspec

from pipeline.books import dead_letters
from pipeline.cli.context import connected, json_option, print_json, print_lines, print_table
from pipeline.cli.screen import echo
from schemas.broker import Producer
from schemas.codec import now
from schemas.deadletter import DeadLetter
from schemas.settings import Settings
from schemas.topics import DEADLETTERS, ITEMS


@click.group("deadletters")
def command() -> None:
    """What could not be handled, with its reason and where it came from.

    \b
    Example:
      kabar deadletters list
    """


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """All of them, oldest first.

    \b
    Example:
      kabar deadletters list --json
    """
    letters = dead_letters(connected())
    if as_json:
        print_lines(msgspec.structs.replace(letter, sample="") for letter in letters)
    elif not letters:
        echo("No dead letters.")
    else:
        rows = [(x.at, x.id, f"{x.length:,}", x.reason[:80], "retried" if x.retried_at else "") for x in letters]
        print_table(("at", "id", "bytes", "reason", ""), rows)


@command.command("show")
@click.argument("letter_id")
def show(letter_id: str) -> None:
    """One dead letter whole, as JSON; its sample is base64.

    \b
    Example:
      kabar deadletters show enrich:news.items/0/17
    """
    print_json(_one(connected(), letter_id))


@command.command("retry")
@click.argument("letter_id", required=False)
@click.option("--all", "everything", is_flag=True, help="All that were not tried again yet.")
def retry(letter_id: str | None, *, everything: bool) -> None:
    """Send a record back to the topic it came from (or `news.items`), after the reason was mended.

    \b
    Example:
      kabar deadletters retry --all
    """
    if bool(letter_id) == everything:
        raise click.UsageError("name one dead letter, or say --all")
    settings = connected()
    letters = [_one(settings, letter_id)] if letter_id else dead_letters(settings)
    waiting = [letter for letter in letters if letter.retried_at is None]
    sent = 0
    with Producer(settings) as producer:
        for letter in waiting:
            payload = letter.payload()
            if payload is None or letter.key is None:
                echo(f"{letter.id}: only its first 256 KiB were kept, or it has no key; fetch it anew", err=True)
                continue
            topic = letter.origin.split("/")[0]
            producer.send(topic if topic.startswith("news.") else ITEMS, letter.key, payload)
            producer.send(DEADLETTERS, letter.id, msgspec.structs.replace(letter, retried_at=now()).encode())
            sent += 1
        producer.flush()
    echo(f"{sent} sent again.")
    sys.exit(0 if sent else 1)


def _one(settings: Settings, letter_id: str) -> DeadLetter:
    for letter in dead_letters(settings):
        if letter.id == letter_id:
            return letter
    echo(f"There is no dead letter {letter_id}.", err=True)
    sys.exit(1)
