"""What dictionaries say of Chinese, Japanese and Korean characters: the word that each is part of, and its class.

Japanese and Korean are analysed by MeCab with ipadic and mecab-ko-dic, Chinese is cut into the longest words of a list.
"""

import lzma
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.entities.tagger.features import CLASS, PART, hashed
from pipeline.entities.tagger.model import Views

Piece = tuple[int, int, str]
# MeCab analyses the whole of what it is given at once; longer texts are given to it in pieces.
_PIECE: Final = 2_000


def add_dictionary(text: str, spans: list[tuple[int, int]], views: Views, language: str) -> None:
    """Fill in the views PART and CLASS of a text's characters."""
    words: dict[int, tuple[int, int]] = {}
    for start, end, kind in _pieces(text, language):
        word = hashed(text[start:end])
        for at in range(start, end):
            place = "S" if end - start == 1 else "B" if at == start else "E" if at == end - 1 else "I"
            words[at] = (word, _class(place, kind))
    nothing = (1, 1)
    views[:, (PART, CLASS)] = [words.get(start, nothing) for start, _ in spans]


@lru_cache(maxsize=4096)
def _class(place: str, kind: str) -> int:
    return hashed(place + kind)


def _pieces(text: str, language: str) -> Iterator[Piece]:
    if language == "zh":
        patterns, kinds = _chinese()
        for number, start, end in patterns.find_matches_as_indexes(text):
            yield start, end, kinds[number]
        return
    analyse = _japanese() if language == "ja" else _korean()
    for offset in range(0, len(text), _PIECE):
        piece = text[offset : offset + _PIECE].replace("\0", " ").encode("utf-8", "replace").decode()
        for start, end, kind in analyse(piece):
            yield offset + start, offset + end, kind


@lru_cache(maxsize=1)
def _chinese() -> tuple[AhoCorasick, list[str]]:
    text = lzma.decompress((files("pipeline.entities.tagger") / "chinese.bin").read_bytes()).decode()
    words: list[str] = []
    kinds: list[str] = []
    for line in text.splitlines():
        kind, _, listed = line.partition("\t")
        for word in listed.split(" "):
            words.append(word)
            kinds.append(kind)
    patterns = AhoCorasick(
        words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA, store_patterns=False
    )
    return patterns, kinds


@lru_cache(maxsize=1)
def _japanese() -> Callable[[str], Iterable[Piece]]:
    import fugashi  # noqa: PLC0415 - loaded for Japanese only
    import ipadic  # noqa: PLC0415

    tagger = fugashi.GenericTagger(ipadic.MECAB_ARGS)

    def analyse(text: str) -> Iterator[Piece]:
        at = 0
        for node in tagger(text):
            start = text.find(node.surface, at)
            if start < 0:
                continue
            at = start + len(node.surface)
            parts = node.feature
            kind = "-".join(parts[:4]) if parts[1] == "固有名詞" else f"{parts[0]}-{parts[1]}"
            yield start, at, kind

    return analyse


@lru_cache(maxsize=1)
def _korean() -> Callable[[str], Iterable[Piece]]:
    from mecab import MeCab  # noqa: PLC0415 - loaded for Korean only

    tagger = MeCab()

    def analyse(text: str) -> Iterator[Piece]:
        for morpheme in tagger.parse(text):
            feature = morpheme.feature
            semantic = feature.semantic if feature.pos.startswith("NNP") else None
            yield morpheme.span.start, morpheme.span.end, feature.pos + (f"-{semantic}" if semantic else "")

    return analyse
