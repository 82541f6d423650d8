"""Words as numbers: what a text is about, in 32-bit terms with an emphasis each.

A term is 29 bits of a hash and 3 of its kind: the word's length (0 to 3: 3, 4, 5, or more letters), 4 for pairs of
characters, 7 for entities. A word is known by its beginning, since endings inflect. Names count more: words that the
text writes with a capital and never without, which tells an event from another of its kind (in scripts without
capitals, and for German nouns, nothing is told apart and nothing lost).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import islice
from zlib import crc32

from schemas.document import Mention
from schemas.item import Item

TEXT_LIMIT = 12_000
TOKEN_LIMIT = 1_500
TERM_TOKENS = 320
TERM_CHARACTERS = 2_600
TERM_LETTERS = 3
STEM = 6
LENGTH_BITS = 7
PAIRS, _ENTITY = 4, 7

_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)),  # Thai and Lao, Burmese, Khmer
    *((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),  # kana, more Burmese
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),  # Han
)
# Letters alone make the words of Latin, Greek, Cyrillic and Armenian; from Hebrew on, marks belong to words too.
_COMPLEX = re.compile("[\u0300-\u036f\u0483-\u0489\u0590-\u1dff\u2c00-\U0010ffff]")
_FIRST_UNSPACED = "\u0e00"
_FIRST_EAST_ASIAN = "\u3000"
# Each letter and digit, and a space for all else: quicker than a pattern.
_SPLIT = bytes(code if chr(code).isalnum() else 0x20 for code in range(128)).ljust(256)
_WORD = re.compile(r"[^\W_]+")
_CLAUSE = re.compile(r"[.,;:!?()\[\]«»“”\"\n。、，；：！？「」『』（）।؟،؛]+")


def written(text: str) -> list[str]:
    """The words of a text in their case, and each character of scripts without spaces; at most `TOKEN_LIMIT`."""
    text = text[:TEXT_LIMIT]
    if text.isascii():
        return text.encode().translate(_SPLIT).decode().split(None, TOKEN_LIMIT)[:TOKEN_LIMIT]
    text = unicodedata.normalize("NFKC", text)[:TEXT_LIMIT]
    pattern = _any_script() if _COMPLEX.search(text) else _WORD
    return pattern.findall(text)[:TOKEN_LIMIT]


def tokens(text: str) -> list[str]:
    """The words of a text without their case, as they are compared."""
    return [word.casefold() for word in written(text)]


def is_unspaced(words: list[str]) -> bool:
    """Whether most tokens of a sample are characters of a script without spaces."""
    if "".join(words[:200]).isascii():
        return False
    sample = [word for word in words[:200] if word >= _FIRST_UNSPACED]
    return 2 * sum(len(word) == 1 and _in_unspaced(ord(word)) for word in sample) > len(words[:200])


def terms_of_words(words: list[str]) -> list[int]:
    """The terms of tokens in their order; the shortest words are left out, characters without spaces go in pairs."""
    if words and words[len(words) // 2] >= _FIRST_UNSPACED and is_unspaced(words):
        return _grams(words)
    return list(filter(None, map(_cached_term, words)))


def terms_of_listed(word: str) -> list[int]:
    """The terms of an entry of a word list. Such lists are long and read once: nothing of them is remembered."""
    if word.isalpha() and word.islower() and (word.isascii() or _is_plain(word)):
        term = term_of(word)
        return [term] if term else []
    return terms_of_words(tokens(word))


def _is_plain(word: str) -> bool:
    """Whether a word of small letters alone is its own only token."""
    return not _COMPLEX.search(word) and word == unicodedata.normalize("NFKC", word).casefold()


def adjacent_names(item: Item, mentions: tuple[Mention, ...]) -> set[tuple[int, int]]:
    """Pairs of terms that may be parts of one name: names side by side, and an entity with the words that name it.

    In scripts without capitals any words side by side may be a name.
    """
    start = f"{item.title} . {item.summary} . {item.body[:TERM_CHARACTERS]}"[:TERM_CHARACTERS]
    names = frozenset(_names(start))
    pairs: set[tuple[int, int]] = set()
    for words in _clauses(start):
        run = terms_of_words(words) if is_unspaced(words) else [_part(word, names) for word in words]
        before = 0
        for term in run:
            if before and term:
                pairs.add((before, term))
            before = term
    for mention in islice(mentions, 200):
        entity = term_of_entity(mention.entity_id)
        pairs.update((entity, term) for term in terms_of_words(tokens(mention.text)))
    return pairs


def _clauses(text: str) -> list[list[str]]:
    """The tokens of a text, apart where punctuation parts it."""
    return [tokens(clause) for clause in _CLAUSE.split(text) if clause]


def _part(word: str, names: frozenset[str]) -> int:
    """The term of a word that may be part of a name, 0 of any other."""
    may_be = word in names or (word.lower() == word.upper() and not word[0].isdigit())
    return _cached_term(word) if may_be else 0


def _names(text: str) -> list[str]:
    """Words that are written with a capital and nowhere without."""
    if text == text.lower():
        return []
    words = set(_WORD.findall(text))
    capital = {word.casefold() for word in words if word[0].isupper()}
    return sorted(capital.difference(words))


def _grams(characters: list[str]) -> list[int]:
    """Pairs of Han and kana, which are about a word; four characters of the alphabets without spaces."""
    size = 4 if characters[len(characters) // 2] < _FIRST_EAST_ASIAN else 2
    grams = map("".join, zip(*(characters[start:] for start in range(size)), strict=False))
    return list(map(_term_of_gram, grams))


@lru_cache(maxsize=65_536)
def _term_of_gram(gram: str) -> int:
    return _hash(gram) | PAIRS


def term_of(word: str) -> int:
    """The term of a word without its case: its beginning. None (0) for the shortest, which say nothing."""
    letters = len(word)
    if letters < TERM_LETTERS:
        return _hash(word) if letters > 1 and word.isdigit() else 0
    return _hash(word[:STEM]) | (letters - TERM_LETTERS if letters < STEM else STEM - TERM_LETTERS)


_cached_term = lru_cache(maxsize=16_384)(term_of)


def term_of_entity(entity: str) -> int:
    """The term of an id of the knowledge base."""
    return _hash(entity) | _ENTITY


def _hash(text: str) -> int:
    return crc32(text.encode("utf-8", "replace")) & ~LENGTH_BITS


@lru_cache(maxsize=65_536)
def _in_unspaced(code: int) -> bool:
    return any(first <= code <= last for first, last in _UNSPACED)


@cache
def _any_script() -> re.Pattern[str]:
    """One character of a script without spaces, or a run of letters, marks and digits of any other."""
    unspaced: list[int] = []
    spaced: list[int] = []
    for code in range(0x323B0):  # the last assigned letters
        if unicodedata.category(chr(code))[0] in "LMN":
            (unspaced if _in_unspaced(code) else spaced).append(code)
    return re.compile(f"[{_ranges(unspaced)}]|[{_ranges(spaced)}]+")


def _ranges(codes: Iterable[int]) -> str:
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)
