"""`kabar enrich`: the filter. What the agents call, without servers."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import msgspec

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.entities.tagger.own import OwnModels
from pipeline.knowledge import load
from pipeline.lines import Batch, answers, in_batches, in_order
from schemas.alert import Figure
from schemas.codec import now
from schemas.document import Mention
from schemas.item import Item
from schemas.settings import load_settings

# So many batches for each process are read before the first is answered.
_AHEAD = 2


@click.command("enrich")
@click.argument("path", type=click.Path(allow_dash=True, path_type=Path), default="-")
@click.option("--figures", type=click.Path(exists=True, path_type=Path), help="A watchlist, JSON Lines.")
@click.option("--only", type=click.Choice(["language", "entities"]), help="Only this part.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, help="So many processes; the order stays.")
def command(path: Path, figures: Path | None, only: str | None, jobs: int) -> None:
    """Items as JSON Lines in, the same with language and mentions out; no server needed.

    Each line has `id` and any of title, summary, body (or text), language_hint. A mention's `field` names the one
    that it stands in, `start` and `end` count its code points. A line that is no JSON object comes out as
    {"error": …}, and the exit code is then 1.

    \b
    Example:
      echo '{"id": "1", "title": "Putin akan mengunjungi Pyongyang"}' | kabar enrich
    """
    watched = tuple(_watchlist(figures)) if figures is not None and only != "language" else ()
    if jobs > 1 and only != "language":
        OwnModels(load_settings().taggers)  # what cannot be read is said before processes are started
    stream = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    failed = False
    with stream:
        for answers_of, wrong in enrich_batches(stream, watched, only, jobs):
            failed |= wrong
            sys.stdout.buffer.write(answers_of)
    sys.stdout.buffer.flush()
    sys.exit(1 if failed else 0)


def enrich_batches(
    stream: Iterable[bytes], watched: tuple[Figure, ...], only: str | None, jobs: int
) -> Iterator[tuple[bytes, bool]]:
    """The answers as JSON Lines, some at a time, in order, and whether one of them is an error.

    Raises:
        click.ClickException: one of several processes has ended; what it was given is not answered.
    """
    if jobs == 1:
        _start(watched, only)
        yield from map(_answer, in_batches(stream, 1))
        return
    # Started anew, not forked: this process may have threads by now, in numpy if nowhere else.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (watched, only, True)) as pool:
        try:
            yield from in_order(pool, _answer, in_batches(stream), jobs * _AHEAD)
        except BrokenProcessPool as error:
            message = "a process of `enrich` was ended from outside, perhaps for want of memory: try fewer --jobs"
            raise click.ClickException(message) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_enrich: Callable[..., Iterator[dict[str, Any]]] | None = None


def _start(watched: tuple[Figure, ...], only: str | None, apart: bool = False) -> None:  # noqa: FBT001, FBT002 - by place
    """Get ready to answer, in this process or in one `apart`, which an interruption leaves to the one that asks."""
    global _enrich  # noqa: PLW0603 - what a process answers with is given to it once
    if apart:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    recogniser = None
    if only != "language":
        recogniser = Recogniser(load().entities, own=OwnModels(load_settings().taggers))
        recogniser.track_all(watched)
    _enrich = partial(enrich_lines, recogniser=recogniser, only=only)


def _answer(batch: Batch) -> tuple[bytes, bool]:
    assert _enrich is not None, "a process answers after it has started"  # noqa: S101 - for the types
    made = list(_enrich(batch.lines, first=batch.first))
    return b"".join(msgspec.json.encode(one) + b"\n" for one in made), any("error" in one for one in made)


def enrich_lines(
    lines: Iterable[bytes], recogniser: Recogniser | None, only: str | None = None, *, first: int = 1
) -> Iterator[dict[str, Any]]:
    """One object for each line, in order; `first` is the number of the first."""
    return answers(lines, lambda plain, _number: _enriched(plain, recogniser, only), first)


def _enriched(plain: dict[str, Any], recogniser: Recogniser | None, only: str | None) -> dict[str, Any]:
    # As it is given: offsets point into these very texts. What must be cleaned is cleaned where items come in.
    texts = {name: value for name in ("title", "summary", "body", "text") if isinstance(value := plain.get(name), str)}
    hint = plain.get("language_hint")
    item = Item(
        id=str(plain.get("id", "")),
        source="",
        fetched_at=now(),
        title=texts.get("title", ""),
        summary=texts.get("summary", ""),
        body=texts.get("body", texts.get("text", "")),
        language_hint=hint if isinstance(hint, str) else None,
    )
    known = understand(item, recogniser.mentions if recogniser else lambda _item, _language: ())
    answer = dict(plain)
    if only != "entities":
        answer |= {
            "language": known.language,
            "language_confidence": known.confidence,
            "language_second": known.second,
            "language_reason": known.reason,
        }
    if only != "language":
        answer["mentions"] = [_mention(mention, "body" if "body" in texts else "text") for mention in known.mentions]
    return answer


def _mention(mention: Mention, body: str) -> dict[str, Any]:
    """A mention as an object, with the name that its field has on the line."""
    plain: dict[str, Any] = msgspec.to_builtins(mention)
    return plain | {"field": body} if mention.field == "body" else plain


def _watchlist(path: Path) -> Iterator[Figure]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield msgspec.json.decode(line, type=Figure)
                except msgspec.DecodeError as error:
                    raise click.UsageError(f"{path}, line {number}: {error}") from error
