"""The source: which kind a file is, and its items in order, with the place reached after each.

The kind is told by the name's ending (under `.gz` and `.zip` by the one below), and by the first character where there
is no name. Lines and archives are read one record at a time, in constant memory; what is over 10 MB is hashed as it
passes and refused with its beginning.
"""

import csv
import gzip
import hashlib
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from connectors.article import Article
from connectors.article_reader import ArticleReader
from connectors.charset import decode
from connectors.documents import read_text
from connectors.feeds.decide import to_item
from connectors.files.gdelt import from_row
from connectors.files.place import BLOCK, Place, lines, whole
from connectors.files.warc import read_warc
from connectors.opml import feed_id
from connectors.parse import Unreadable, parse
from connectors.protocol import Refused
from connectors.settle import read_object
from connectors.urls import canonical_url
from schemas import intake
from schemas.codec import now
from schemas.feed import Feed
from schemas.item import Item, item_id

STDIN = "-"
LINES = frozenset({".jsonl", ".ndjson"})
JSON = frozenset({".json"})
TABLE = frozenset({".csv", ".tsv"})
ARCHIVE = frozenset({".warc"})
HTML = frozenset({".html", ".htm", ".xhtml"})
FEED = frozenset({".xml", ".rss", ".atom", ".rdf"})
TEXT = frozenset({".txt", ".text", ".md", ""})
# Kinds that can be left and gone on with in the middle.
STREAMED = LINES | JSON | TABLE | ARCHIVE
JSON_BYTES = 64_000_000

Begin = Callable[[Path], Place]


def read(paths: Sequence[Path | str], *, source: str, url: str | None = None) -> Iterator[Item | Refused]:
    """Everything in these files and folders, in the order given; a folder's files by name, hidden ones left out.

    Args:
        paths: files, folders, or `-` for standard input.
        source: the name of the source, for items that name none themselves.
        url: the page of the one text or HTML file that is read; it becomes the item's identity.

    Raises:
        ValueError: `url` is none, or is given with what is more than one text or HTML file.
    """
    return files_of(paths, source=source, url=url).items()


def files_of(paths: Sequence[Path | str], *, source: str, url: str | None = None) -> "Files":
    """The source that `read` reads. The same arguments and errors."""
    page = None
    if url is not None:
        page = canonical_url(url)
        if page is None:
            raise ValueError(f"{url!r} is not an http(s) address")
        if len(paths) != 1 or Path(paths[0]).is_dir():
            raise ValueError("a URL names one page: give exactly one file with it")
    return Files(paths=tuple(paths), source=source, url=page)


def _beginning(path: Path) -> Place:
    return Place(str(path), size=path.stat().st_size)


