"""Files as a source: JSON Lines, text, HTML, feeds, folders, standard input.

The kind is told by the name's ending, and by the first character where there is no name. Lines are read one at a time,
in constant memory; what is over 10 MB is hashed as it passes and refused with its beginning.
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from connectors.charset import decode
from connectors.documents import Document, read_html, read_text
from connectors.feeds.decide import to_item
from connectors.opml import feed_id
from connectors.parse import Unreadable, parse
from connectors.protocol import Refused
from connectors.settle import read_object
from connectors.urls import canonical_url
from schemas import intake
from schemas.codec import now
from schemas.deadletter import SAMPLE_BYTES
from schemas.feed import Feed
from schemas.intake import RAW_LIMIT
from schemas.item import Item, item_id

STDIN = "-"
BLOCK = 256 * 1024
LINES = frozenset({".jsonl", ".ndjson", ".json"})
HTML = frozenset({".html", ".htm", ".xhtml"})
FEED = frozenset({".xml", ".rss", ".atom", ".rdf"})
TEXT = frozenset({".txt", ".text", ".md", ""})


def read(paths: Sequence[Path | str], *, source: str, url: str | None = None) -> Iterator[Item | Refused]:
    """Everything in these files and folders, in the order given; a folder's files by name, hidden ones left out.

    Args:
        paths: files, folders, or `-` for standard input.
        source: the name of the source, for items that name none themselves.
        url: the page of the one text or HTML file that is read; it becomes the item's identity.

    Raises:
        ValueError: `url` is none, or is given with what is more than one text or HTML file.
    """
    page = None
    if url is not None:
        page = canonical_url(url)
        if page is None:
            raise ValueError(f"{url!r} is not an http(s) address")
        if len(paths) != 1 or Path(paths[0]).is_dir():
            raise ValueError("a URL names one page: give exactly one file with it")
    return Files(paths=tuple(paths), source=source, url=page).items()


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A `connectors.protocol.Source` over paths. `url` is canonical."""

    paths: tuple[Path | str, ...]
    source: str
    url: str | None = None

    def items(self) -> Iterator[Item | Refused]:
        """Everything, once. A file that cannot be opened is a refusal."""
        for path in self.paths:
            if str(path) == STDIN:
                yield from self._stream(sys.stdin.buffer)
                continue
            for file in _files(Path(path)):
                try:
                    with file.open("rb") as stream:
                        yield from self._file(file, stream)
                except OSError as error:
                    yield Refused(reason=f"the file cannot be read: {error.strerror or error}", origin=str(file))

    def _file(self, file: Path, stream: BinaryIO) -> Iterator[Item | Refused]:
        ending = file.suffix.lower()
        if ending in LINES:
            return self._lines(stream, str(file))
        if ending in FEED:
            return self._feed(stream, file)
        if ending in HTML or ending in TEXT:
            return self._document(stream, str(file), file.resolve().as_uri(), html=ending in HTML)
        return iter([Refused(reason=f"files that end in {ending} are not read", origin=str(file))])

    def _stream(self, stream: BinaryIO) -> Iterator[Item | Refused]:
        # `peek` looks without taking; standard input cannot be read twice.
        beginning = getattr(stream, "peek", lambda _n: b"")(BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if beginning in {b"{", b"["}:
            return self._lines(stream, "stdin")
        return self._document(stream, "stdin", None, html=beginning == b"<")

    def _lines(self, stream: BinaryIO, origin: str) -> Iterator[Item | Refused]:
        number = 0
        while line := stream.readline(RAW_LIMIT + 2):
            number += 1
            at = f"{origin}:{number}"
            if len(line.rstrip(b"\r\n")) > RAW_LIMIT:
                yield _too_long(line, _rest_of_line(line, stream), at)
            elif line.strip():
                yield self._line(line, at)

    def _line(self, line: bytes, at: str) -> Item | Refused:
        return read_object(line, source=self.source, origin=at)

    def _document(self, stream: BinaryIO, origin: str, uri: str | None, *, html: bool) -> Iterator[Item | Refused]:
        body = stream.read(RAW_LIMIT + 1)
        if len(body) > RAW_LIMIT:
            yield _too_long(body, iter(lambda: stream.read(BLOCK), b""), origin)
            return
        text, repairs = decode(body)
        document = read_html(text, self.url) if html else read_text(text)
        if not (document.title or document.body):
            yield Refused(reason="a required field is missing: the file holds no text", origin=origin, raw=body)
            return
        yield self._item(document, uri or f"stdin:{hashlib.sha256(body).hexdigest()[:32]}", repairs)

    def _item(self, document: Document, guid: str, repairs: tuple[str, ...]) -> Item:
        url = self.url or document.url
        return intake.repair(
            Item(
                id=item_id(url=url, source=self.source, guid=guid),
                source=self.source,
                fetched_at=now(),
                title=document.title,
                summary=document.summary,
                body=document.body,
                url=url,
                guid=guid,
                published_at=document.published_at,
                language_hint=document.language,
                authors=document.authors,
                repairs=(*repairs, *document.repairs),
            )
        )

    def _feed(self, stream: BinaryIO, file: Path) -> Iterator[Item | Refused]:
        body = stream.read(RAW_LIMIT + 1)
        if len(body) > RAW_LIMIT:
            yield _too_long(body, iter(lambda: stream.read(BLOCK), b""), str(file))
            return
        uri = file.resolve().as_uri()
        parsed = parse(body, url=uri)
        if isinstance(parsed, Unreadable):
            yield Refused(reason=parsed.reason, origin=str(file), raw=body)
            return
        feed = Feed(id=feed_id(uri), url=uri, name=self.source)
        for entry in reversed(parsed.entries):
            yield to_item(entry, feed, parsed, str(file), now())


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for inner in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in inner.relative_to(path).parts)
        if inner.is_file() and not hidden:
            yield inner


def _rest_of_line(line: bytes, stream: BinaryIO) -> Iterator[bytes]:
    while line and not line.endswith(b"\n"):
        line = stream.readline(BLOCK)
        yield line


def _too_long(beginning: bytes, rest: Iterator[bytes], origin: str) -> Refused:
    digest, length = hashlib.sha256(beginning), len(beginning)
    for block in rest:
        digest.update(block)
        length += len(block)
    return Refused(
        reason=f"{length:,} bytes; an item may have {RAW_LIMIT:,}",
        origin=origin,
        raw=beginning[:SAMPLE_BYTES],
        length=length,
        sha256=digest.hexdigest(),
    )
