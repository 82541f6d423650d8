"""Web archives (WARC), such as Common Crawl's news: each HTML page that was served whole is an item.

Records are read one at a time, whatever the size of the archive, and each has its place in the file, so that reading
can begin there. The page's article is found in a child process (`connectors.article_reader`), so that no page can hold
or break the rest. Source: ISO 28500, https://iipc.github.io/warc-specifications/.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from connectors.article import Article
from connectors.charset import decode
from connectors.files.place import Place
from connectors.protocol import Refused
from connectors.urls import canonical_url, host_of
from schemas.codec import from_millis, now
from schemas.intake import repair
from schemas.item import Item, item_id

PAGE_BYTES = 5_000_000
# Less text than this, or text on which two extractors do not agree at all, is a list, a menu or a notice.
ARTICLE_LEAST = 250
QUALITY_LEAST = 0.3
OK = 200
CUT_OFF = "it ends within a record"
BLOCK = 16 * 1024

ReadArticle = Callable[[str, str | None], Article | None]


def read_warc(stream: BinaryIO, place: Place, read: ReadArticle, source: str) -> Iterator[Item | Refused]:
    """The pages of an archive from where the stream stands.

    Args:
        stream: positioned at the beginning of a record.
        place: told of the beginning of each record.
        read: finds the article of a page; None for one that cannot be read.
        source: names the source of the items; the page's host is their outlet.
    """
    start = place.offset
    damaged = None
    try:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response | WarcRecordType.resource):
            place.offset = place.read_to = max(start, record.stream_pos)
            place.number += 1
            found = _page(record, f"{place.path}@{place.offset}", read, source)
            if found is not None:
                yield found
        damaged = CUT_OFF if _is_cut_off(stream, place.offset) else None
    except (OSError, ValueError) as error:
        damaged = str(error)
    if damaged:
        yield Refused(reason=f"the archive is damaged: {damaged}", origin=f"{place.path}@{place.offset}")


def _is_cut_off(stream: BinaryIO, offset: int) -> bool:
    """Whether a packed archive ends within a record, which readers take for its end; `offset` is its last page."""
    if not stream.seekable():
        return False
    stream.seek(offset)
    unpacking = None
    while block := stream.read(BLOCK):
        while block:
            if unpacking is None and not block.startswith(b"\x1f"):
                return offset > 0 and not block.startswith(b"WARC/") and bool(block.strip(b"\x00\r\n"))
            unpacking = unpacking or zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                unpacking.decompress(block)
            except zlib.error:
                return True
            block, unpacking = (unpacking.unused_data, None) if unpacking.eof else (b"", unpacking)
    return unpacking is not None


def _page(record: WarcRecord, origin: str, read: ReadArticle, source: str) -> Item | Refused | None:
    """None for what is no page: an image, an error, a redirect, a page without an article."""
    url = canonical_url(str(record.headers.get("WARC-Target-URI") or "").strip("<>"))
    http = record.http_headers
    if url is None or (http is not None and http.status_code != OK):
        return None
    kind = (record.http_content_type if http is not None else record.headers.get("Content-Type")) or ""
    if "html" not in kind:
        return None
    length = min(record.content_length, PAGE_BYTES)
    body = record.reader.read(PAGE_BYTES)
    if len(body) < length:
        raise ValueError(CUT_OFF)
    charset = f"{kind}; charset={record.http_charset}" if record.http_charset else kind
    html, repairs = decode(body, charset)
    article = read(html, url)
    if article is None:
        return Refused(reason="the page cannot be read within its limits", origin=origin, raw=body)
    text = article.document
    if len(text.body) < ARTICLE_LEAST or article.quality < QUALITY_LEAST:
        return None
    return repair(
        Item(
            id=item_id(url=url), source=source, source_name=host_of(url), fetched_at=_fetched(record), title=text.title,
            summary=text.summary, body=text.body, url=url, published_at=text.published_at, authors=text.authors,
            language_hint=text.language, repairs=(*repairs, *text.repairs), text_method=article.method,
            text_quality=article.quality,
        )
    )  # fmt: skip


def _fetched(record: WarcRecord) -> datetime:
    # When the archive took the page: it orders this version among others of the same page.
    moment = record.record_date
    return from_millis(int(moment.astimezone(UTC).timestamp() * 1000)) if moment else now()
