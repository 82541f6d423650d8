"""Rules are found by the pieces of a text, whether these are read together or one by one."""

from collections import Counter

import pytest

from pipeline.rules.pieces import ByWord
from pipeline.rules.words import has_unspaced, split_piece
from tests.pipeline.search.demo import demo_documents

TEXTS = {
    document.enriched.language: f"{document.enriched.item.title} {document.enriched.item.body}"
    for document in demo_documents()
}


def led(piece: str, stem: str, language: str) -> bool:
    """What a stem leads to here has it in every language."""
    return bool(piece or stem or language)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_pieces_read_together_are_the_pieces(language: str) -> None:
    """Words and stems of a text are those of its pieces, in every script of the demo's news."""
    pieces = TEXTS[language].split()
    words, stems = split_piece(" ".join(pieces), language)
    apart = [split_piece(piece, language) for piece in pieces]
    assert words == tuple(word for found, _ in apart for word in found)
    assert stems == tuple(stem for _, found in apart for stem in found)


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize("share", [1_000_000, 40, 3])
def test_a_text_leads_where_its_pieces_lead(language: str, share: int) -> None:
    """Where none of the pieces leads anywhere, few do or many; the second time, from memory, as the first."""
    pieces = set(TEXTS[language].split())
    split = {piece: split_piece(piece, language) for piece in pieces}
    chosen = sorted(pieces)[::share] if share < len(pieces) else []
    # A word without spaces around it is found by two neighbours of it.
    keys = (word[:2] if has_unspaced(word) else word for piece in chosen[::2] for word in split[piece][0])
    words = {key: (key,) for key in keys}
    stems = {stem: (stem,) for piece in chosen[1::2] for stem in split[piece][1]}
    book = ByWord[str](words, stems, led)
    expected = Counter(found for piece in pieces for found in book.of_piece(piece, language.partition("-")[0]))
    assert Counter(book.of(pieces, language)) == expected
    assert Counter(book.of(pieces, language)) == expected
    assert bool(expected) == bool(words or stems)