@dataclass(slots=True, kw_only=True)
class Files:
    """A `connectors.protocol.Source` over paths. `url` is canonical.

    `begin` says where to begin with a file (`connectors.files.journal`), `on_end` is called when one was read to its
    end. `place` is where the reading is: what lies before it was yielded.
    """

    paths: tuple[Path | str, ...]
    source: str
    url: str | None = None
    begin: Begin = _beginning
    on_end: Callable[[Place], None] | None = None
    place: Place = field(default_factory=lambda: Place(STDIN))
    _reader: ArticleReader | None = None

    def items(self) -> Iterator[Item | Refused]:
        """Everything, once. A file that cannot be opened is a refusal."""
        try:
            for path in self.paths:
                if str(path) == STDIN:
                    self.place = Place("stdin")
                    yield from self._stream(sys.stdin.buffer)
                    continue
                for file in files_in(Path(path)):
                    yield from self._opened(file)
        finally:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def _opened(self, file: Path) -> Iterator[Item | Refused]:
        try:
            self.place = self.begin(file)
            with file.open("rb") as raw, _open(file, raw) as (stream, ending):
                for found in self._file(file, ending, stream):
                    if ending not in ARCHIVE:  # an archive says itself how far it is
                        self.place.read_to = raw.tell()
                    yield found
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or error
            yield Refused(reason=f"the file cannot be read: {reason}", origin=str(file))
            return
        if self.on_end is not None:
            self.on_end(self.place)

    def _file(self, file: Path, ending: str, stream: BinaryIO) -> Iterator[Item | Refused]:
        if ending in STREAMED:
            _skip_to(stream, self.place.offset)
        readers: dict[frozenset[str], Callable[[], Iterator[Item | Refused]]] = {
            ARCHIVE: lambda: read_warc(stream, self.place, self._article_of, self.source),
            LINES: lambda: self._lines(stream),
            JSON: lambda: self._json(stream),
            TABLE: lambda: self._table(stream),
            FEED: lambda: self._feed(stream, file),
            HTML: lambda: self._document(stream, str(file), file.resolve().as_uri(), html=True),
            TEXT: lambda: self._document(stream, str(file), file.resolve().as_uri(), html=False),
        }
        reader = next((reader for endings, reader in readers.items() if ending in endings), None)
        if reader is None:
            return iter([Refused(reason=f"files that end in {file.suffix.lower()} are not read", origin=str(file))])
        return reader()

    def _stream(self, stream: BinaryIO) -> Iterator[Item | Refused]:
        # `peek` looks without taking; standard input cannot be read twice.
        beginning = getattr(stream, "peek", lambda _n: b"")(BLOCK)
        if beginning.startswith((b"WARC/", b"\x1f\x8b")):
            return read_warc(stream, self.place, self._article_of, self.source)
        first = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if first == b"[":
            return self._json(stream)
        if first == b"{":
            return self._lines(stream)
        return self._document(stream, "stdin", None, html=first == b"<")

    def _lines(self, stream: BinaryIO) -> Iterator[Item | Refused]:
        for at, line in lines(stream, self.place):
            yield line if isinstance(line, Refused) else read_object(line, source=self.source, origin=at)

    def _json(self, stream: BinaryIO) -> Iterator[Item | Refused]:
        """JSON Lines under another name, or one document: an object, an array, or GDELT's list of articles."""
        peeked = io.BufferedReader(cast("io.RawIOBase", stream), BLOCK)
        try:
            first = peeked.peek(BLOCK).lstrip(b"\xef\xbb\xbf").partition(b"\n")[0].strip()
            if self.place.offset or (first.startswith(b"{") and _decodes(first)):
                yield from self._lines(peeked)
                return
            body = whole(peeked, self.place.path, JSON_BYTES)
        finally:
            peeked.detach()  # whoever opened the stream closes it
        if isinstance(body, Refused):
            yield body
            return
        for number, part in enumerate(_parts(body), start=1):
            yield read_object(part, source=self.source, origin=f"{self.place.path}:{number}")

    def _table(self, stream: BinaryIO) -> Iterator[Item | Refused]:
        for at, line in lines(stream, self.place):
            if isinstance(line, Refused):
                yield line
                continue
            text, _ = decode(line)
            delimiter = "\t" if "\t" in text else ","
            text = text.rstrip("\r\n")
            cells = text.split("\t") if delimiter == "\t" else next(csv.reader([text]), [])
            found = from_row(cells, source=self.source, origin=at, raw=line)
            if found is not None:
                yield found

    def _article_of(self, html: str, url: str | None) -> Article | None:
        if self._reader is None:
            self._reader = ArticleReader()
        return self._reader.read(html, url)

    def _document(self, stream: BinaryIO, origin: str, uri: str | None, *, html: bool) -> Iterator[Item | Refused]:
        body = whole(stream, origin)
        if isinstance(body, Refused):
            yield body
            return
        text, repairs = decode(body)
        article = self._article_of(text, self.url) if html else None
        if html and article is None:
            yield Refused(reason="the page cannot be read within its limits", origin=origin, raw=body)
            return
        document = article.document if article else read_text(text)
        if not (document.title or document.body):
            yield Refused(reason="a required field is missing: the file holds no text", origin=origin, raw=body)
            return
        guid = uri or f"stdin:{hashlib.sha256(body).hexdigest()[:32]}"
        url = self.url or document.url
        yield intake.repair(
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
                text_method=article.method if article else None,
                text_quality=article.quality if article else None,
            )
        )

    def _feed(self, stream: BinaryIO, file: Path) -> Iterator[Item | Refused]:
        body = whole(stream, str(file))
        if isinstance(body, Refused):
            yield body
            return
        uri = file.resolve().as_uri()
        parsed = parse(body, url=uri)
        if isinstance(parsed, Unreadable):
            yield Refused(reason=parsed.reason, origin=str(file), raw=body)
            return
        feed = Feed(id=feed_id(uri), url=uri, name=self.source)
        for entry in reversed(parsed.entries):
            yield to_item(entry, feed, parsed, str(file), now())


def files_in(path: Path) -> Iterator[Path]:
    """The file itself, or a folder's files by name, with its folders, without hidden ones."""
    if not path.is_dir():
        yield path
        return
    for inner in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in inner.relative_to(path).parts)
        if inner.is_file() and not hidden:
            yield inner


def kind_of(file: Path) -> str:
    """The ending that tells a file's kind, in lower case; under `.gz` and `.zip` the one below."""
    ending = file.suffix.lower()
    return Path(file.stem).suffix.lower() if ending in {".gz", ".zip"} else ending


@contextmanager
def _open(file: Path, raw: BinaryIO) -> Iterator[tuple[BinaryIO, str]]:
    kind = kind_of(file)
    if file.suffix.lower() == ".gz" and kind not in ARCHIVE:  # an archive unpacks its own records
        with gzip.open(raw) as unpacked:
            yield cast("BinaryIO", unpacked), kind
    elif file.suffix.lower() == ".zip":
        with zipfile.ZipFile(raw) as packed:
            names = [name for name in packed.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise zipfile.BadZipFile(f"it holds {len(names)} files; one is read")
            with packed.open(names[0]) as inside:
                yield cast("BinaryIO", inside), Path(names[0]).suffix.lower()
    else:
        yield raw, kind


def _skip_to(stream: BinaryIO, offset: int) -> None:
    # A packed file has to be unpacked up to there, which is quicker than reading what is in it.
    if offset:
        stream.seek(offset)


def _decodes(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _parts(body: bytes) -> list[bytes]:
    body = body.strip().removeprefix(b"\xef\xbb\xbf")
    try:
        if body.startswith(b"["):
            return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
        articles = msgspec.json.decode(body, type=_ArticleList).articles
    except (msgspec.DecodeError, RecursionError):
        return [body]
    return [bytes(raw) for raw in articles]


class _ArticleList(msgspec.Struct, frozen=True):
    articles: list[msgspec.Raw]
