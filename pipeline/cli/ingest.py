"""`kabar ingest`: files and standard input into the pipeline."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from connectors.files.journal import Journal
from connectors.files.place import Place
from connectors.files.source import STDIN, STREAMED, Files, files_of, kind_of
from connectors.files.watch import begin, ready_files
from connectors.pacing import pipeline_lag
from connectors.send import Sent, send
from pipeline.cli.context import connected, json_option, print_json
from pipeline.cli.screen import echo
from schemas.broker import Producer
from schemas.page import FullText
from schemas.settings import Settings

TELL_EVERY = 5_000


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--source", default="files", show_default=True, help="The name of the source.")
@click.option("--url", help="The item's address, for a single text or HTML file.")
@click.option("--backfill", is_flag=True, help="Old news: indexed, and quiet for alerts.")
@click.option(
    "--full-text", type=click.Choice(("feed", "page", "auto")), default="feed", show_default=True,
    help="Fetch the items' pages: never, always, or where the text is short.",
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Go on with what appears in a folder, until Ctrl-C.")
@click.option("--restart", is_flag=True, help="Begin anew with files that were left in the middle.")
@json_option
def command(
    paths: tuple[Path, ...], source: str, url: str | None, full_text: FullText,
    *, backfill: bool, watch: bool, restart: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send files, folders, or standard input (-) into the pipeline: JSON Lines, JSON, ninjs, text, HTML, feeds, WARC,
    GDELT's lists; packed (.gz, .zip) too.

    A large file that was left in the middle goes on where it stopped. Exit code 1 when something was refused;
    `kabar deadletters list` shows it.

    \b
    Example:
      kabar ingest article.txt --source demo --url https://news.example/putin-pyongyang
      kabar ingest CC-NEWS-20240101.warc.gz --backfill
      kabar ingest incoming/ --watch
    """  # noqa: D205
    missing = [str(path) for path in paths if str(path) != STDIN and not path.exists()]
    if missing:
        raise click.UsageError(f"no such file: {', '.join(missing)}")
    if watch and (len(paths) != 1 or not paths[0].is_dir()):
        raise click.UsageError("--watch takes exactly one folder")
    try:
        files = files_of(paths, source=source, url=url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    settings = connected()
    with Producer(settings) as producer, Journal(settings.data_dir / "ingest" / "journal.sqlite") as journal:
        sending = _Sending(settings, producer, journal, backfill=backfill, full_text=full_text)
        sent = sending.watch(paths[0], source) if watch else sending.once(files, restart=restart, told=not as_json)
    if as_json:
        print_json(sent)
    else:
        refused = f", {sent.refused} refused: see `kabar deadletters list`" if sent.refused else ""
        echo(f"{sent.sent} sent{refused}.")
    sys.exit(1 if sent.refused else 0)


class _Sending:
    """Sends sources, and writes down how far each file is once Kafka has what came before."""

    def __init__(
        self, settings: Settings, producer: Producer, journal: Journal, *, backfill: bool, full_text: FullText
    ) -> None:
        self._journal = journal
        self._lag = pipeline_lag(settings)
        self._send = partial(send, producer=producer, backfill=backfill, full_text=full_text, lag=self._lag)

    def once(self, files: Files, *, restart: bool, told: bool) -> Sent:
        """All of these files; the ends of files take effect with the next checkpoint."""
        ended: list[Place] = []

        def where(path: Path) -> Place:
            place = Place(str(path), size=path.stat().st_size) if restart else self._journal.place(path)
            if place.offset and told:
                echo(f"{path}: going on after {place.number:,} records", err=True)
            return place

        def checkpoint() -> None:
            for place in ended:
                self._journal.forget(Path(place.path))
            ended.clear()
            here = files.place
            if here.offset and Path(here.path).is_file() and kind_of(Path(here.path)) in STREAMED and here not in done:
                self._journal.keep(here)

        done: list[Place] = []

        def end(place: Place) -> None:
            ended.append(place)
            done[:] = [place]

        files.begin, files.on_end = where, end
        with _progress(files) as tell:
            sent: Sent = self._send(files.items(), on_each=lambda _found: tell(), checkpoint=checkpoint)
        return sent

    def watch(self, folder: Path, source: str) -> Sent:
        """What appears in a folder, until SIGINT or SIGTERM."""
        stopped: list[int] = []

        def stop(number: int, _frame: FrameType | None) -> None:
            stopped.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        echo(f"Watching {folder}; Ctrl-C ends it.", err=True)
        sent = refused = 0
        for file in ready_files(folder, self._journal, lambda: bool(stopped)):
            files = Files(paths=(file,), source=source, begin=partial(begin, self._journal))
            found = self._send(files.items())
            if file.exists():
                self._journal.keep(files.place, done=True)
            sent, refused = sent + found.sent, refused + found.refused
            echo(f"{file}: {found.sent} sent" + (f", {found.refused} refused" if found.refused else ""))
        return Sent(sent=sent, refused=refused)


@contextmanager
def _progress(files: Files) -> Iterator[Callable[[], None]]:
    """Shows how far the reading is, on standard error: a bar on a terminal, else a line now and then."""
    console = Console(stderr=True)
    count = 0
    if not console.is_terminal:

        def tell() -> None:
            nonlocal count
            count += 1
            if count % TELL_EVERY == 0:
                echo(f"{files.place.path}: {_share(files.place):.0%}, {count:,} read", err=True)

        yield tell
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]:,} read"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0, count=0)

        def draw() -> None:
            nonlocal count
            count += 1
            if count % 20 == 0:
                name = Path(files.place.path).name
                bar.update(task, description=name, completed=_share(files.place), count=count)

        yield draw


def _share(place: Place) -> float:
    return min(1.0, (place.read_to or place.offset) / place.size) if place.size else 0.0
