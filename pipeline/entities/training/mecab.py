"""The words of a compiled dictionary of MeCab: a trie of their bytes (Darts, Aoe 1989), and what stands at its leaves.

File: a head of ten numbers of 32 bits and the name of the charset; the trie, pairs of 32 bits (base, check); tokens
of 16 bytes, of which the third number is where the features stand; features, strings that end with a zero byte.
"""

import struct
from collections.abc import Iterator

import numpy as np

_HEAD = struct.Struct("<10I32s")
_TOKEN = np.dtype([("ids", "<u2", 3), ("cost", "<i2"), ("features", "<u4"), ("compound", "<u4")])


def entries(data: bytes) -> Iterator[tuple[str, str]]:
    """Each word of a `sys.dic`, with its features (values between commas), in the order of the words' bytes."""
    *_, trie_size, token_size, feature_size, _, charset = _HEAD.unpack_from(data)
    encoding = charset.rstrip(b"\0").decode()
    trie = np.frombuffer(data, "<i4", trie_size // 4, _HEAD.size).reshape(-1, 2)
    bases, checks = trie[:, 0].tolist(), trie[:, 1].astype(np.uint32).tolist()
    tokens = np.frombuffer(data, _TOKEN, token_size // _TOKEN.itemsize, _HEAD.size + trie_size)["features"].tolist()
    begin = _HEAD.size + trie_size + token_size
    features = data[begin : begin + feature_size]
    open_ = [(bases[0], b"")]
    while open_:
        base, key = open_.pop()
        if key and base < len(bases) and checks[base] == base and bases[base] < 0:
            # The number of a word's tokens, and which is the first.
            first, count = divmod(-bases[base] - 1, 256)
            for at in tokens[first : first + count]:
                yield key.decode(encoding), features[at : features.index(b"\0", at)].decode(encoding)
        for byte in range(255, -1, -1):
            at = base + byte + 1
            if at < len(bases) and checks[at] == base:
                open_.append((bases[at], key + bytes([byte])))
