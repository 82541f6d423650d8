"""From keys to those that hold them, in a few bytes an entry: hash chains in flat arrays.

Each owner (an item, a story) has a fixed number of places for keys. A bucket leads to the newest entry in it, an entry
to the one before, as in the sliding window of DEFLATE (RFC 1951). A walk is bounded, so a key that everybody holds
costs no more than any other.
"""

from array import array

import numpy as np

FIRST_BUCKETS = 1 << 10
FILLED = 2  # entries a bucket, before the buckets are doubled
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

    def add(self, keys: list[int]) -> None:
        """The next owner, with at most `width` keys."""
        first = len(self.keys)
        self.keys.extend(keys)
        self.keys.extend([0] * (self.width - len(keys)))
        self.nexts.extend([0] * self.width)
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
        """Owners that hold the key, the newest first, after at most `limit` steps, and none below `oldest`."""
        entry = self._heads[(key * _SPREAD & _WORD) >> self._shift]
        found: list[int] = []
        keys, nexts = self.keys, self.nexts
        least = oldest * self.width
        while entry > least and limit:
            limit -= 1
            entry -= 1
            if keys[entry] == key:
                found.append(entry // self.width)
            entry = nexts[entry]
        return found

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
        while entry and limit:
            limit -= 1
            if keys[entry - 1] == key and (entry - 1) // width == owner:
                if before:
                    nexts[before - 1] = nexts[entry - 1]
                    nexts[entry - 1] = self._heads[bucket]
                    self._heads[bucket] = entry
                return
            before, entry = entry, nexts[entry - 1]

    def keep(self, owners: "np.ndarray | slice", order: "np.ndarray | None" = None) -> None:
        """Forget all other owners and number those kept anew; `order` says how recent each is, if not as numbered."""
        for name in ("keys", "nexts"):
            table = np.frombuffer(getattr(self, name), np.uint32).reshape(-1, self.width)
            setattr(self, name, array("I", table[owners].tobytes()))
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
        if order is None:
            ranked = np.argsort(place, kind="stable")
        else:
            ranked = np.lexsort((entries, order[entries // self.width], place))
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
