"""The window of one language group: what came in the last days, and where a new item belongs.

For an item that is new:

    clock      the window moves on; what is older leaves
    copy?      the same content, else shingles in common, verified by the row's sketch → the original and its story
    story?     stories that share its most telling terms, by cosine with each → the nearest above the threshold
    else       a new story, named after the item, which may tell of an event that stories in other languages tell of

For a known item nothing is decided again: it keeps its placement, and a new revision renews its fingerprint.

In memory are only the keys by which copies are found and what stories are about; what verifies a copy is in its row,
which the caller looks up.
"""

from array import array
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from heapq import nlargest
from operator import itemgetter

import msgspec

from pipeline.stories import copies
from pipeline.stories.arrivals import Arrivals, content_key
from pipeline.stories.clusters import Clusters
from pipeline.stories.events import Events
from pipeline.stories.fingerprint import SCHEME, Fingerprint, fingerprint
from pipeline.stories.script import in_one_script
from pipeline.stories.state import REASONS, Outcome, Row
from pipeline.stories.tellings import telling
from pipeline.stories.terms import adjacent_names
from pipeline.stories.vectors import NOTHING, Vector
from schemas.codec import millis
from schemas.document import Enriched, Placement

WINDOW = timedelta(days=7)

# A row that left the window is deleted only when its event is too far back to be delivered again, since a redelivered
# event must find its answer. Faust commits every 10,000 events or less.
REDELIVERED = 20_000
DELETED_AT_ONCE = 4
TRIED = 3  # of the texts that are like one, the likest, whether they are of a series

Lookup = Callable[[str], bytes | None]


