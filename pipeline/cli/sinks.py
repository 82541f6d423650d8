"""`kabar sinks`: where alerts go, and how that goes."""

import asyncio
import sys

import click
import msgspec

from pipeline.cli.context import connected, json_option, print_lines, print_table
from pipeline.cli.screen import echo
from pipeline.sinks.attempts import Gone, Later, Refused, Sent
from pipeline.sinks.config import Sink, load_sinks, sinks_file
from pipeline.sinks.ledger import deliveries_now, record
from pipeline.sinks.runner import group_of, place_of
from schemas.alert import Alert, Delivery, Match
from schemas.broker import lag
from schemas.codec import now
from schemas.rule import Tell
from schemas.settings import Settings
from schemas.topics import ALERTS


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A sink as it stands; nothing of it is secret."""

    name: str
    kind: str
    where: str
    default: bool
    state: str
    waiting: int
    sent: int
    retrying: int
    set_aside: int
    reason: str


@click.group("sinks")
def command() -> None:
    """Where alerts go: `sinks.yaml` in the data directory, or the file that KABAR_SINKS names.

    \b
    Example of that file, and a message to try it:
      desk:
        kind: slack
        url: env:DESK_SLACK_URL
    kabar sinks test desk
    """


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Every sink, what waits for it, and what it failed to take.

    \b
    Example:
      kabar sinks list
    """
    settings = connected()
    states = states_of(settings)
    if as_json:
        print_lines(states)
    elif not states:
        echo(f"There are no sinks. Write some into {sinks_file(settings)}; `kabar sinks --help` shows how.")
    else:
        columns = (
            "name",
            "kind",
            "where",
            "default",
            "state",
            "unread",
            "sent",
            "retrying",
            "set aside",
            "reason",
        )
        print_table(columns, [(s.name, s.kind, s.where, "yes" if s.default else "", s.state, s.waiting, s.sent,
                               s.retrying, s.set_aside, s.reason) for s in states])  # fmt: skip


def states_of(settings: Settings) -> list[State]:
    """Every sink as it stands."""
    sinks = load_sinks(settings, secrets=False)
    unread = lag(settings, {group_of(name): [ALERTS] for name in sinks}) if sinks else {}
    deliveries = deliveries_now(settings)
    found = []
    for name, sink in sinks.items():
        mine = [d for d in deliveries.values() if d.sink == name and d.alert_id]
        failed = [d for d in mine if d.reason]
        said = deliveries.get(f"/{name}")
        disabled = said is not None and said.state == "disabled"
        reason = said.reason if disabled and said else max(failed, key=lambda d: d.at).reason if failed else ""
        found.append(
            State(
                name=name,
                kind=sink.kind,
                where=sink.where(),
                default=sink.config.default,
                state="disabled" if disabled else "not started yet" if said is None else "enabled",
                waiting=0 if said is None else unread[group_of(name)],
                sent=sum(d.state == "sent" for d in mine),
                retrying=sum(d.state == "retrying" for d in mine),
                set_aside=sum(d.state == "set aside" for d in mine),
                reason=reason,
            )
        )
    return found


@command.command("test")
@click.argument("name")
def test(name: str) -> None:
    """Send a made-up alert to a sink now, and say what came of it.

    \b
    Example:
      kabar sinks test desk
    """
    settings = connected()
    sink = _one(settings, name)

    async def send() -> Sent | Later | Refused | Gone:
        place = place_of(settings, sink)
        await place.start()
        try:
            return await place.send(_made_up(name))
        finally:
            await place.stop()

    outcome = asyncio.run(send())
    if isinstance(outcome, Sent):
        echo(f"{name} took a test alert.")
        return
    echo(f"{name} did not take it: {sink.redact(outcome.reason)}", err=True)
    sys.exit(3 if isinstance(outcome, Later) else 1)


@command.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Send to a sink again that a 410 disabled.

    \b
    Example:
      kabar sinks enable desk
    """
    settings = connected()
    sink = _one(settings, name)
    enabled = Delivery(alert_id="", sink=sink.name, state="enabled", at=now())
    record(settings, {enabled.key: enabled})
    echo(f"{name} is enabled. What was set aside meanwhile: `kabar sinks retry {name}`.")


@command.command("retry")
@click.argument("name")
def retry(name: str) -> None:
    """Try again what was set aside for a sink, from now on for a day.

    \b
    Example:
      kabar sinks retry desk
    """
    settings = connected()
    sink = _one(settings, name)
    mine = [d for d in deliveries_now(settings).values() if d.sink == sink.name and d.state == "set aside"]
    moment = now()
    again = [
        msgspec.structs.replace(d, state="retrying", at=moment, first_at=moment, next_at=moment, attempts=0)
        for d in mine
    ]
    record(settings, {d.key: d for d in again})
    echo(f"{len(again)} are tried again.")
    sys.exit(0 if again else 1)


def _one(settings: Settings, name: str) -> Sink:
    sinks = load_sinks(settings)
    if name not in sinks:
        echo(f"There is no sink {name}; `kabar sinks list` shows them.", err=True)
        sys.exit(1)
    return sinks[name]


def _made_up(sink: str) -> Alert:
    moment = now()
    text = "This is a test of Kabar: Ada Example opened the meeting this morning."
    start = text.index("Ada")
    match = Match(
        rule_id="test", rule_name="a test", figure_id="kabar:ada-example", figure_name="Ada Example", item_id="test",
        revision=1, story_id="s-test", quiet=False, field="body", surface="Ada Example", excerpt=text,
        excerpt_start=start, excerpt_end=start + len("Ada Example"), why="name Ada Example",
        title="A test of Kabar's alerts", url="https://example.org/", source="Kabar", language="en",
        published_at=moment, first_seen_at=moment, matched_at=moment, tell=Tell(to=(sink,)),
    )  # fmt: skip
    return Alert(id=f"test-{int(moment.timestamp() * 1000)}", alerted_at=moment, match=match)
