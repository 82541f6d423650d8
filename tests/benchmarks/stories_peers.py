"""What else finds copies and stories, as one would write it in an afternoon: peers on the same texts, in the same run.

All see the same tokens (`pipeline.stories.terms.tokens`), so that what is compared is the method.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from math import log, sqrt

import numpy as np
from datasketch import MinHash, MinHashLSH

from pipeline.stories.terms import is_unspaced, tokens
from schemas.item import Item

SIMHASH_DISTANCE = 3
MINHASH_JACCARD = 0.5
PERMUTATIONS = 128


def text_of(item: Item) -> list[str]:
    """The tokens of the body, or of title and summary where there is none."""
    return tokens(item.body or f"{item.title}\n{item.summary}")


def exact(items: list[Item]) -> list[int]:
    """Each item's first with the same tokens."""
    first: dict[tuple[str, ...], int] = {}
    return [first.setdefault(tuple(text_of(item)), number) for number, item in enumerate(items)]


def simhash(items: list[Item]) -> list[int]:
    """Each item's first of which at most three of 64 bits differ (Charikar 2002; Manku, Jain and Das Sarma 2007)."""
    made = np.array([_simhash(text_of(item)) for item in items], np.uint64)
    found: list[int] = []
    for number, one in enumerate(made):
        near = np.flatnonzero(np.bitwise_count(made[:number] ^ one) <= SIMHASH_DISTANCE)
        found.append(found[near[0]] if len(near) else number)
    return found


def minhash(items: list[Item]) -> list[int]:
    """Each item's first that datasketch's LSH holds for at least half the same, by 128 permutations."""
    index = MinHashLSH(threshold=MINHASH_JACCARD, num_perm=PERMUTATIONS)
    found: list[int] = []
    for number, item in enumerate(items):
        made = MinHash(num_perm=PERMUTATIONS)
        made.update_batch([shingle.encode() for shingle in _shingles(text_of(item))])
        near: list[int] = index.query(made)
        found.append(found[min(near)] if near else number)
        index.insert(number, made)
    return found


COPIES: dict[str, Callable[[list[Item]], list[int]]] = {
    "exact hash": exact,
    "SimHash, 64 bits, distance 3": simhash,
    "datasketch MinHash LSH, 0.5": minhash,
}


def single_pass(items: Iterable[Item], threshold: float) -> list[int]:
    """Stories by TF-IDF and the cosine with each story's mean, in the order of arrival."""
    seen: Counter[str] = Counter()
    sums: list[defaultdict[str, float]] = []
    found: list[int] = []
    for number, item in enumerate(items, 1):
        counts = Counter(tokens(f"{item.title}\n{item.summary}\n{item.body}"))
        seen.update(counts.keys())
        weights = {word: (1 + log(count)) * log((number + 1) / seen[word]) for word, count in counts.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        item_vector = {word: weight / length for word, weight in weights.items()}
        scores = [
            sum(weight * held[word] for word, weight in item_vector.items() if word in held)
            / (sqrt(sum(weight * weight for weight in held.values())) or 1.0)
            for held in sums
        ]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or scores[best] < threshold:
            best = len(sums)
            sums.append(defaultdict(float))
        for word, weight in item_vector.items():
            sums[best][word] += weight
        found.append(best)
    return found


def _shingles(words: list[str]) -> set[str]:
    size = 4 if is_unspaced(words) else 3
    return {"\n".join(words[start : start + size]) for start in range(max(len(words) - size + 1, 1))}


def _simhash(words: list[str]) -> int:
    sums = np.zeros(64, np.int64)
    for word, count in Counter(words).items():
        digest = np.frombuffer(blake2b(word.encode(), digest_size=8).digest(), np.uint8)
        sums += count * (2 * np.unpackbits(digest).astype(np.int64) - 1)
    return int.from_bytes(np.packbits(sums > 0).tobytes(), "big")
