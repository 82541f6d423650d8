"""Whether one text is a copy of another, judged from what is kept of both.

The thresholds come from perturbing texts (see `tests/pipeline/stories`): one token in five changed leaves a Jaccard
overlap of about 0.34 over shingles of three, while two tellings of one event seldom share a tenth.
"""

from typing import Protocol

from pipeline.stories.fingerprint import number_containment, overlap

JACCARD = 0.33
CONTAINMENT = 0.65
CONTAINMENT_JACCARD = 0.12
SHORT_JACCARD = 0.75
LEAST_SHINGLES = 6

LONG_TEXT = 100
NUMBERS_LONG = 0.6
NUMBERS_SHORT = 0.8


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


def similarity(one: Sketched, other: Sketched) -> float | None:
    """How much of the texts is the same where they are copies, None where they are not.

    Where one is a shorter version of the other, it is the share of the shorter one. A title and summary are never
    compared with a whole article, and need far more in common. Texts that differ mostly in their numbers come from
    one template (weather, rates, results) and are no copies.
    """
    if one.short != other.short or min(one.shingles, other.shingles) < LEAST_SHINGLES:
        return None
    measured = overlap(one.sketch, other.sketch)
    if one.short:
        found = measured.jaccard if measured.jaccard >= SHORT_JACCARD else None
    elif measured.jaccard >= JACCARD:
        found = measured.jaccard
    elif measured.jaccard >= CONTAINMENT_JACCARD and measured.containment >= CONTAINMENT:
        found = measured.containment
    else:
        found = None
    if found is None or _from_one_template(one, other):
        return None
    return round(found, 4)


def related(one: Sketched, other: Sketched) -> bool:
    """Whether two texts still share something substantial, as a copy of a copy does with the original."""
    measured = overlap(one.sketch, other.sketch)
    return measured.containment >= CONTAINMENT / 2


def _from_one_template(one: Sketched, other: Sketched) -> bool:
    """Whether their numbers differ more than a copy's would.

    A copy keeps a number as likely as any word; a few may be lost with a cut paragraph of a long text.
    """
    if not one.numbers and not other.numbers:
        return False
    shared = number_containment(one.numbers, other.numbers)
    if min(one.tokens, other.tokens) < LONG_TEXT:
        return shared is not None and shared < NUMBERS_SHORT
    few = min(len(one.numbers), len(other.numbers)) < 2 * 2
    return shared is not None and not few and shared < NUMBERS_LONG
