"""What words show: equal parts are equal features, whatever words are asked for together."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entities.tagger.features import TEMPLATES, VIEWS, Joint, characters_of, shape, signs_of, words_of
from pipeline.entities.tagger.letters import LONGEST, Letters, keys_of
from pipeline.entities.tagger.lexicon import FAMILY_NAME, FIRST_NAME, PLACE, RARE, lexicon

WORD = st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"]), min_size=1, max_size=40)


def test_parts_of_words_are_compared_by_their_letters() -> None:
    """`Sukarno` and `Suharto` begin alike, `Suharto` and `Sugiarto` end alike."""
    letters = Letters(["sukarno", "suharto", "sugiarto"])
    begins, ends = letters.beginnings(np.array([2, 3])), letters.endings(np.array([4, 5]))
    assert begins[0, 0] == begins[1, 0] == begins[2, 0]
    assert len(set(begins[:, 1].tolist())) == 3
    assert ends[1, 0] == ends[2, 0] != ends[0, 0]
    assert ends[1, 1] != ends[2, 1]


def test_stems_are_whole_words() -> None:
    """A name in a case leads to the name: Putinom, Putina, Moskvu."""
    letters = Letters(["putinom", "moskvu"])
    stems = letters.stems(np.array([0, 1]), np.array([1, 2]), ("", "a"))
    assert stems[0, 2] == keys_of(["putin"])[0]
    assert stems[1, 1] == keys_of(["moskva"])[0]


@settings(deadline=None)
@given(st.lists(WORD, min_size=1, max_size=6))
def test_a_word_shows_the_same_in_any_company(words: list[str]) -> None:
    """Features of many words at once are those of each alone, for every style and a language with cases."""
    for look in (
        lambda some: words_of(some, lexicon(), "sh"),
        lambda some: signs_of(some, lexicon(), "ru"),
        characters_of,
    ):
        together = look(words)
        for row, word in enumerate(words):
            alone = look([word])
            assert (alone.features[0] == together.features[row]).all()
            assert (alone.views[0] == together.views[row]).all()


def test_long_words_are_known_by_both_ends() -> None:
    """A word longer than what is kept differs from another in its first and in its last letters."""
    one, two, three = "a" * 60, "a" * 59 + "b", "b" + "a" * 59
    assert len(set(keys_of([one, two, three]).tolist())) == 3
    assert int(Letters([one]).lengths[0]) == LONGEST


def test_shapes_tell_how_words_are_written() -> None:
    """Putin, PBB, kata, iPhone, a number, a sign."""
    shapes = [shape(word) for word in ("Putin", "PBB", "kata", "iPhone", "2024", "(")]
    assert len(set(shapes)) == 6
    assert shape("Widodo") == shape("Putin")


def test_the_lexicon_knows_names_places_and_common_words() -> None:
    """Lists are asked by the hash of small letters; a word of none is rare and has no flag."""
    known = lexicon()
    flags = known.flags.get(keys_of(["vladimir", "smith", "indonesia", "qzxwvbn"]))
    assert flags[0] & FIRST_NAME
    assert flags[1] & FAMILY_NAME
    assert flags[2] & PLACE
    assert flags[3] == 0
    assert known.rank(keys_of(["yang", "qzxwvbn"]), "id").tolist() == [0, RARE]
    assert known.rank(keys_of(["yang"]), "xx").tolist() == [RARE]


def test_templates_differ_by_place_and_value() -> None:
    """The same values at other places, or of other templates, are other slots."""
    joint = Joint(TEMPLATES)
    views = np.arange(5 * VIEWS, dtype=np.uint32)[None, :]
    slots = joint.slots(np.vstack([views, np.roll(views, VIEWS, axis=1)]))
    assert slots.shape == (2, len(TEMPLATES))
    assert len(set(slots.ravel().tolist())) == slots.size
