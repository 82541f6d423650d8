"""The window of one language group: what came in the last days, and where a new item belongs.

For an item that is new:

    clock      the window moves on; what is older leaves every index
    copy?      the same content, else bands that agree, verified by the sketch → the original and its story
    story?     stories that share its most telling terms, by cosine with each → the nearest above the threshold
    else       a new story, named after the item

For a known item nothing is decided again: it keeps its placement, and a new revision renews its fingerprint.
"""

import heapq
import sys
from array import array
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from pipeline.stories import copies
from pipeline.stories.fingerprint import BANDS, SCHEME, Fingerprint, fingerprint
from pipeline.stories.postings import Postings
from pipeline.stories.similarity import Frequencies, Story, Vector, cosine, keys, profile, vector
from pipeline.stories.state import REASONS, Outcome, Row
from schemas.codec import millis
from schemas.document import Enriched, Placement

WINDOW = timedelta(days=7)

THRESHOLD = 0.22
FOUNDERS_THRESHOLD = 0.11
FADE = timedelta(days=14)  # similarity counts half where the story last moved so long ago

INDEXED_TERMS = 12
QUERY_TERMS = 12
NEWEST_OF_TERM = 24
NEWEST_OF_BAND = 8
COPIES_CHECKED = 12
STORIES_COMPARED = 5
WORTH_COMPARING = 0.3  # of what the likeliest story shares
PROFILES_KEPT = 4_000  # each about 5 KB; they can be made again from the rows
FIRST_MEMBERS = 2
NEWEST_MEMBERS = 5

# A row that left the window is deleted only when its event is too far back to be delivered again, since a redelivered
# event must find its answer. Faust commits every 10,000 events or less.
REDELIVERED = 20_000
DELETED_AT_ONCE = 4


