"""Where two texts that share much differ: editors change the ends of a text or single words, templates their middle.

A new lead, a credit, boilerplate and a cut leave one run of the text as it was. A briefing keeps its first and last
lines and is about something else between them, a form has a gap in every line. Told by the places of the shingles that
two sketches share and do not share.
"""

import msgspec
import numpy as np

FRAME = 0.06  # of a text, what is the least at either end to hold a middle between
_PLACED, _PLACE = np.uint32(4), np.uint32(0xF)
_START = np.zeros(1, np.int64)
_SHARED_COST = 3  # a middle that is another goes on over a heading that both have, and not over words that were changed


class Differences(msgspec.Struct, frozen=True):
    """Between 0 and 1: the part of both texts that is one other middle; what is new between first and last shared."""

    middle: float
    inside: float


def differences(one: np.ndarray, other: np.ndarray) -> Differences:
    """Where two sketches differ: of each the hashes (20 bits, ascending) above their places (4 bits)."""
    hashes, others = one >> _PLACED, other >> _PLACED
    parts = [_in_order(one, _among(hashes, others)), _in_order(other, _among(others, hashes))]
    return Differences(min(map(_middle, parts)), max(map(_inside, parts)))


def _among(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Which of mine are among theirs."""
    if not len(theirs):
        return np.zeros(len(mine), bool)
    among: np.ndarray = theirs.take(theirs.searchsorted(mine), mode="clip") == mine
    return among


def _in_order(sketch: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Whether each shingle is shared, in the order of the text."""
    in_order: np.ndarray = shared[np.argsort(sketch & _PLACE, kind="stable")]
    return in_order


def _middle(shared: np.ndarray) -> float:
    """The share of a text that is in the longest run of what is not shared, with something shared on both sides.

    The longest run is the one of the highest score (Kadane's), so that a heading between two reports does not end it.
    """
    if not len(shared):
        return 0.0
    scores = np.cumsum(np.where(shared, -_SHARED_COST, 1))
    before = np.concatenate((_START, scores[:-1]))
    end = int(np.argmax(scores - np.minimum.accumulate(before))) + 1
    first = int(np.argmin(before[:end]))
    least = max(FRAME * len(shared), 2)
    if min(np.count_nonzero(shared[:first]), np.count_nonzero(shared[end:])) < least:
        return 0.0
    return (end - first) / len(shared)


def _inside(shared: np.ndarray) -> float:
    """Of what stands between the first and the last shared shingle, how much is not shared."""
    found = np.flatnonzero(shared)
    if not len(found):
        return 1.0
    span = int(found[-1] - found[0]) + 1
    return 1.0 - len(found) / span
