"""Words as numbers: what is counted of a text at once is what one would count word by word."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stories.terms import TERM_TOKENS, term_of, tokens, written
from pipeline.stories.words import CAPITAL, NAME, TITLE, emphases, numbered, without_case
from schemas.document import Mention

TEXTS = st.lists(
    st.sampled_from(["Moscow", "moscow", "MOSCOW", "of", "the", "Oil", "oils", "2024", "Łódź", "łódź", "iPhone", "x"]),
    max_size=40,
)


def test_a_word_has_one_number_in_any_case() -> None:
    """Small, capital and mixed letters differ only in how the word is written."""
    one, other, third = numbered(["moscow", "Moscow", "mOSCOW"]).tolist()
    assert len({one, other, third}) == 3
    assert len(set(without_case(numbered(["moscow", "Moscow", "mOSCOW"])).tolist())) == 1
    assert other >> 12 & 3 == CAPITAL
    assert one >> 32 == term_of("moscow")


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_terms_are_weighed_as_one_by_one(title: list[str], rest: list[str]) -> None:
    """How often, how often in the title, whether a name, and where first."""
    words = [*title, *rest]
    names = {word.casefold() for word in words if word[0].isupper()} - {w for w in words if w == w.casefold()}
    terms = [term_of(word.casefold()) for word in words]
    found = emphases(numbered(words), len(title), ())
    expected = {
        term: (1 + math.log(count))
        * TITLE ** min(terms[: len(title)].count(term), 8)
        * (NAME if term in {term_of(name) for name in names} else 1)
        for term, count in Counter(filter(None, terms)).items()
    }
    assert dict(zip(found.terms.tolist(), found.weights.tolist(), strict=True)) == pytest.approx(expected, rel=1e-5)
    assert found.firsts.tolist() == [terms.index(term) for term in found.terms.tolist()]


def test_entities_follow_the_words() -> None:
    """Of equal weights those of words come first."""
    mention = Mention(
        text="Oil", type="ORG", start=0, end=3, field="body", entity_id="Q1", name="Oil", confidence=1.0, why="made"
    )
    found = emphases(numbered(written("oil prices")), 0, (mention, mention))
    assert found.firsts.tolist() == [0, 1, TERM_TOKENS] or found.firsts.tolist() == [1, 0, TERM_TOKENS]
    assert found.terms.dtype == np.uint32


def test_a_text_is_the_same_words_in_either_coding() -> None:
    """A single letter beyond ASCII changes no other word."""
    plain = "Oil rose 3.5 percent, the Kremlin said_today"
    assert tokens(f"{plain} é") == [*tokens(plain), "é"]


@given(st.text(st.characters(max_codepoint=127, categories=["L", "N"]), min_size=1))
def test_a_word_in_ascii_has_the_number_that_any_other_way_gives(word: str) -> None:
    """Its term is that of the word without its case, and in any case it is one word."""
    cases = numbered([word.lower(), word.upper(), word.capitalize()])
    assert set((cases >> np.uint64(32)).tolist()) == {term_of(word.casefold())}
    assert len(set(without_case(cases).tolist())) == 1
