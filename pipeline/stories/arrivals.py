"""What arrived in the window, by which a copy is found: 200 bytes an item, in flat arrays in the order of arrival."""

from array import array
from bisect import bisect_left
from collections import deque
from heapq import nsmallest
from itertools import repeat

import numpy as np

from pipeline.stories.chains import Chains
from pipeline.stories.fingerprint import KEYS

STEPS = 16  # along one key's chain
CHECKED = 8
ALONE = 3  # of those, how many that share one key only: it may be in what every text of a source ends with
_SPARE = 4096
_CONTENT = 0x9E3779B1


class Arrivals:
    """Places 0, 1, 2 … in the order of arrival; they are numbered anew when old ones are dropped."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._odd: dict[int, str] = {}  # by seq: ids that are no 32 hex digits
        self.seqs = array("Q")
        self.entered = array("I")  # seconds
        self.stories = array("I")
        self._keys = Chains(KEYS + 1)
        self.gone = 0  # places before it left the window
        self._deleted = 0  # places before it may be dropped
        self._left: deque[tuple[int, int]] = deque()  # (tick, gone): when places left

    def __len__(self) -> int:
        """How many are inside the window."""
        return len(self.seqs) - self.gone

    def add(self, key: str, seq: int, entered: int, story: int, keys: list[int]) -> None:
        """One more item; `keys` are those of its content and its shingles."""
        self._put(key, seq, entered, story)
        self._keys.add(keys)

    def collect(self, key: str, seq: int, entered: int, keys: list[int]) -> None:
        """One more item in no order, without its story; nothing is found before `arrange`."""
        self._put(key, seq, entered, 0)
        self._keys.hold(keys)

    def arrange(self, stories: np.ndarray) -> None:
        """Put what was collected in the order of arrival, and let it be found; one story for each, as collected."""
        order = np.argsort(np.frombuffer(self.seqs, np.uint64), kind="stable")
        self._ids = bytearray(np.frombuffer(self._ids, np.uint8).reshape(-1, 16)[order].tobytes())
        self.seqs = array("Q", np.frombuffer(self.seqs, np.uint64)[order].tobytes())
        self.entered = array("I", np.frombuffer(self.entered, np.uint32)[order].tobytes())
        self.stories = array("I", stories[order].tobytes())
        self._keys.keep(order)

    def _put(self, key: str, seq: int, entered: int, story: int) -> None:
        try:
            self._ids += bytes.fromhex(key) if len(key) == 32 else bytes(16)  # noqa: PLR2004 - 16 bytes as hex
        except ValueError:
            self._ids += bytes(16)
        if self._ids[-16:].hex() != key:
            self._odd[seq] = key
        self.seqs.append(seq)
        self.entered.append(entered)
        self.stories.append(story)

    def id(self, place: int) -> str:
        """The id of the item in that place."""
        odd = self._odd.get(self.seqs[place]) if self._odd else None
        return odd or self._ids[16 * place : 16 * place + 16].hex()

    def with_content(self, content: int) -> list[int]:
        """Places that may hold this content, the newest first."""
        return self._keys.owners(content_key(content), self.gone, STEPS)

    def likely_copies(self, keys: tuple[int, ...]) -> list[int]:
        """Places that share shingles, those that share most first, then the newest."""
        counts = self._keys.tally(zip(keys, repeat(1), strict=False), self.gone, STEPS)
        likely = nsmallest(CHECKED, [(-count, -place) for place, count in counts.items()])
        more = sum(count < -1 for count, _ in likely)
        return [-place for _, place in likely[: more + ALONE]]

    def place_of(self, seq: int) -> int | None:
        """Where the item that arrived with this number is, if it is inside the window."""
        place = bisect_left(self.seqs, seq)
        return place if self.gone <= place < len(self.seqs) and self.seqs[place] == seq else None

    def retire(self, place: int) -> None:
        """Find nothing there any more: a later revision arrived elsewhere."""
        self._keys.retire(place)

    def leave(self, oldest: int, tick: int) -> None:
        """Let all that entered before `oldest` go out of the window."""
        gone, entered, end = self.gone, self.entered, len(self.entered)
        while gone < end and entered[gone] < oldest:
            gone += 1
        if gone != self.gone:
            self.gone = gone
            self._left.append((tick, gone))

    def droppable(self, tick: int, after: int, limit: int) -> list[tuple[str, int]]:
        """Ids and seqs of items that left at least `after` ticks ago, each told once."""
        dropped: list[tuple[str, int]] = []
        while len(dropped) < limit and self._left and tick - self._left[0][0] >= after:
            if self._deleted >= self._left[0][1]:
                self._left.popleft()
                continue
            dropped.append((self.id(self._deleted), self.seqs[self._deleted]))
            self._deleted += 1
        return dropped

    def renumber(self, numbers: np.ndarray) -> None:
        """Follow stories that were numbered anew."""
        self.stories = array("I", numbers[np.frombuffer(self.stories, np.uint32)].tobytes())

    def compact(self) -> None:
        """Give back the room of items that were dropped, where they are many."""
        drop = self._deleted
        if drop < _SPARE or drop * 4 < len(self.seqs):
            return
        for seq in self.seqs[:drop]:
            self._odd.pop(seq, None)
        del self._ids[: 16 * drop]
        self.seqs = self.seqs[drop:]
        self.entered = self.entered[drop:]
        self.stories = self.stories[drop:]
        self._keys.keep(slice(drop, None))
        self.gone -= drop
        self._deleted = 0
        self._left = deque((tick, gone - drop) for tick, gone in self._left)


def content_key(content: int) -> int:
    """The key of a content hash among those of shingles."""
    return ((content ^ content >> 32) * _CONTENT & 0xFFFFFFFF) or 1