class Window:
    """The items of one language group, in arrival order. Not thread-safe.

    Everything here is derived from the rows; a window restored from them decides as this one does.
    """

    def __init__(self, group: str, span: timedelta = WINDOW) -> None:
        self.group = group
        self._span = millis_of(span)
        self._rows: dict[str, Row] = {}
        self._ids: dict[int, str] = {}  # of what is inside the window, by seq
        self._story_of: dict[int, str] = {}  # of what is indexed
        self._stories: dict[str, list[int]] = {}
        self._founders: dict[str, tuple[list[int], Story]] = {}
        self._profiles: dict[str, Story] = {}
        self._contents = Postings()
        self._bands = Postings()
        self._terms = Postings()
        self._frequencies = Frequencies()
        self._leaving: list[tuple[int, int]] = []  # heap of (first seen, seq)
        self._left: list[tuple[int, str]] = []  # heap of (offset, item id)
        self._clock = 0
        self._seq = 0

    @classmethod
    def restore(cls, group: str, rows: Iterable[tuple[str, bytes | Row]], span: timedelta = WINDOW) -> "Window":
        """The window that wrote these rows; rows of other groups are passed over.

        Raises:
            Undecodable: a row is not a row.
        """
        window = cls(group, span)
        decoded = ((key, row if isinstance(row, Row) else Row.decode(row)) for key, row in rows)
        kept = sorted(((key, row) for key, row in decoded if row.group == group), key=lambda pair: pair[1].seq)
        window._clock = max((row.first_seen for _, row in kept), default=0)
        for key, row in kept:
            window._seq = row.seq
            window._enter(key, row)
        return window

    def __len__(self) -> int:
        """How many items are inside the window."""
        return len(self._ids)

    def place(self, enriched: Enriched) -> Placement:
        """The placement of the next item of a run that keeps no state."""
        return self.decide(enriched, self._seq + 1).placement

    def decide(self, enriched: Enriched, offset: int) -> Outcome:
        """What follows from one event of the source topic at this partition offset.

        An event seen before is answered as it was decided, at whatever offset it comes again.
        """
        key = enriched.item.id
        known = self._rows.get(key)
        if known is not None and enriched.revision <= known.revision:
            return Outcome(known.placement(), {})
        first_seen = known.first_seen if known else millis(enriched.first_seen_at)
        self._advance(max(self._clock, first_seen))
        sketch = fingerprint(enriched.item, enriched.mentions)
        item = vector(sketch.terms, self._frequencies)
        if known is None:
            placement = self._find(key, first_seen, sketch, item)
        else:
            placement = known.placement()
            self._exit(known)
        self._seq += 1
        decided = _Decided(self.group, enriched.revision, offset, self._seq, first_seen)
        row = _row(decided, placement, sketch, _ordered(sketch, item))
        self._enter(key, row)
        rows: dict[str, bytes | None] = {key: row.encode()}
        rows.update(dict.fromkeys(self._forget(offset)))
        return Outcome(placement, rows)

    def expired(self, now: datetime, offset: int) -> list[str]:
        """Some rows to delete, for a group in which nothing arrives any more; call it now and then.

        `now` is event time, that of the partition's newest item, and `offset` its offset.
        """
        self._advance(millis(now))
        return self._forget(offset)

    # -- where a new item belongs

    def _find(self, key: str, first_seen: int, sketch: Fingerprint, item: Vector) -> Placement:
        late = first_seen < self._clock - self._span
        found = self._same(sketch) or self._near(sketch)
        if found is not None:
            row_key, likeness, reason = found
            row = self._rows[row_key]
            original = row.duplicate_of or row_key
            # What was forgotten and comes back is older than all that is known: it repeats none of it.
            if late or original == key:
                return Placement(story_id=row.story)
            return Placement(
                story_id=row.story,
                duplicate_of=original,
                duplicate_similarity=likeness,
                duplicate_reason=reason,
            )
        return Placement(story_id=self._story(first_seen, item) or f"s-{key[:16]}")

    def _same(self, sketch: Fingerprint) -> tuple[str, float, str] | None:
        seq = self._contents.first(sketch.content) if sketch.content else None
        return None if seq is None else (self._ids[seq], 1.0, REASONS[0])

    def _near(self, sketch: Fingerprint) -> tuple[str, float, str] | None:
        best: tuple[float, int] | None = None
        for seq in self._likely_copies(sketch):
            row = self._rows[self._ids[seq]]
            likeness = copies.similarity(sketch, row) if row.scheme == SCHEME else None
            if likeness is not None and (best is None or (likeness, -seq) > best) and self._near_first(sketch, row):
                best = (likeness, -seq)
        return None if best is None else (self._ids[-best[1]], best[0], REASONS[1])

    def _near_first(self, sketch: Fingerprint, row: Row) -> bool:
        """Whether the text resembles the original too, where that is at hand: copies of copies drift."""
        first = self._rows.get(row.duplicate_of) if row.duplicate_of else None
        if first is None or first.scheme != SCHEME or first.short != sketch.short:
            return True
        return copies.related(sketch, first)

    def _likely_copies(self, sketch: Fingerprint) -> list[int]:
        """Items that agree in a band, most bands first, then newest first."""
        counts: Counter[int] = Counter()
        for key in _band_keys(sketch.bands):
            counts.update(self._bands.newest(key, NEWEST_OF_BAND))
        return heapq.nsmallest(COPIES_CHECKED, counts, key=lambda seq: (-counts[seq], -seq))

    def _story(self, first_seen: int, item: Vector) -> str | None:
        best: tuple[float, str] | None = None
        for story in self._likely_stories(item):
            fade = self._fade(story, first_seen)
            score = fade * cosine(item, self._profile(story), self._frequencies, THRESHOLD / fade)
            if score and (best is None or (score, story) > best) and self._near_founders(story, item):
                best = (score, story)
        return None if best is None else best[1]

    def _likely_stories(self, item: Vector) -> list[str]:
        """The stories of items that share the most telling terms."""
        scores: dict[str, float] = {}
        story_of = self._story_of.__getitem__
        for key, weight in islice(item.weights.items(), QUERY_TERMS):
            for story in set(map(story_of, self._terms.newest(key, NEWEST_OF_TERM))):
                scores[story] = scores.get(story, 0.0) + weight * weight
        least = max(scores.values(), default=0.0) * WORTH_COMPARING
        likely = [(-score, story) for story, score in scores.items() if score >= least]
        return [story for _, story in heapq.nsmallest(STORIES_COMPARED, likely)]

    def _profile(self, story: str) -> Story:
        found = self._profiles.get(story)
        if found is None:
            members = self._stories[story]
            chosen = members[:FIRST_MEMBERS] + members[FIRST_MEMBERS:][-NEWEST_MEMBERS:]
            found = self._profile_of(chosen)
            if len(self._profiles) >= PROFILES_KEPT:
                self._profiles.clear()
                self._founders.clear()
            self._profiles[story] = found
        return found

    def _profile_of(self, members: list[int]) -> Story:
        return profile(self._rows[self._ids[seq]].terms for seq in members)

    def _near_founders(self, story: str, item: Vector) -> bool:
        """Whether the item has something in common with the story's first members too, which bounds its drift."""
        members = self._stories[story]
        if len(members) <= FIRST_MEMBERS + 1:
            return True
        first = members[:FIRST_MEMBERS]
        found = self._founders.get(story)
        if found is None or found[0] != first:
            found = self._founders[story] = (first, self._profile_of(first))
        return cosine(item, found[1], self._frequencies, FOUNDERS_THRESHOLD) > 0.0

    def _fade(self, story: str, first_seen: int) -> float:
        newest = self._rows[self._ids[self._stories[story][-1]]].first_seen
        return 1.0 / (1.0 + abs(first_seen - newest) / millis_of(FADE))

    # -- the indexes, a function of the rows inside the window

    def _enter(self, key: str, row: Row) -> None:
        """Take a row in; one that is older than the window is only remembered until it cannot come again."""
        self._rows[key] = row
        if row.first_seen < self._clock - self._span:
            heapq.heappush(self._left, (row.offset, key))
            return
        self._ids[row.seq] = key
        heapq.heappush(self._leaving, (row.first_seen, row.seq))
        if row.scheme != SCHEME:
            return
        if row.content:
            first = self._contents.first(row.content)
            self._contents.add(row.content, row.seq)
            if first is not None:
                return  # one text many times is indexed once
        self._index(row)

    def _exit(self, row: Row) -> None:
        if self._ids.pop(row.seq, None) is None or row.scheme != SCHEME:
            return
        if not row.content:
            self._unindex(row)
            return
        was_first = self._contents.first(row.content) == row.seq
        self._contents.remove(row.content, row.seq)
        if was_first:
            self._unindex(row)
            heir = self._contents.first(row.content)
            if heir is not None:
                self._index(self._rows[self._ids[heir]])

    def _index(self, row: Row) -> None:
        for band in _band_keys(row.bands):
            self._bands.add(band, row.seq)
        terms = keys(array("I", row.terms))
        for term in terms[:INDEXED_TERMS]:
            self._terms.add(term, row.seq)
        self._frequencies.add(terms)
        story = sys.intern(row.story)
        self._story_of[row.seq] = story
        members = self._stories.setdefault(story, [])
        members.append(row.seq)
        if len(members) > 1 and members[-2] > row.seq:
            members.sort()
        self._profiles.pop(row.story, None)

    def _unindex(self, row: Row) -> None:
        for band in _band_keys(row.bands):
            self._bands.remove(band, row.seq)
        terms = keys(array("I", row.terms))
        for term in terms[:INDEXED_TERMS]:
            self._terms.remove(term, row.seq)
        self._frequencies.remove(terms)
        del self._story_of[row.seq]
        members = self._stories[row.story]
        members.remove(row.seq)
        if not members:
            del self._stories[row.story]
            self._founders.pop(row.story, None)
        self._profiles.pop(row.story, None)

    def _advance(self, clock: int) -> None:
        self._clock = clock
        oldest = clock - self._span
        while self._leaving and self._leaving[0][0] < oldest:
            _, seq = heapq.heappop(self._leaving)
            key = self._ids.get(seq)
            if key is not None:
                row = self._rows[key]
                self._exit(row)
                heapq.heappush(self._left, (row.offset, key))

    def _forget(self, offset: int) -> list[str]:
        forgotten: list[str] = []
        while self._left and len(forgotten) < DELETED_AT_ONCE and abs(offset - self._left[0][0]) >= REDELIVERED:
            at, key = heapq.heappop(self._left)
            row = self._rows.get(key)
            if row is not None and row.offset == at:
                del self._rows[key]
                forgotten.append(key)
        return forgotten


def millis_of(span: timedelta) -> int:
    """A time span in milliseconds."""
    return span // timedelta(milliseconds=1)


def _band_keys(bands: bytes) -> list[int]:
    """One key for each band, with the band's number in it."""
    if not bands:
        return []
    return [int.from_bytes(bands[3 * band : 3 * band + 3], "little") | band << 24 for band in range(BANDS)]


def _ordered(sketch: Fingerprint, item: Vector) -> bytes:
    """The terms of a text packed, those that tell most at this moment first: they are the ones indexed."""
    by_key = dict(zip(keys(sketch.terms), sketch.terms, strict=True))
    return array("I", [by_key[key] for key in item.weights]).tobytes()


class _Decided(msgspec.Struct, frozen=True):
    """Of which event a row tells."""

    group: str
    revision: int
    offset: int
    seq: int
    first_seen: int


def _row(decided: _Decided, placement: Placement, sketch: Fingerprint, terms: bytes) -> Row:
    reason = placement.duplicate_reason
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
        bands=sketch.bands,
        sketch=sketch.sketch,
        shingles=sketch.shingles,
        tokens=sketch.tokens,
        short=sketch.short,
        numbers=sketch.numbers,
        terms=terms,
    )
