"""A window made again from its rows, in columns: what has to be read is read row by row, all else is done at once.

Members are added to the means of their stories in the order in which they joined: the second of every story at once,
then the third, in as many steps as the largest story has members that say it in their own words.
"""

from array import array
from collections.abc import Iterable
from datetime import timedelta

import msgspec
import numpy as np

from pipeline.stories.clusters import POSTED, Grown
from pipeline.stories.events import Events
from pipeline.stories.fingerprint import SCHEME
from pipeline.stories.restoring_events import RestoringEvents
from pipeline.stories.state import Row
from pipeline.stories.vectors import LOUDEST, VECTOR, all_joined
from pipeline.stories.window import WINDOW, Window, keys_of, story_number_of

AT_ONCE = 65_536  # stories to which a member is added in one step
_EMPTY = bytes(4 * VECTOR)


def restored(group: str, rows: Iterable[tuple[str, bytes | Row]], span: timedelta = WINDOW) -> Window:
    """The window that wrote these rows; rows of other groups are passed over.

    Raises:
        Undecodable: a row is not a row.
    """
    events, told = Events(span), RestoringEvents()
    restoring = Restoring(group, span, events)
    for key, data in rows:
        row = data if isinstance(data, Row) else Row.decode(data)
        if row.group == group:
            restoring.add(key, row)
            told.add(row)
    told.give(events)
    return restoring.window()


