"""All hits of a query, however many, in constant memory: JSON Lines, CSV, or records."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from pipeline.elastic import Index
from pipeline.query import parse
from pipeline.search.answer import Hit, hit_of
from pipeline.search.compile import Context, compiled
from pipeline.search.names import Names
from pipeline.search.request import STORED, Query, selections
from schemas.codec import now

PAGE = 500
COLUMNS = (
    "id", "date", "language", "source", "source_name", "source_country", "title", "summary", "url", "people",
    "organisations", "places", "categories", "story_id", "duplicate_of", "revision", "first_seen_at", "indexed_at",
)  # fmt: skip
# A spreadsheet would run a cell that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def every(index: Index, query: Query, names: Names | None = None) -> Iterator[Hit]:
    """Every item that a query finds, newest first (or oldest, if asked for), as of one moment.

    `size`, `offset` and `collapse` of the query mean nothing here.

    Raises:
        QueryError: the text is no query.
        IndexUnavailable, IndexRefused: the index does not answer, or not to this.
    """
    context = Context(names or Names(), now())
    tree = compiled(parse(query.text), context)
    body: dict[str, Any] = {
        "query": {"bool": {"must": [tree], "filter": list(selections(query, context).values())}},
        "size": PAGE,
        "track_total_hits": False,
        "source_excludes": STORED,
        "sort": [{"date": "asc" if query.sort == "oldest" else "desc"}, {"_shard_doc": "asc"}],
    }
    with index.snapshot() as pit:
        body["pit"] = pit
        while True:
            page = index.search(body)
            hits = page["hits"]["hits"]
            yield from map(hit_of, hits)
            if len(hits) < PAGE:
                return
            body |= {"search_after": hits[-1]["sort"], "pit": {**pit, "id": page["pit_id"]}}


def json_lines(hits: Iterator[Hit]) -> Iterator[bytes]:
    """One JSON object a line."""
    for hit in hits:
        yield msgspec.json.encode(hit) + b"\n"


def csv_lines(hits: Iterator[Hit]) -> Iterator[bytes]:
    """CSV (RFC 4180) with a line of names, lists joined by semicolons, no cell that a spreadsheet would run."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for hit in hits:
        yield _taken(buffer)
        values = msgspec.to_builtins(hit)
        writer.writerow([_cell(values[column]) for column in COLUMNS])
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return data


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
