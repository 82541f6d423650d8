"""`kabar feeds`: which feeds are followed."""

import asyncio
import sys
from pathlib import Path

import click
import msgspec

from connectors.check import OK
from connectors.check import check as check_feed
from connectors.check import find as find_feed
from connectors.feeds.health import Trouble, trouble
from connectors.feeds.registry import partition_of, read_states, seen_key
from connectors.feeds.schedule import address_key
from connectors.fetch import NO_ADDRESS, UNUSABLE
from connectors.guard import REFUSED
from connectors.opml import feed_id, read_feeds, write_opml
from connectors.parse import Unreadable
from connectors.reading import is_address, read_file, read_url
from connectors.urls import feed_address
from pipeline.cli.context import connected, json_option, plain, print_json, print_lines, print_table
from pipeline.cli.screen import echo, echo_raw
from schemas.broker import Producer, read_newest
from schemas.codec import now
from schemas.feed import Feed, FeedState
from schemas.page import FullText
from schemas.settings import Settings, load_settings
from schemas.topics import FEED_NAMES, FEED_STATE, FEEDS

# An address whose check says so is not followed: it can not be asked, or must not.
NEVER = (REFUSED, NO_ADDRESS, UNUSABLE)


@click.group("feeds")
def command() -> None:
    """The feeds that are followed.

    \b
    Example:
      kabar feeds add https://news.example/rss --name "News Example"
    """


@command.command("add")
@click.argument("url")
@click.option("--name", help="The outlet's name.")
@click.option("--country", help="Where the outlet is (ISO 3166 code).")
@click.option("--language", help="The feed's language (BCP 47), weak evidence for its items.")
@click.option(
    "--interval",
    type=click.FloatRange(0, 1e7, min_open=True),
    help="Fixed seconds between polls; else the feed's own rhythm decides.",
)
@click.option(
    "--full-text",
    type=click.Choice(("feed", "page", "auto")),
    default="feed",
    show_default=True,
    help="Fetch an item's page: never, always, or where the feed's text is short.",
)
@click.option("--alert-existing", is_flag=True, help="Let the first poll's items alert too.")
def add(
    url: str,
    name: str | None,
    country: str | None,
    language: str | None,
    interval: float | None,
    full_text: FullText,
    *,
    alert_existing: bool,
) -> None:
    """Follow the feed at URL, or the feed that the page at URL names.

    \b
    Example:
      kabar feeds add https://news.example/rss --name "News Example" --country ID
      kabar feeds add https://news.example/
    """
    settings = connected()
    url = feed_address(url) or url
    found = asyncio.run(find_feed(url, settings))
    address = found.final_url or url if found.url != url else url
    if found.error and (found.error.startswith(NEVER) or (found.status == OK and found.format is None)):
        echo(f"{url}: {found.error}. {found.advice or ''}".rstrip(), err=True)
        sys.exit(1)
    twin = next((feed for feed in followed(settings).values() if address_key(feed.url) == address_key(address)), None)
    if twin and twin.url != address:
        echo(f"{address} is followed already, as {twin.url}.")
        return
    feed = Feed(
        id=feed_id(address), url=address, name=name, country=country, language=language,
        interval_seconds=interval, alert_existing=alert_existing, full_text=full_text,
    )  # fmt: skip
    save(settings, [feed])
    echo(f"Following {address} as {feed.id}.")
    if found.error:
        echo(f"It cannot be read now: {found.error}. {found.advice or 'It is tried again.'}", err=True)


@command.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(path: Path) -> None:
    """Follow every feed of an OPML or YAML file.

    \b
    Example:
      kabar feeds import indonesia.opml
    """
    unusable: list[str] = []
    feeds = feeds_of(path, unusable)
    save(connected(), feeds)
    echo(f"Following {len(feeds)} feeds of {path}.")
    for address in unusable:
        echo(f"Left out, not an http(s) address: {address[:200]}", err=True)


@command.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), required=False)
def export(path: Path | None) -> None:
    """Write the feeds followed as OPML, to PATH or standard output.

    \b
    Example:
      kabar feeds export feeds.opml
    """
    feeds = [*followed(connected()).values()]
    data = write_opml(feeds)
    if path is None:
        echo_raw(data.decode())
        return
    path.write_bytes(data)
    echo(f"{len(feeds)} feeds written to {path}.")


@command.command("list")
@click.option("--unhealthy", is_flag=True, help="Only feeds that fail, fell silent or never had an item, and why.")
@json_option
def list_(*, unhealthy: bool, as_json: bool) -> None:
    """The feeds with their health.

    \b
    Example:
      kabar feeds list --unhealthy
    """
    settings = connected()
    feeds, states = followed(settings), read_states(settings)
    at = now()
    rows = []
    for feed in feeds.values():
        state = states.get(feed.id, FeedState(feed_id=feed.id))
        ill = trouble(feed, state, at)
        if ill or not unhealthy:
            rows.append((feed, state, ill))
    if as_json:
        print_lines(_row(*row) for row in rows)
    elif not feeds:
        echo("No feeds are followed. Try: kabar feeds add URL")
    elif unhealthy and not rows:
        echo(f"All {len(feeds)} feeds are well.")
    elif unhealthy:
        for feed, _, ill in rows:
            if ill:
                echo(f"{feed.name or feed.url} ({feed.url})\n  {ill.kind} since {plain(ill.since)}: {ill.reason}")
    else:
        print_table(
            ("name", "url", "polled", "next", "items", "trouble"),
            [
                (feed.name, feed.url, state.polled_at, state.next_poll_at, state.items_sent, _short(state, ill))
                for feed, state, ill in rows
            ],
        )


