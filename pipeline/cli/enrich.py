"""`kabar enrich`: the filter. What the agents call, without servers."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from pipeline.enrich import understand
from pipeline.entities import Recogniser
from pipeline.knowledge import load
from pipeline.lines import answers
from schemas.alert import Figure
from schemas.codec import now
from schemas.document import Mention
from schemas.item import Item


@click.command("enrich")
@click.argument("path", type=click.Path(allow_dash=True, path_type=Path), default="-")
@click.option("--figures", type=click.Path(exists=True, path_type=Path), help="A watchlist, JSON Lines.")
@click.option("--only", type=click.Choice(["language", "entities"]), help="Only this part.")
def command(path: Path, figures: Path | None, only: str | None) -> None:
    """Items as JSON Lines in, the same with language and mentions out; no server needed.

    Each line has `id` and any of title, summary, body (or text), language_hint. A mention's `field` names the one
    that it stands in, `start` and `end` count its code points. A line that is no JSON object comes out as
    {"error": …}, and the exit code is then 1.

    \b
    Example:
      echo '{"id": "1", "title": "Putin akan mengunjungi Pyongyang"}' | kabar enrich
    """
    recogniser = None
    if only != "language":
        recogniser = Recogniser(load().entities)
        if figures is not None:
            recogniser.track_all(_watchlist(figures))
    stream = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    failed = False
    with stream:
        for answer in enrich_lines(stream, recogniser, only):
            failed |= "error" in answer
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
    sys.exit(1 if failed else 0)


def enrich_lines(
    stream: Iterable[bytes], recogniser: Recogniser | None, only: str | None = None
) -> Iterator[dict[str, Any]]:
    """One object for each line of the stream, in order."""
    return answers(stream, lambda plain, _number: _enriched(plain, recogniser, only))


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
