"""`kabar up`: everything on this machine."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import click
import msgspec

from connectors.demo import DEMO_FIGURES, demo_feeds, start_demo_server
from connectors.feeds.registry import read_states
from connectors.push.credentials import address
from deploy.embedded import Servers, start
from deploy.errors import DeployError
from pipeline.books import books
from pipeline.cli.books import show as show_books
from pipeline.cli.context import Running, running_file
from pipeline.cli.feeds import feeds_of, save
from pipeline.cli.figures import make_figure
from pipeline.cli.screen import bare, echo
from pipeline.elastic import Index
from pipeline.figures.live import save_figures
from pipeline.launch import NotReady, Pipeline
from pipeline.sinks.config import load_sinks
from pipeline.sinks.message import heading
from pipeline.sinks.runner import group_of
from pipeline.web.where import web_address
from schemas.alert import Alert
from schemas.broker import Admin, Follower, lag
from schemas.codec import Undecodable
from schemas.document import Document
from schemas.errors import BrokerError
from schemas.feed import Feed
from schemas.settings import Settings, load_settings
from schemas.steps import PAGE_FETCHER, SINK_SOURCES, STEPS
from schemas.topics import ALERTS, DOCUMENTS, TOPICS

DEMO_POLLS = 3  # the first edition, the second, and one that shows that nothing more comes
IDLE_LOOKS = 3

TRY = """
Try, in another terminal:
  {kabar} search Putin
  {kabar} alerts
  {kabar} figures add "Kim Jong Un"
  {kabar} books