def _short(state: FeedState, ill: Trouble | None) -> str | None:
    if state.twin_of:
        return f"the same feed as {state.twin_of}"
    return f"{ill.kind}: {state.last_error or ill.reason}" if ill else state.last_error


def _row(feed: Feed, state: FeedState, ill: Trouble | None) -> dict[str, object]:
    return {
        "feed": feed,
        "polls": state.polls,
        "polled_at": state.polled_at,
        "next_poll_at": state.next_poll_at,
        "changed_at": state.changed_at,
        "items_sent": state.items_sent,
        "failures": state.failures,
        "last_error": state.last_error,
        "twin_of": state.twin_of,
        "health": ill.kind if ill else "well",
        "since": ill.since if ill else None,
        "reason": ill.reason if ill else None,
    }


@command.command("check")
@click.argument("url")
@json_option
def check(url: str, *, as_json: bool) -> None:
    """Fetch the feed at URL now and say what it is or what is wrong; needs no servers.

    \b
    Example:
      kabar feeds check https://news.example/rss
    """
    found = asyncio.run(check_feed(url, load_settings()))
    if as_json:
        print_json(found)
    elif found.error:
        echo(f"{url}: {found.error}", err=True)
        if found.advice:
            echo(f"  {found.advice}", err=True)
    else:
        echo(f"{url}: {found.format}, {found.items} items, newest {found.newest or 'without a date'}")
        if found.final_url and address_key(found.final_url) != address_key(url):
            echo(f"  it moved to {found.final_url}")
        if found.repairs:
            echo(f"  repaired: {', '.join(found.repairs)}")
    sys.exit(1 if found.error else 0)


@command.command("parse")
@click.argument("place", metavar="FILE|URL")
@click.option("--url", help="The address that a file's feed is from, for relative links.")
@json_option
def parse(place: str, url: str | None, *, as_json: bool) -> None:
    """Read one feed (`-`: from standard input) and show its items; needs no servers.

    With --json each item is one line of JSON. Exit code 2, and one line that says why, where it is no feed
    (with --json: {"place": …, "error": …} on standard error).

    \b
    Example:
      kabar feeds parse https://news.example/rss --json
    """
    found = asyncio.run(read_url(place, load_settings())) if is_address(place) else read_file(place, url=url)
    if isinstance(found, Unreadable):
        _say(place, "error", found.reason, as_json=as_json)
        sys.exit(2)
    if found.note:
        _say(place, "note", found.note, as_json=as_json)
    if as_json:
        print_lines(found.items)
    else:
        print_table(("published", "title", "url"), [(i.published_at, i.title, i.url) for i in found.items])


def _say(place: str, name: str, sentence: str, *, as_json: bool) -> None:
    """One line on standard error: a sentence, or an object for programs."""
    line = " ".join(sentence.split())
    if as_json:
        click.echo(msgspec.json.encode({"place": place, name: line}), err=True)
    else:
        echo(f"{place}: {line}", err=True)


@command.command("remove")
@click.argument("url")
def remove(url: str) -> None:
    """No longer follow the feed at URL (or of that id).

    \b
    Example:
      kabar feeds remove https://news.example/rss
    """
    settings = connected()
    found = [feed for feed in followed(settings).values() if url in {feed.id, feed.url} or feed.id == feed_id(url)]
    if not found:
        echo(f"{url} is not followed.", err=True)
        sys.exit(1)
    with Producer(settings) as producer:
        for feed in found:
            producer.send(FEEDS, feed.id, None, partition=partition_of(feed, settings))
            # Nothing is polled in the place of another any more.
            producer.send(FEED_NAMES, feed.id, None)
            for key in (feed.id, seen_key(feed.id)):
                producer.send(FEED_STATE, key, None, partition=partition_of(feed, settings))
        producer.flush()
    echo(f"No longer following {found[0].url}.")


def feeds_of(path: Path, unusable: list[str] | None = None) -> list[Feed]:
    """The feeds of a file; `unusable` takes the addresses in it that are none.

    Raises:
        click.UsageError: the file is no list of feeds.
    """
    try:
        return read_feeds(path, unusable)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"{path} is no list of feeds: {error}") from error


def save(settings: Settings, feeds: list[Feed]) -> None:
    """Write feeds to `news.feeds`, each in its host's partition."""
    with Producer(settings) as producer:
        for feed in feeds:
            producer.send(FEEDS, feed.id, feed.encode(), partition=partition_of(feed, settings))
        producer.flush()


def followed(settings: Settings) -> dict[str, Feed]:
    """The feeds followed now, by id."""
    return {key: Feed.decode(value) for key, value in read_newest(settings, FEEDS).items()}
