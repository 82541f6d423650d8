"""What an item and a story are compared by: their weightiest terms, in whole numbers, so that sums have no order.

The mean of a story is that of its members' vectors. One member more is added with `joined`, the next member of many
stories at once with `all_joined`; both give the same numbers, so that a window rebuilt decides as the one that grew.
"""

from array import array

import msgspec
import numpy as np

VECTOR = 32
WHOLE = 65_535  # the length of an item's vector
LOUDEST = 65_535  # a mean of so many members moves no slower than that, so that sums fit 32 bits
_TERM = (1 << 32) - 1
_TOP = _TERM - 1  # from which sums are subtracted, so that the largest come first
_NONE = (1 << 64) - 1


class Vector(msgspec.Struct, frozen=True):
    """At most `VECTOR` terms (32 bits), the weightiest first, and their weights (16 bits); its length is `WHOLE`."""

    terms: "array[int]"
    weights: "array[int]"

    def pack(self) -> bytes:
        """4 bytes a term, then 2 bytes a weight."""
        return self.terms.tobytes() + self.weights.tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> "Vector":
        """The vector that was packed."""
        count = len(packed) // 6
        return cls(array("I", packed[: 4 * count]), array("H", packed[4 * count :]))


NOTHING = Vector(array("I"), array("H"))


def joined(held: dict[int, int], voices: int, item: Vector) -> tuple[dict[int, int], list[int]]:
    """The mean of so many members and one more, the weightiest first, and the terms that were not in it."""
    sums = {term: weight * voices for term, weight in held.items()}
    new = []
    for term, weight in zip(item.terms, item.weights, strict=True):
        if term in sums:
            sums[term] += weight
        else:
            sums[term] = weight
            new.append(term)
    ranked = sorted([(_TOP - total) << 32 | term for term, total in sums.items()])[:VECTOR]
    return {key & _TERM: round((_TOP - (key >> 32)) / (voices + 1)) for key in ranked}, new


def all_joined(
    held: tuple[np.ndarray, np.ndarray], voices: np.ndarray, items: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `joined`, for as many stories as there are rows: terms, weights, and all new terms in one array.

    Terms are `VECTOR` numbers a row (0 where there are fewer), weights too; each story has one new member.
    """
    rows = len(voices)
    entries = np.empty((rows, 2 * VECTOR), np.uint64)
    for side, (terms, weights) in enumerate((held, items)):
        part = entries[:, side * VECTOR : (side + 1) * VECTOR]
        part[:] = terms
        part <<= np.uint64(17)
        part |= weights
        part |= np.uint64(side << 16)
    entries.sort(axis=1)
    terms = entries >> np.uint64(17)
    added = (entries & np.uint64(1 << 16)) > 0
    totals = (entries & np.uint64(WHOLE)) * np.where(added, np.uint64(1), voices[:, None].astype(np.uint64))
    again = np.zeros(terms.shape, bool)  # what is added to the entry before it, which is the story's own
    again[:, 1:] = terms[:, 1:] == terms[:, :-1]
    new = terms[added & ~again & (terms > 0)].astype(np.uint32)
    totals[:, :-1] += np.where(again[:, 1:], totals[:, 1:], np.uint64(0))
    keys = (np.uint64(_TOP) - totals) << np.uint64(32) | terms
    keys[again | (terms == 0)] = _NONE
    keys.sort(axis=1)
    keys = keys[:, :VECTOR]
    there = keys != _NONE
    means = np.rint((np.uint64(_TOP) - (keys >> np.uint64(32))) / (voices[:, None] + 1.0))
    return (
        np.where(there, keys & np.uint64(_TERM), 0).astype(np.uint32),
        np.where(there, means, 0.0).astype(np.uint16),
        new,
    )
