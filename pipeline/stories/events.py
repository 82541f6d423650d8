"""Stories of one event in different languages, joined by what is the same in all of them.

Words differ between languages; who and where (ids of the knowledge base), numbers, and names in the same letters do
not. Each has a weight by its rarity among the stories so far. A story joins the event of a story in another language
where what they share is much (in nats) and a large part of both (cosine). Both bounds prefer precision: a story that
stands alone is shown twice, one that is joined wrongly is not shown.
"""

import re
import unicodedata
from collections import Counter, defaultdict, deque
from datetime import datetime, timedelta
from itertools import islice
from math import log, sqrt

import msgspec

from pipeline.stories.terms import TEXT_LIMIT
from schemas.document import Enriched

LEAST_SHARED = 3  # features
LEAST_NATS = 15.0
LEAST_COSINE = 0.25
FEATURES = 40
PROFILES = 4  # that an event is compared by, one a language
RECENT = 64  # events that are looked at for one feature
SWEPT = 4_096  # stories between two looks for events that ended
WORTH = 200.0  # stories that a guess of rarity is worth

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3})*(?:[.,]\d+)?")
_WORD = re.compile(r"[^\W\d_]{4,}")
_START = 6
_LATIN_END = 0x250
_KEPT_CHARACTERS = 3_000
_SHARES = {"PER": 0.004, "ORG": 0.01, "LOC": 0.03}


class Profile(msgspec.Struct, frozen=True):
    """What one telling says in any language: its features, with what to expect of each."""

    group: str
    features: dict[str, float]


class _Event(msgspec.Struct):
    name: str
    moment: datetime
    profiles: list[Profile]


class Events:
    """Events of the last days, in the order in which stories came. The same stories give the same events."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._events: dict[str, _Event] = {}
        self._of_story: dict[str, str] = {}
        self._holders: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT))
        self._counts: Counter[str] = Counter()
        self._stories = 0
        self._clock: datetime | None = None  # the newest moment so far, as in a window: old items come late

    def event_of(self, story: str, enriched: Enriched) -> str:
        """The event of an item's story; the story's own id where nothing in another language agrees with it."""
        self._clock = enriched.first_seen_at if self._clock is None else max(self._clock, enriched.first_seen_at)
        known = self._of_story.get(story)
        if known is not None:
            event = self._events[known]
            event.moment = max(event.moment, enriched.first_seen_at)
            return known
        telling = profile(enriched)
        self._stories += 1
        found = self._agreeing(telling, enriched.first_seen_at)
        if found is None:
            found = self._events[story] = _Event(story, enriched.first_seen_at, [])
        found.moment = max(found.moment, enriched.first_seen_at)
        self._of_story[story] = found.name
        if len(found.profiles) < PROFILES and all(one.group != telling.group for one in found.profiles):
            found.profiles.append(telling)
            for feature in telling.features:
                self._holders[feature].append(found.name)
        self._counts.update(telling.features.keys())
        if self._stories % SWEPT == 0:
            self._sweep(self._clock)
        return found.name

    def _sweep(self, moment: datetime) -> None:
        """Forget events that ended."""
        self._events = {name: event for name, event in self._events.items() if moment - event.moment <= self._span}
        self._of_story = {story: name for story, name in self._of_story.items() if name in self._events}
        for feature in list(self._holders):
            held = [name for name in self._holders[feature] if name in self._events]
            if held:
                self._holders[feature] = deque(held, maxlen=RECENT)
            else:
                del self._holders[feature]

    def _agreeing(self, telling: Profile, moment: datetime) -> _Event | None:
        shared = Counter(name for feature in telling.features for name in set(self._holders.get(feature, ())))
        likely = sorted((-count, name) for name, count in shared.items() if count >= LEAST_SHARED)
        best: tuple[float, _Event] | None = None
        for _, name in likely[:RECENT]:
            event = self._events[name]
            # An event has one story of a language: two that were told apart are not joined by the way round.
            if abs(event.moment - moment) > self._span or any(one.group == telling.group for one in event.profiles):
                continue
            likeness = max((self._likeness(telling, other) for other in event.profiles), default=0.0)
            if likeness >= LEAST_COSINE and (best is None or likeness > best[0]):
                best = likeness, event
        return None if best is None else best[1]

    def _likeness(self, one: Profile, other: Profile) -> float:
        """The cosine of two tellings, 0 where too little is shared to tell."""
        shared = one.features.keys() & other.features.keys()
        if len(shared) < LEAST_SHARED:
            return 0.0
        weights = sorted(self._weight(feature, one.features[feature]) for feature in shared)
        if sum(weights) < LEAST_NATS:
            return 0.0
        both = sum(weight * weight for weight in weights)
        return both / (self._length(one) * self._length(other) or 1.0)

    def _length(self, telling: Profile) -> float:
        weights = sorted(self._weight(feature, share) for feature, share in telling.features.items())
        return sqrt(sum(weight * weight for weight in weights))

    def _weight(self, feature: str, share: float) -> float:
        expected = self._counts[feature] + WORTH * share
        return max(log((self._stories + WORTH) / (expected + 0.5)), 0.0)


def profile(enriched: Enriched) -> Profile:
    """At most `FEATURES` features of an item: entities, numbers and Latin names, the earliest first."""
    item = enriched.item
    text = f"{item.title}\n{item.summary}\n{item.body}"[: min(TEXT_LIMIT, _KEPT_CHARACTERS)]
    features: dict[str, float] = {}
    for mention in islice(enriched.mentions, 200):
        if len(features) < FEATURES // 2:
            features.setdefault(f"e {mention.entity_id}", _SHARES.get(mention.type, 0.01))
    for found in islice(_NUMBER.findall(text), FEATURES // 4):
        number = "".join(str(unicodedata.decimal(sign)) for sign in found if sign.isdecimal())
        if len(number) > 1:
            features.setdefault(f"n {number}", _number_share(number))
    words = [word for word in _WORD.findall(text) if ord(max(word)) < _LATIN_END]
    written = set(words)
    for word in words:
        if len(features) >= FEATURES:
            break
        if word[0].isupper() and word.lower() not in written:
            features.setdefault(f"w {_folded(word)}", 0.004)
    return Profile(enriched.language_group, features)


def _number_share(number: str) -> float:
    if len(number) == 2:  # noqa: PLR2004 - two digits
        return 0.05
    year = len(number) == 4 and number[:2] in {"19", "20"}  # noqa: PLR2004 - as years are written
    return 0.1 if year else 0.008


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))[:_START]
