"""How much a term tells: rare in the language, rare in the stories of the window.

A young window knows no common words, so each count starts from what a reader of the language expects: the word lists
of wordfreq (Speer 2022), as the share of news texts that have the term. Where there is no list, from the length of the
word, since short words are common in every language (Zipf 1935).

A term is counted once a story: one event that fills the day does not make its own names common.
"""

from functools import cache

import numpy as np
from wordfreq import available_languages, get_frequency_dict

from pipeline.stories.terms import LENGTH_BITS, PAIRS, terms_of_listed

LISTED_STORIES = 500.0  # what a word list is worth against what was counted
GUESSED_STORIES = 60.0  # what the length of a word is worth; of characters in pairs no list knows all that are common
TEXT_WORDS = 150
UNLISTED = 0.0005
BY_LENGTH = (0.20, 0.06, 0.03, 0.012, 0.01)  # of words of 3, 4, 5, and more letters; of pairs of characters
ENTITY_SHARE = 0.002
ROWS_BITS = 17
FEW = 64  # terms, that are counted faster one by one
_LISTS = {
    "sr": "sh",
    "hr": "sh",
    "bs": "sh",
    "cnr": "sh",
    "nn": "nb",
    "no": "nb",
    "tl": "fil",
    "yue": "zh",
    "prs": "fa",
}
_SPREAD = np.uint32(2_654_435_761)


class Frequencies:
    """In how many stories of the window each term occurs.

    Counted in a count-min sketch (Cormode and Muthukrishnan 2005) of two rows, 1 MB whatever the window holds.
    """

    def __init__(self) -> None:
        self._first = np.zeros(1 << ROWS_BITS, np.uint32)
        self._second = np.zeros(1 << ROWS_BITS, np.uint32)
        self.stories = 0

    def add(self, terms: np.ndarray) -> None:
        """Count terms that are new to their story."""
        for counts, places in zip((self._first, self._second), _places(terms), strict=True):
            if len(places) > FEW:
                np.add.at(counts, places, 1)
                continue
            one_by_one = counts.data
            for place in places.tolist():
                one_by_one[place] += 1

    def rarity(self, terms: np.ndarray, language: str) -> np.ndarray:
        """How much each term tells, in nats: the negative logarithm of the share of stories that have it."""
        one, two = _places(terms)
        counts = np.minimum(self._first.take(one), self._second.take(two))
        worth = _worths(_worth(language))[terms & LENGTH_BITS]
        expected = worth * expectation(terms, language)
        weights = np.log((self.stories + worth + 1.0) / (counts + expected + 0.5))
        positive: np.ndarray = np.maximum(weights, 0.0, out=weights)
        return positive


def expectation(terms: np.ndarray, language: str) -> np.ndarray:
    """The share of texts of this language that are expected to have each term, before anything was counted."""
    listed = _listed(language)
    if listed is None:
        by_length: np.ndarray = _lengths()[terms & LENGTH_BITS]
        return by_length
    known, shares = listed
    at = known.searchsorted(terms)
    found: np.ndarray = np.where(
        known.take(at, mode="clip") == terms, shares.take(at, mode="clip"), _unlisted()[terms & LENGTH_BITS]
    )
    return found


def _worth(language: str) -> float:
    return GUESSED_STORIES if _listed(language) is None else LISTED_STORIES


def _places(terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = terms * _SPREAD
    return spread >> np.uint32(32 - ROWS_BITS), (spread ^ (terms >> np.uint32(7))) & np.uint32((1 << ROWS_BITS) - 1)


@cache
def _listed(language: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The terms of a language's word list, ascending, and the share of texts that have each."""
    primary = language.split("-", maxsplit=1)[0]
    listed = _LISTS.get(primary, primary)
    if listed not in available_languages("small"):  # it would take the list of another language
        return None
    words = get_frequency_dict(listed, "small")
    found = [(term, frequency) for word, frequency in words.items() for term in terms_of_listed(word)]
    known, places = np.unique(np.array([term for term, _ in found], np.uint32), return_inverse=True)
    together = np.bincount(places, [frequency for _, frequency in found])
    return known, (1.0 - np.exp(-TEXT_WORDS * together)).astype(np.float32)


@cache
def _worths(worth: float) -> np.ndarray:
    """What an expectation is worth, by the kind of the term."""
    worths = np.full(LENGTH_BITS + 1, worth)
    worths[PAIRS] = GUESSED_STORIES
    return worths


@cache
def _unlisted() -> np.ndarray:
    shares = np.full(LENGTH_BITS + 1, UNLISTED)
    shares[LENGTH_BITS] = ENTITY_SHARE
    return shares


@cache
def _lengths() -> np.ndarray:
    shares = np.full(LENGTH_BITS + 1, UNLISTED, np.float32)
    shares[: len(BY_LENGTH)] = BY_LENGTH
    shares[LENGTH_BITS] = ENTITY_SHARE
    return shares