class Restoring:
    """Takes the rows of one group in any order, and gives their window."""

    def __init__(self, group: str, span: timedelta = WINDOW, events: Events | None = None) -> None:
        self._window = Window(group, span, events)
        self._joined = array("Q")
        self._names = array("Q")
        self._members = array("I")  # of the rows, those that have a vector
        self._terms = array("I")
        self._weights = array("H")

    def add(self, key: str, row: Row) -> None:
        """One row of the group."""
        content, bands, packed = (row.content, row.bands, row.terms) if row.scheme == SCHEME else (0, b"", b"")
        if packed:
            self._members.append(len(self._joined))
            count = len(packed) // 6
            self._terms.frombytes(packed[: 4 * count] + _EMPTY[4 * count :])
            self._weights.frombytes(packed[4 * count :] + _EMPTY[: 2 * (VECTOR - count)])
        self._joined.append(row.joined)
        self._names.append(story_number_of(row.story))
        self._window.partition = row.partition
        self._window.arrivals.collect(key, row.seq, row.entered or row.first_seen // 1000, keys_of(content, bands))

    def window(self) -> Window:
        """The window, once all rows are there."""
        window, arrivals = self._window, self._window.arrivals
        seqs = np.array(arrivals.seqs, np.uint64)
        entered = np.array(arrivals.entered, np.uint32)
        turns = np.zeros(len(seqs), np.uint32)  # each row's place in the order of joining
        turns[np.lexsort((seqs, np.array(self._joined, np.uint64)))] = np.arange(len(seqs))
        ids, stories = _numbered(np.array(self._names, np.uint64), turns)
        self._joined, self._names = array("Q"), array("Q")
        last = np.zeros(len(ids), np.uint32)
        np.maximum.at(last, stories, entered)
        members = np.array(self._members, np.uint32)
        growing = _Growing(Grown.of(ids, last))
        growing.grow(
            _Members(
                stories[members],
                turns[members],
                np.frombuffer(self._terms, np.uint32).reshape(-1, VECTOR),
                np.frombuffer(self._weights, np.uint16).reshape(-1, VECTOR),
            ),
            founded=_first_turns(stories, turns, len(ids)),
        )
        self._terms, self._weights, self._members = array("I"), array("H"), array("I")
        window.clusters.take(growing.grown)
        arrivals.arrange(stories)
        window.resume(int(seqs.max(initial=0)), int(entered.max(initial=0)))
        return window


class _Members(msgspec.Struct, frozen=True):
    """Of items with a vector: their stories, when they joined, and the vectors, one a row."""

    stories: np.ndarray
    turns: np.ndarray
    terms: np.ndarray
    weights: np.ndarray


class _Growing:
    """Stories that get their members."""

    def __init__(self, grown: Grown) -> None:
        self.grown = grown

    def grow(self, members: _Members, founded: np.ndarray) -> None:
        """Add all members; `founded` is the first turn of each story, of a row with a vector or without."""
        order = np.lexsort((members.turns, members.stories))
        stories = members.stories[order]
        starts = np.flatnonzero(np.concatenate((np.ones(min(len(stories), 1), bool), stories[1:] != stories[:-1])))
        sizes = np.diff(np.append(starts, len(stories)))
        ranks = np.arange(len(stories)) - np.repeat(starts, sizes)
        # A story whose first row says nothing in its own words begins with nothing, and its first member joins.
        ranks += np.repeat(members.turns[order[starts]] != founded[stories[starts]], sizes)
        by_rank = np.argsort(ranks, kind="stable")
        ends = np.cumsum(np.bincount(ranks, minlength=1))
        for rank, (first, last) in enumerate(zip(np.append(0, ends[:-1]).tolist(), ends.tolist(), strict=True)):
            for begin in range(first, last, AT_ONCE):
                chosen = order[by_rank[begin : min(begin + AT_ONCE, last)]]
                self._join(members, chosen) if rank else self._found(members, chosen)

    def _found(self, members: _Members, chosen: np.ndarray) -> None:
        grown, stories = self.grown, members.stories[chosen]
        grown.terms[stories] = members.terms[chosen]
        grown.weights[stories] = members.weights[chosen]
        grown.posted[stories] = members.terms[chosen, :POSTED]
        grown.moved[stories] = members.turns[chosen, None]
        grown.frequencies.add(members.terms[chosen][members.terms[chosen] > 0])

    def _join(self, members: _Members, chosen: np.ndarray) -> None:
        grown, stories, terms = self.grown, members.stories[chosen], members.terms[chosen]
        voices = grown.voices[stories]
        held = grown.terms[stories], grown.weights[stories]
        grown.terms[stories], grown.weights[stories], new = all_joined(held, voices, (terms, members.weights[chosen]))
        grown.voices[stories] = np.minimum(voices + 1, LOUDEST)
        grown.frequencies.add(new)
        posted = grown.posted[stories]
        again = ((posted[:, :, None] == terms[:, None, :POSTED]) & (posted[:, :, None] > 0)).any(axis=2)
        grown.moved[stories] = np.where(again, members.turns[chosen, None], grown.moved[stories])
        for place in np.flatnonzero((posted == 0).any(axis=1)).tolist():
            self._post(int(stories[place]), terms[place, :POSTED].tolist(), int(members.turns[chosen[place]]))

    def _post(self, story: int, terms: list[int], turn: int) -> None:
        """Let free places of a story hold terms that it is not found by yet."""
        posted = self.grown.posted[story]
        free = np.flatnonzero(posted == 0).tolist()
        new = [term for term in terms if term and term not in posted.tolist()]
        for place, term in zip(free, new, strict=False):
            self.grown.posted[story, place] = term
            self.grown.moved[story, place] = turn


def _numbered(names: np.ndarray, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different names in the order of their first turns, and the number of each row's name in that order."""
    ids, of_row = np.unique(names, return_inverse=True)
    firsts = _first_turns(of_row, turns, len(ids))
    order = np.argsort(firsts)
    numbers = np.zeros(len(ids), np.uint32)
    numbers[order] = np.arange(len(ids))
    return ids[order], numbers[of_row]


def _first_turns(stories: np.ndarray, turns: np.ndarray, count: int) -> np.ndarray:
    firsts = np.full(count, len(turns), np.uint32)
    np.minimum.at(firsts, stories, turns)
    return firsts
