"""Writes `schemas/json/`: a JSON Schema for each record, and the index template, made from the types.

    python -m schemas.generate

A test compares the files with what this makes, so they cannot fall behind.
"""

from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from schemas.alert import Alert, Delivery, Figure, Match, Withheld
from schemas.codec import Record
from schemas.deadletter import DeadLetter
from schemas.document import Document, Enriched
from schemas.feed import Feed, FeedName, FeedSeen, FeedState
from schemas.forgotten import Forgotten
from schemas.index import side_template, template
from schemas.item import Item
from schemas.page import Page, Wanted
from schemas.rule import Rule, Snooze, Tick
from schemas.side_indices import KINDS
from schemas.subscription import Subscription

RECORDS: dict[str, type[Record]] = {
    "item": Item,
    "subscription": Subscription,
    "wanted": Wanted,
    "page": Page,
    "enriched": Enriched,
    "document": Document,
    "figure": Figure,
    "match": Match,
    "alert": Alert,
    "withheld": Withheld,
    "delivery": Delivery,
    "rule": Rule,
    "snooze": Snooze,
    "tick": Tick,
    "feed": Feed,
    "feed-state": FeedState,
    "feed-name": FeedName,
    "feed-seen": FeedSeen,
    "dead-letter": DeadLetter,
    "forgotten": Forgotten,
}
FOLDER = Path(__file__).parent / "json"


def generated() -> dict[str, bytes]:
    """File names and their contents."""
    files = {f"{name}.schema.json": schema(record) for name, record in RECORDS.items()}
    files["index-template.json"] = template("news", shards=1, replicas=0, refresh_seconds=0.5)
    for kind in KINDS:
        files[f"index-template-{kind}.json"] = side_template("news", kind, shards=1, replicas=0)
    return {name: msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n" for name, value in files.items()}


def schema(record: type[Record]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record's present version."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": record.__name__,
        "version": record.VERSION,
        **_undented(msgspec.json.schema(record)),
    }


def _undented(part: Any) -> Any:  # noqa: ANN401 - any part of a JSON value
    # Python 3.13 takes the indentation out of docstrings, older ones leave it in.
    if isinstance(part, list):
        return [_undented(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: cleandoc(value) if key == "description" and isinstance(value, str) else _undented(value)
        for key, value in part.items()
    }


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in generated().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
