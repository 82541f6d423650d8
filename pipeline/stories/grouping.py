"""What `kabar group` does: the windows of the agent, fed by lines of JSON instead of a topic.

A line becomes the record that `enrich` would have sent, with what it does not say worked out by the same code; the
window of its language group decides. The same lines give the same answers, whenever and wherever they are read.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pipeline.language import language_group
from pipeline.lines import answers
from pipeline.reasons import because
from pipeline.stories.events import Events
from pipeline.stories.rows import Rows, decide
from pipeline.stories.window import WINDOW, Window
from schemas.document import Enriched, Mention, Placement
from schemas.intake import clean
from schemas.item import BODY_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT, Item, content_hash, item_id

# Where no line says a time: any fixed moment does, and no clock is asked.
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
BETWEEN_LINES = timedelta(seconds=1)
LATEST_IN_SECONDS = 1e11  # a number above it counts milliseconds
# A window counts seconds since 1970 in 32 bits; a time outside of them is no time of news.
EARLIEST, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC)

Understand = Callable[[Item, str | None], tuple[str, tuple[Mention, ...]]]


class Grouper:
    """Decides about items in the order in which they are given.

    `understand` gives the language (its second argument where that is known) and the mentions of an item; it is
    called only for lines that lack one of them.
    """

    def __init__(self, understand: Understand, table: Rows, span: timedelta = WINDOW) -> None:
        self._understand = understand
        self._span = span
        self._windows: dict[str, Window] = {}
        self._moment = FIRST_MOMENT - BETWEEN_LINES
        self._names: dict[str, str] = {}
        self._known: dict[str, tuple[str, str, int]] = {}
        self._table = table
        self._decided = 0
        self._events = Events(span)

    def lines(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """One object for each line that is not blank, in order; `{"error": …}` for one that is no JSON object."""
        return answers(lines, self.place)

    def place(self, plain: dict[str, Any], number: int) -> dict[str, Any]:
        """The same object with its marks; `number` stands for a missing id."""
        name = str(plain.get("id", number))
        key = item_id(url=None, source="group", guid=name or str(number))
        self._names.setdefault(key, name)
        item = _item(plain, key)
        self._moment = seen = _moment(plain.get("first_seen_at")) or self._moment + BETWEEN_LINES
        digest = content_hash(item)
        group, known_digest, revision = self._known.get(key, ("", "", 0))
        language, mentions = self._understood(plain, item)
        group = group or language_group(language)
        revision += digest != known_digest
        self._known[key] = (group, digest, revision)
        enriched = Enriched(
            item=item,
            revision=revision,
            first_seen_at=seen,
            content_hash=digest,
            language=language,
            language_confidence=1.0,
            language_group=group,
            enriched_at=seen,
            mentions=mentions,
        )
        window = self._windows.get(group)
        if window is None:
            window = self._windows[group] = Window(group, self._span, self._events)
        placement = self._decide(window, enriched)
        return plain | self._marks(placement)

    def _decide(self, window: Window, enriched: Enriched) -> Placement:
        self._decided += 1
        return decide(window, enriched, self._decided, self._table).placement

    def _understood(self, plain: dict[str, Any], item: Item) -> tuple[str, tuple[Mention, ...]]:
        said = plain.get("language")
        language = said if isinstance(said, str) and said else None
        mentions = _mentions(plain.get("mentions"))
        if language is not None and mentions is not None:
            return language, mentions
        found, found_mentions = self._understand(item, language)
        return language or found, found_mentions if mentions is None else mentions

    def _marks(self, placement: Placement) -> dict[str, Any]:
        original = placement.duplicate_of
        return {
            "duplicate_of": None if original is None else self._names[original],
            "duplicate_similarity": placement.duplicate_similarity,
            "duplicate_reason": placement.duplicate_reason,
            "story_id": placement.story_id,
            "event_id": placement.event_id,
        }


def _item(plain: dict[str, Any], key: str) -> Item:
    def text(*names: str, limit: int) -> str:
        value = next((value for name in names if isinstance(value := plain.get(name), str)), "")
        return clean(value[: 2 * limit])[:limit]

    hint = plain.get("language_hint")
    return Item(
        id=key,
        source="group",
        fetched_at=FIRST_MOMENT,
        title=text("title", limit=TITLE_LIMIT),
        summary=text("summary", limit=SUMMARY_LIMIT),
        body=text("body", "text", limit=BODY_LIMIT),
        language_hint=hint if isinstance(hint, str) else None,
    )


def _moment(value: object) -> datetime | None:
    """A time as ISO 8601 or in seconds or milliseconds since 1970; None where there is none that can be meant."""
    try:
        moment = _time(value)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment is not None and EARLIEST <= moment < END else None


def _time(value: object) -> datetime | None:
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if abs(value) > LATEST_IN_SECONDS else value, UTC)
    return None


def _mentions(value: object) -> tuple[Mention, ...] | None:
    """Mentions as `kabar enrich` writes them, or as little as their names; None where there are none."""
    if not isinstance(value, list):
        return None
    return tuple(mention for entry in value if (mention := _mention(entry)) is not None)


def _mention(entry: object) -> Mention | None:
    try:
        return msgspec.convert(entry, Mention)
    except msgspec.ValidationError:
        pass
    plain = entry if isinstance(entry, dict) else {"text": entry}
    said = [value for name in ("entity_id", "id", "name", "text") if isinstance(value := plain.get(name), str)]
    if not said:
        return None
    kind = plain.get("type")
    field = plain.get("field")
    text = plain.get("text")
    return Mention(
        text=text if isinstance(text, str) else said[0],
        type=kind if kind in {"PER", "ORG", "LOC"} else "PER",
        start=0,
        end=0,
        field=field if field in {"title", "summary", "body"} else "body",
        entity_id=said[0],
        name=said[0],
        confidence=1.0,
        why=because("given"),
    )
