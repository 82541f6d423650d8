"""From keys to those that hold them, in a few bytes an entry: hash chains in flat arrays.

Each owner (an item, a story) has a fixed number of places for keys. A bucket leads to the newest entry in it, an entry
to the one before, as in the sliding window of DEFLATE (RFC 1951). A walk is bounded, so a key that everybody holds
costs no more than any other.
"""

from array import array
from collections.abc import Iterable

import numpy as np

FIRST_BUCKETS = 1 << 10
FILLED = 2  # entries a bucket, before the buckets are doubled
_FOREIGN = 64  # entries of other keys that a walk passes at most
_SPREAD = 2_654_435_761  # Knuth's multiplicative hashing: 2**32 divided by the golden ratio
_WORD = 0xFFFF_FFFF


class Chains:
    """Owners 0, 1, 2 … with `width` keys each (32 bits, 0 for none). 8 bytes an entry, and 2 to 4 for its bucket."""

    __slots__ = ("_buckets", "_heads", "_shift", "_used", "keys", "nexts", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.keys = array("I")
        self.nexts = array("I")
        self._used = 0
        self._resize(FIRST_BUCKETS)

    def hold(self, keys: list[int]) -> None:
        """The next owner, that is not found by its keys before `keep` or `rebuild`."""
        self.keys.extend(keys)
        self.keys.frombytes(bytes(4 * (self.width - len(keys))))
        self.nexts.frombytes(bytes(4 * self.width))

    def fill(self, keys: np.ndarray, order: np.ndarray) -> None:
        """Be these owners, one a row; `order` says how recent each entry is."""
        self.keys = array("I", keys.tobytes())
        self.nexts = array("I", bytes(4 * keys.size))
        self.rebuild(order.ravel())

    def add(self, keys: list[int]) -> None:
        """The next owner, with at most `width` keys."""
        first = len(self.keys)
        self.hold(keys)
        self._used += len(keys)
        if self._used > FILLED * self._buckets:
            self.rebuild()
            return
        heads, nexts, shift = self._heads, self.nexts, self._shift
        for entry, key in enumerate(keys, first):
            if key:
                bucket = (key * _SPREAD & _WORD) >> shift
                nexts[entry] = heads[bucket]
                heads[bucket] = entry + 1

    def owners(self, key: int, oldest: int, limit: int) -> list[int]:
        """At most so many owners that hold the key, the newest first, and none below `oldest`."""
        return list(self.tally(((key, 1),), oldest, limit))

    def tally(self, weighted: Iterable[tuple[int, int]], oldest: int, limit: int) -> dict[int, int]:
        """The owners of some keys, at most `limit` of each, with the sum of the weights of those that each holds."""
        heads, keys, nexts, shift, width = self._heads, self.keys, self.nexts, self._shift, self.width
        least = oldest * width
        found: dict[int, int] = {}
        for key, weight in weighted:
            entry = heads[(key * _SPREAD & _WORD) >> shift]
            left, steps = limit, limit + _FOREIGN
            while entry > least and steps:
                entry -= 1
                if keys[entry] == key:
                    owner = entry // width
                    found[owner] = found.get(owner, 0) + weight
                    left -= 1
                    if not left:
                        break
                entry = nexts[entry]
                steps -= 1
        return found

    def retire(self, owner: int) -> None:
        """Let an owner hold nothing any more."""
        first = owner * self.width
        self.keys[first : first + self.width] = array("I", bytes(4 * self.width))

    def set(self, entry: int, key: int) -> None:
        """Let a free place hold a key."""
        self.keys[entry] = key
        bucket = (key * _SPREAD & _WORD) >> self._shift
        self.nexts[entry] = self._heads[bucket]
        self._heads[bucket] = entry + 1
        self._used += 1

    def renew(self, key: int, owner: int, limit: int) -> None:
        """Make an owner the newest of a key, where it is found in so many steps."""
        bucket = (key * _SPREAD & _WORD) >> self._shift
        keys, nexts, width = self.keys, self.nexts, self.width
        before, entry = 0, self._heads[bucket]
        steps = limit + _FOREIGN
        while entry and steps and limit:
            steps -= 1
            limit -= keys[entry - 1] == key
            if keys[entry - 1] == key and (entry - 1) // width == owner:
                if before:
                    nexts[before - 1] = nexts[entry - 1]
                    nexts[entry - 1] = self._heads[bucket]
                    self._heads[bucket] = entry
                return
            before, entry = entry, nexts[entry - 1]

    def keep(self, owners: "np.ndarray | slice", order: "np.ndarray | None" = None) -> None:
        """Forget all other owners, number those kept anew; `order`: how recent each entry is, if not as numbered."""
        table = np.frombuffer(self.keys, np.uint32).reshape(-1, self.width)
        self.keys = array("I", table[owners].tobytes())
        self.nexts = array("I", bytes(4 * len(self.keys)))
        self.rebuild(order)

    def rebuild(self, order: "np.ndarray | None" = None) -> None:
        """Link all entries anew, with buckets enough for them."""
        keys = np.frombuffer(self.keys, np.uint32)
        entries = np.flatnonzero(keys)
        self._used = len(entries)
        buckets = FIRST_BUCKETS
        while FILLED * buckets < self._used + self._used // 8:
            buckets *= 2
        self._resize(buckets)
        place = ((keys[entries].astype(np.uint64) * _SPREAD & _WORD) >> np.uint64(self._shift)).astype(np.uint32)
        ranked = np.argsort(place, kind="stable") if order is None else np.lexsort((entries, order[entries], place))
        place, entries = place[ranked], (entries[ranked] + 1).astype(np.uint32)
        same = np.flatnonzero(place[1:] == place[:-1])
        nexts = np.zeros(len(self.nexts), np.uint32)
        nexts[entries[same + 1] - 1] = entries[same]
        self.nexts = array("I", nexts.tobytes())
        heads = np.zeros(buckets, np.uint32)
        heads[place] = entries  # of equal places the last is kept, which is the newest
        self._heads = array("I", heads.tobytes())

    def _resize(self, buckets: int) -> None:
        self._buckets = buckets
        self._shift = 33 - buckets.bit_length()
        self._heads = array("I", bytes(4 * buckets))