"""


@click.command("up")
@click.option("--demo", is_flag=True, help="Follow the recorded news that comes with Kabar.")
@click.option(
    "--feeds", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Follow an OPML or YAML list."
)
@click.option("--exit-when-idle", is_flag=True, help="End when all is handled, and print the books.")
@click.option("--json", "as_json", is_flag=True, help="With --exit-when-idle: the books as JSON, all else to stderr.")
def command(feeds: Path | None, *, demo: bool, exit_when_idle: bool, as_json: bool) -> None:
    """Start the servers that are not configured, the connectors and the agents; Ctrl-C stops all of it.

    \b
    Example:
      kabar up --demo
      kabar up --feeds my-feeds.opml
    """
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    wanted = feeds_of(feeds) if feeds else []
    closed = True
    with ExitStack() as stack:
        say = _Say(to_stderr=as_json)
        servers, settings = _start_servers(stack, load_settings(), say)
        if demo:
            settings = settings.model_copy(update={"allow_networks": (*settings.allow_networks, "127.0.0.0/8")})
        _prepare(settings, say)
        pipeline = Pipeline(settings)
        stack.callback(pipeline.stop)
        stack.callback(say, "Stopping …")
        try:
            pipeline.start(say)
        except NotReady as error:
            raise DeployError(str(error)) from error
        wanted += _start_demo(stack, settings) if demo else []
        _write_down(stack, settings, pipeline)
        _show_items(stack, settings, say)
        save(settings, wanted)
        say(f"Kabar is up: Kafka {settings.kafka}, Elasticsearch {settings.elasticsearch}, data {settings.data_dir}")
        say(f"The web page is at {web_address(settings)}; to change things there: {_kabar()} web token --scope admin")
        say(f"News is taken at {address(settings)}/v1/items; the token: {_kabar()} push --token")
        if not exit_when_idle:
            say(TRY.format(kabar=_kabar()))
        _watch(settings, _Started(servers, pipeline), say, wanted if exit_when_idle else None)
        if exit_when_idle:
            closed = _print_books(settings, as_json=as_json)
    sys.exit(0 if closed else 1)


def _kabar() -> str:
    # How the user can call it again: by its path where it is not on the PATH.
    path = Path(sys.argv[0])
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)


class _Say:
    """One line to the user; threads may call it."""

    def __init__(self, *, to_stderr: bool) -> None:
        self._to_stderr = to_stderr
        self._lock = threading.Lock()

    def __call__(self, line: str, *, colour: str | None = None) -> None:
        with self._lock:
            echo(line, err=self._to_stderr, colour=colour, bold=True if colour else None)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # stopping takes some seconds; a second Ctrl-C must not cut it short
    raise KeyboardInterrupt


def _start_servers(stack: ExitStack, settings: Settings, say: _Say) -> tuple[Servers, Settings]:
    servers = stack.enter_context(
        start(
            settings.data_dir,
            with_kafka=settings.kafka is None,
            with_elasticsearch=settings.elasticsearch is None,
            kafka_port=settings.kafka_port,
            elasticsearch_port=settings.elasticsearch_port,
            progress=say,
            on_download=_download_lines(say),
        )
    )
    return servers, settings.with_servers(
        kafka=settings.kafka or str(servers.kafka),
        elasticsearch=settings.elasticsearch or str(servers.elasticsearch),
    )


def _download_lines(say: Callable[[str], None]) -> Callable[[int, int], None]:
    """Says each tenth of a download as it is reached; called from several threads."""
    told = 0

    def report(done: int, total: int) -> None:
        nonlocal told
        tenths = done * 10 // max(total, 1)
        if tenths > told:
            told = tenths
            say(f"  {tenths * 10} % of {total / 1e6:.0f} MB")

    return report


def _prepare(settings: Settings, say: _Say) -> None:
    with Admin(settings) as admin:
        created = admin.ensure_topics(TOPICS)
    if created:
        say(f"Created {len(created)} topics")
    with Index(settings) as index:
        index.prepare()
    say("Starting the steps …")


def _start_demo(stack: ExitStack, settings: Settings) -> list[Feed]:
    server = start_demo_server()
    stack.callback(server.stop)
    save_figures(settings, map(make_figure, DEMO_FIGURES))
    return demo_feeds(server.url)


def _write_down(stack: ExitStack, settings: Settings, pipeline: Pipeline) -> None:
    path = running_file(settings)
    _update_pids(settings, pipeline.pids())
    stack.callback(path.unlink, missing_ok=True)


def _update_pids(settings: Settings, pids: dict[str, int]) -> None:
    running = Running(pid=os.getpid(), environment=settings.environment(), processes=pids)
    path = running_file(settings)
    new = path.with_suffix(".new")
    new.touch(mode=0o600)  # it may hold a cluster's password
    new.write_bytes(msgspec.json.encode(running))
    new.replace(path)


def _show_items(stack: ExitStack, settings: Settings, say: _Say) -> None:
    told: set[str] = set()

    def document(_key: str, value: bytes | None) -> None:
        try:
            say(item_line(Document.decode(value or b"")))
        except Undecodable:
            return

    def alert(key: str, value: bytes | None) -> None:
        if value is not None and key not in told:
            told.add(key)
            say(f"ALERT     {bare(heading(Alert.decode(value)))}", colour="yellow")

    for topic, changed in ((DOCUMENTS, document), (ALERTS, alert)):
        stack.enter_context(Follower(settings, topic, changed, from_end=True))


def item_line(document: Document) -> str:
    """One line for an item as it flows: time, language, outlet, title, names."""
    enriched, placement = document.enriched, document.placement
    item = enriched.item
    people = list(dict.fromkeys(m.name for m in enriched.mentions if m.type == "PER"))[:3]
    marks = [f"revision {enriched.revision}"] if enriched.revision > 1 else []
    marks += ["copy"] if placement.duplicate_of else []
    tail = "".join(f"  [{mark}]" for mark in marks)
    title = " ".join((item.title or item.summary or item.body).split())[:70]
    names = f"  ({', '.join(people)})" if people else ""
    clock = f"{datetime.now().astimezone():%H:%M:%S}"
    return f"{clock}  {enriched.language:<8} {(item.source_name or item.source)[:22]:<22}  {title}{names}{tail}"


class _Started(NamedTuple):
    """What this command has started and keeps running."""

    servers: Servers
    pipeline: Pipeline

    def watch(self, say: _Say) -> None:
        self.servers.keep_running(say)
        self.pipeline.watch(say)


def _watch(settings: Settings, started: _Started, say: _Say, until_idle: list[Feed] | None) -> None:
    idle, written = 0, started.pipeline.pids()
    while idle < IDLE_LOOKS:
        started.watch(say)
        if started.pipeline.pids() != written:
            written = started.pipeline.pids()
            _update_pids(settings, written)
        time.sleep(0.2 if until_idle is None else 0.5)
        if until_idle is not None:
            try:
                idle = idle + 1 if is_idle(settings, until_idle) else 0
            except BrokerError:
                idle = 0  # an own broker is started anew, another's owner sees to it


def is_idle(settings: Settings, feeds: list[Feed]) -> bool:
    """Whether nothing is under way: these feeds are polled, no step or sink has a record before it, no page is awaited.

    Raises:
        BrokerError: Kafka does not answer.
    """
    states = read_states(settings)
    if any(feed.id not in states or states[feed.id].polls < DEMO_POLLS for feed in feeds):
        return False
    # The fetcher of pages commits a record when its page has gone on: what is under way there is no rest either.
    steps = {step.group: step.sources for step in (PAGE_FETCHER, *STEPS)}
    steps |= {group_of(name): SINK_SOURCES for name in load_sinks(settings, secrets=False)}
    return not any(lag(settings, steps).values())


def _print_books(settings: Settings, *, as_json: bool) -> bool:
    with Index(settings) as index:
        found = books(settings, index)
    show_books(found, as_json=as_json)
    return found.difference == 0
