"""Keys stand for the stretches that they are of, and tables give back what was put in."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.forms import Forms
from pipeline.entities.keys import PIECE, Keyed, Table, keys_of, spread
from pipeline.entities.names import Kind, Name
from pipeline.entities.normalise import normalise


@given(st.text(min_size=1, max_size=60), st.data())
def test_a_stretch_has_the_key_of_its_text(text: str, data: st.DataObject) -> None:
    """Wherever it stands; any code point is allowed, lone surrogates too."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = Keyed(text).keys(np.array([start]), np.array([end]))
    assert found.tolist() == keys_of([text[start:end]]).tolist()


def test_a_table_gives_all_numbers_of_a_key_and_no_others() -> None:
    """In the order in which they were put in."""
    chance = random.Random(5)
    words = [f"name {chance.randrange(500)}" for _ in range(2_000)]
    table = Table.of(spread(keys_of(words)), np.arange(2_000, dtype=np.uint32))
    asked = [f"name {number}" for number in range(1_000)]
    here, found = table.find(spread(keys_of(asked)))
    expected = [(n, at) for n, word in enumerate(asked) for at, other in enumerate(words) if other == word]
    assert list(zip(here.tolist(), found.tolist(), strict=True)) == expected


def test_a_form_is_found_wherever_the_pieces_of_a_text_end() -> None:
    """Once, at the right place: pieces are 20,000 code points."""
    forms = Forms.of([Name("Vladimir Putin", 0, Kind.NAME)])
    for shift in range(-20, 20):
        before = "da " * ((PIECE + shift) // 3) + "." * ((PIECE + shift) % 3) + " "
        hits = list(forms.find(normalise(f"{before}Vladimira Putina. Sasvim"), "hr"))
        assert [(hit.start, hit.end) for hit in hits] == [(len(before), len(before) + 16)], shift
