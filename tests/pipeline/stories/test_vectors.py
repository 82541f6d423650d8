"""Means of stories: one by one and all at once they are the same numbers."""

from array import array

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stories.vectors import VECTOR, WHOLE, Vector, all_joined, joined

TERMS = st.integers(1, 90) | st.integers(2**32 - 30, 2**32 - 1)
WEIGHTS = st.integers(0, WHOLE)


@st.composite
def vectors(draw: st.DrawFn) -> Vector:
    """A few terms with any weights."""
    terms = draw(st.lists(TERMS, unique=True, max_size=VECTOR))
    return Vector(array("I", terms), array("H", [draw(WEIGHTS) for _ in terms]))


def padded(numbers: "array[int]") -> list[int]:
    """As a row of a table."""
    return [*numbers, *[0] * (VECTOR - len(numbers))]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(vectors(), vectors(), st.integers(1, WHOLE)), min_size=1, max_size=6))
def test_many_stories_at_once_get_the_mean_of_each(stories: list[tuple[Vector, Vector, int]]) -> None:
    """Terms, weights, and which terms are new: those of one member at a time."""
    held = (
        np.array([padded(story.terms) for story, _, _ in stories], np.uint32),
        np.array([padded(story.weights) for story, _, _ in stories], np.uint16),
    )
    items = (
        np.array([padded(item.terms) for _, item, _ in stories], np.uint32),
        np.array([padded(item.weights) for _, item, _ in stories], np.uint16),
    )
    terms, weights, new = all_joined(held, np.array([voices for _, _, voices in stories]), items)
    expected_new: list[int] = []
    for place, (story, item, voices) in enumerate(stories):
        mean, added = joined(dict(zip(story.terms, story.weights, strict=True)), voices, item)
        assert terms[place].tolist() == padded(array("I", mean))
        assert weights[place].tolist() == padded(array("H", mean.values()))
        expected_new += added
    assert sorted(new.tolist()) == sorted(expected_new)


def test_a_vector_is_what_was_packed() -> None:
    """Four bytes a term and two a weight, and back."""
    vector = Vector(array("I", [7, 2**32 - 1]), array("H", [WHOLE, 3]))
    assert len(vector.pack()) == 12
    assert Vector.unpack(vector.pack()) == vector