class Window:
    """The items of one language group, in arrival order. Not thread-safe.

    Everything here is derived from the rows. A window restored from them decides as this one does; only what members
    that left had added to a story that still lives is no longer in it.
    """

    def __init__(self, group: str, span: timedelta = WINDOW, events: Events | None = None) -> None:
        """`events` are those of all groups, where there are several."""
        self.group = group
        self.events = Events(span) if events is None else events
        self.partition = -1  # of the topic and the table, -1 where there are none
        self._span = span // timedelta(seconds=1)
        self.arrivals = Arrivals()
        self.clusters = Clusters()
        self._clock = 0
        self._seq = 0

    def __len__(self) -> int:
        """How many items are inside the window."""
        return len(self.arrivals)

    def decide(self, enriched: Enriched, offset: int, lookup: Lookup, tick: int | None = None) -> Outcome:
        """What follows from one event of the source topic at this partition offset.

        `lookup` gives the row of an item as it was last written. `tick` counts the events that this process decided,
        of all partitions; the offset does where it is not given. An event seen before is answered as it was decided,
        at whatever offset it comes again.
        """
        key = enriched.item.id
        found = lookup(key)
        known = None if found is None else Row.decode(found)
        if known is not None and enriched.revision <= known.revision:
            return Outcome(known.placement(), {})
        tick = offset if tick is None else tick
        first_seen = known.first_seen if known else millis(enriched.first_seen_at)
        self._advance(first_seen // 1000, tick)
        written = in_one_script(enriched, self.group)
        sketch = fingerprint(written.item, written.mentions)
        if known is None:
            placement, story, packed = self._find(written, first_seen // 1000, sketch, lookup)
            placement, told = self._of_event(placement, written, first_seen // 1000)
        else:
            placement, story, packed, told = known.placement(), self._story_of(known), known.terms, known.telling
        self._seq += 1
        row = _row(
            _Decided(self.group, enriched.revision, offset, self._seq, first_seen, self._clock, self.partition),
            placement, sketch, (packed, told), known.joined if known else self._seq,
        )  # fmt: skip
        self.arrivals.add(key, self._seq, self._clock, story, keys_of(sketch.content, row.bands))
        rows: dict[str, bytes | None] = {key: row.encode()}
        rows.update(dict.fromkeys(self._forget(tick, lookup)))
        return Outcome(placement, rows)

    def expired(self, now: datetime, tick: int, lookup: Lookup) -> list[str]:
        """Some rows to delete, for a group in which nothing arrives any more; call it now and then.

        `now` is event time, that of the partition's newest item.
        """
        self._advance(millis(now) // 1000, tick)
        return self._forget(tick, lookup)

    def resume(self, seq: int, clock: int) -> None:
        """Go on after the item that arrived last, at the time of the newest."""
        self._seq, self._clock = seq, clock
        self.arrivals.leave(clock - self._span, 0)

    # -- where a new item belongs

    def _find(
        self, enriched: Enriched, moment: int, sketch: Fingerprint, lookup: Lookup
    ) -> tuple[Placement, int, bytes]:
        key = enriched.item.id
        late = moment < self._clock - self._span
        found = self._same(key, sketch, lookup) or self._near(key, moment, sketch, lookup)
        if found is not None:
            place, row_key, row, likeness, reason = found
            story = self.arrivals.stories[place]
            self.clusters.touch(story, self._clock)
            original = row.duplicate_of or row_key
            # What was forgotten and comes back is older than all that is known: it repeats none of it.
            if late or original == key:
                return Placement(story_id=row.story), story, b""
            placement = Placement(
                story_id=row.story,
                duplicate_of=original,
                duplicate_similarity=likeness,
                duplicate_reason=reason,
            )
            return placement, story, b""
        item = self.clusters.vector(sketch.emphases, enriched.language)
        nearest = self._nearest(enriched, moment, sketch, item)
        if nearest is None:
            name = story_number(key)
            story = self.clusters.found(name, item, self._clock)
        else:
            name, story = self.clusters.ids[nearest], nearest
            self.clusters.join(story, item, self._clock)
        return Placement(story_id=story_id(name)), story, item.pack()

    def _of_event(self, placement: Placement, enriched: Enriched, moment: int) -> tuple[Placement, bytes]:
        """With the event of the story, and what the item tells of it where it is the story's first."""
        story = story_number_of(placement.story_id)
        if placement.duplicate_of is None and story == story_number(enriched.item.id):
            told = telling(enriched)
            event, packed = self.events.found(story, self.group, max(moment, 0), told), told.tobytes()
        else:
            event, packed = self.events.event_of(story, max(moment, 0)), b""
        return msgspec.structs.replace(placement, event_id=story_id(event)), packed

    def _nearest(self, enriched: Enriched, moment: int, sketch: Fingerprint, item: Vector) -> int | None:
        if not len(item.terms):
            return None

        def parts() -> set[tuple[int, int]]:
            return adjacent_names(enriched.item, enriched.mentions)

        return self.clusters.nearest(item, sketch.words, moment, self._clock - self._span, parts)

    def _story_of(self, known: Row) -> int:
        """The number now of a known item's story; one that was forgotten is opened again, with nothing in it."""
        place = self.arrivals.place_of(known.seq)
        if place is not None:
            self.arrivals.retire(place)
            story = self.arrivals.stories[place]
        else:
            number = story_number_of(known.story)
            again = self.clusters.named(number)
            story = self.clusters.found(number, NOTHING, self._clock) if again is None else again
        self.clusters.touch(story, self._clock)
        return story

    def _same(self, key: str, sketch: Fingerprint, lookup: Lookup) -> "_Copy | None":
        if not sketch.content:
            return None
        for place in self.arrivals.with_content(sketch.content):
            row_key, row = self._row(place, lookup)
            if row is not None and row.content == sketch.content and row_key != key:
                return place, row_key, row, 1.0, REASONS[0]
        return None

    def _near(self, key: str, moment: int, sketch: Fingerprint, lookup: Lookup) -> "_Copy | None":
        found = [(place, *self._row(place, lookup)) for place in self.arrivals.likely_copies(sketch.keys)]
        others = [(place, row_key, row) for place, row_key, row in found if row is not None and row_key != key]
        likenesses = copies.similarities(sketch, [row for _, _, row in others])
        likely = [
            (likeness, -place, row_key, row)
            for (place, row_key, row), likeness in zip(others, likenesses, strict=True)
            if likeness is not None
        ]
        for likeness, negative, row_key, row in nlargest(TRIED, likely, key=itemgetter(0, 1)):
            apart = abs(row.first_seen // 1000 - moment)
            if not copies.of_one_series(sketch, row, apart) and self._near_first(sketch, row, lookup):
                return -negative, row_key, row, likeness, REASONS[1]
        return None

    def _near_first(self, sketch: Fingerprint, row: Row, lookup: Lookup) -> bool:
        """Whether the text resembles the original too, where that is at hand: copies of copies drift."""
        found = lookup(row.duplicate_of) if row.duplicate_of else None
        first = None if found is None else Row.decode(found)
        if first is None or first.scheme != SCHEME or first.short != sketch.short:
            return True
        return copies.related(sketch, first)

    def _row(self, place: int, lookup: Lookup) -> tuple[str, Row | None]:
        """The row of what arrived there, unless a later revision took its place."""
        key = self.arrivals.id(place)
        found = lookup(key)
        row = None if found is None else Row.decode(found)
        if row is None or row.scheme != SCHEME or row.seq != self.arrivals.seqs[place]:
            return key, None
        return key, row

    # -- what leaves

    def _advance(self, moment: int, tick: int) -> None:
        self._clock = max(self._clock, moment)
        oldest = self._clock - self._span
        self.arrivals.leave(oldest, tick)
        numbers = self.clusters.compact(oldest)
        if numbers is not None:
            self.arrivals.renumber(numbers)

    def _forget(self, tick: int, lookup: Lookup) -> list[str]:
        dropped = self.arrivals.droppable(tick, REDELIVERED, DELETED_AT_ONCE)
        if not dropped:
            return []
        forgotten = []
        for key, seq in dropped:
            found = lookup(key)
            if found is not None and Row.decode(found).seq == seq:
                forgotten.append(key)
        self.arrivals.compact()
        return forgotten


_Copy = tuple[int, str, Row, float, str]


def story_number(key: str) -> int:
    """The number of the story that this item founds."""
    try:
        return int(key[:16], 16)
    except ValueError:
        return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def story_id(number: int) -> str:
    """The id of the story, or event, of that number."""
    return f"s-{number:016x}"


def story_number_of(story_id: str) -> int:
    """The number in a story's id."""
    return int(story_id.removeprefix("s-"), 16)


def keys_of(content: int, bands: bytes) -> list[int]:
    """What an item is found by: its content and its packed keys."""
    return [content_key(content), *array("I", bands)] if content else []


class _Decided(msgspec.Struct, frozen=True):
    """Of which event a row tells."""

    group: str
    revision: int
    offset: int
    seq: int
    first_seen: int
    entered: int
    partition: int


def _row(decided: _Decided, placement: Placement, sketch: Fingerprint, told: tuple[bytes, bytes], joined: int) -> Row:
    reason = placement.duplicate_reason
    terms, telling_of_event = told
    return Row(
        group=decided.group,
        revision=decided.revision,
        offset=decided.offset,
        seq=decided.seq,
        first_seen=decided.first_seen,
        story=placement.story_id,
        duplicate_of=placement.duplicate_of,
        similarity=placement.duplicate_similarity,
        reason=None if reason is None else REASONS.index(reason),
        scheme=SCHEME,
        content=sketch.content,
        bands=array("I", sketch.keys).tobytes(),
        sketch=sketch.sketch,
        shingles=sketch.shingles,
        tokens=sketch.tokens,
        short=sketch.short,
        numbers=sketch.numbers,
        terms=terms,
        entered=decided.entered,
        joined=joined,
        partition=decided.partition,
        event=None if placement.event_id == placement.story_id else placement.event_id,
        telling=telling_of_event,
        title=sketch.title,
    )
