"""Whether one text is a copy of another, judged from what is kept of both.

The thresholds come from perturbing texts (see `tests/pipeline/stories`): one token in five changed leaves a Jaccard
overlap of about 0.34 over shingles of three, while two tellings of one event seldom share a tenth.
"""

from collections.abc import Sequence
from math import comb, sqrt
from typing import Protocol

from pipeline.stories.fingerprint import Overlap, differing, number_containment, overlap, overlaps, title_likeness

JACCARD = 0.30
CONTAINMENT = 0.65
CONTAINMENT_JACCARD = 0.12
SHORT_JACCARD = 0.75
LEAST_SHINGLES = 6

LONG_TEXT = 100
NUMBERS_SHORT = 0.8
NUMBERS_KEPT = 0.9  # even of the same text, with figures brought up to date
UNLIKELY = 0.1

MIDDLE = 0.35  # of both texts, that is one other middle: a briefing, a form
LATER = 16 * 3600  # seconds, from which on a text under the same title is the next one of a series
SAME_TITLE = 0.5
NEW_INSIDE = 0.2  # of the text between what is shared, what a copy on a later day may have changed


class Sketched(Protocol):
    """What is compared: a fingerprint, or the row that keeps one."""

    @property
    def sketch(self) -> bytes: ...  # noqa: D102 - the fields of Fingerprint
    @property
    def shingles(self) -> int: ...  # noqa: D102
    @property
    def tokens(self) -> int: ...  # noqa: D102
    @property
    def short(self) -> bool: ...  # noqa: D102
    @property
    def numbers(self) -> bytes: ...  # noqa: D102
    @property
    def title(self) -> bytes: ...  # noqa: D102


def similarities(one: Sketched, others: Sequence[Sketched]) -> list[float | None]:
    """How much of one text and each of others is the same where they are copies, None where they are not.

    Where one is a shorter version of the other, it is the share of the shorter one. A title and summary are never
    compared with a whole article, and need far more in common. Texts that differ mostly in their numbers come from
    one template (weather, rates, results) and are no copies.
    """
    found: list[float | None] = [None] * len(others)
    places = [
        place
        for place, other in enumerate(others)
        if one.short == other.short and min(one.shingles, other.shingles) >= LEAST_SHINGLES
    ]
    measured = overlaps(one.sketch, [others[place].sketch for place in places])
    for place, shared in zip(places, measured, strict=True):
        found[place] = _likeness(one, others[place], shared)
    return found


def _likeness(one: Sketched, other: Sketched, measured: Overlap) -> float | None:
    if one.short:
        found = measured.jaccard if measured.jaccard >= SHORT_JACCARD else None
    elif measured.jaccard >= JACCARD:
        found = measured.jaccard
    elif measured.jaccard >= CONTAINMENT_JACCARD and measured.containment >= CONTAINMENT:
        found = measured.containment
    else:
        found = None
    if found is None or _from_one_template(one, other, measured.containment):
        return None
    return round(found, 4)


def of_one_series(one: Sketched, other: Sketched, apart: int) -> bool:
    """Whether two texts differ where one template's do, and no editor changes a text; `apart` are seconds.

    What stands between the same first and last lines is another (briefings); or it comes on another day under the
    same title, with other words in every line (forms that are filled in).
    """
    found = differing(one.sketch, other.sketch)
    if found.middle >= MIDDLE:
        return True
    return apart >= LATER and found.inside > NEW_INSIDE and title_likeness(one.title, other.title) >= SAME_TITLE


def related(one: Sketched, other: Sketched) -> bool:
    """Whether two texts still share something substantial, as a copy of a copy does with the original."""
    measured = overlap(one.sketch, other.sketch)
    return measured.containment >= CONTAINMENT / 2


def _from_one_template(one: Sketched, other: Sketched, containment: float) -> bool:
    """Whether their numbers differ more than a copy's would.

    Of the copy of a long text a number is kept as likely as a shingle where a part of it is new, and as the cube root
    of that where single words are; between them lies the square root. It is a template where so few numbers are shared
    that it would happen to one copy in ten (binomially). A short copy keeps nearly all.
    """
    shared = number_containment(one.numbers, other.numbers)
    if shared is None:
        return False
    if min(one.tokens, other.tokens) < LONG_TEXT:
        return shared < NUMBERS_SHORT
    count = min(len(one.numbers), len(other.numbers)) // 2
    kept = min(sqrt(containment), NUMBERS_KEPT)
    least = round(shared * count)
    return sum(comb(count, n) * kept**n * (1 - kept) ** (count - n) for n in range(least + 1)) < UNLIKELY
