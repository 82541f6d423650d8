"""The evaluation of languages: its own figures are right, and Kabar's on held-out texts are what the page says."""

import pytest

from pipeline.language import detect
from pipeline.language.calibration import calibration
from pipeline.language.characters import folds, marks
from pipeline.language.table import evidence, load
from pipeline.language.train import sources
from tests.benchmarks import language_texts as texts
from tests.benchmarks.language import calibration as bins
from tests.benchmarks.language import confusions, row
from tests.benchmarks.language_judges import Answer, by_kabar
from tests.benchmarks.language_texts import Text

SENTENCES = pytest.mark.skipif(not texts.SENTENCES.exists(), reason="../shared/eval is not here")


def test_figures() -> None:
    """Wrong and undecided are counted apart, and each language counts the same in the mean."""
    asked = [Text("id", "a"), Text("id", "b"), Text("fr", "c"), Text("fr", "d")]
    answers = [Answer("id", 0.9), Answer("ms", 0.95), Answer("und", 0.1), Answer("fr", 0.5)]
    found = row("x", asked, answers, 1.0)
    assert (found.macro, found.wrong, found.undecided, found.indonesian) == (0.5, 0.25, 0.25, 0.5)
    assert confusions(asked, answers) == [("id", "ms", 1)]
    assert [(one.answers, one.right) for one in bins(asked, answers)] == [(1, 1.0), (2, 0.5)]


def test_the_table_and_its_sources() -> None:
    """The table has the languages that its list names, at least 130, each once and each with its bias."""
    languages = load().names
    assert languages == tuple(source.code for source in sources())
    assert len(set(languages)) == len(languages) >= 130
    assert len(calibration().bias) == len(languages)


def test_evidence_is_for_the_language_of_the_words() -> None:
    """Known words tell for their language; without letters there is no evidence."""
    found = evidence("the government and the people of the country")
    assert load().names[int(found.total.argmax())] == "en"
    assert found.known.all()
    assert found.number == 8
    assert evidence("12 345").number == 0


def test_own_headlines_of_indonesian_and_malay() -> None:
    """The held-out half of the project's own headlines: Indonesian ones are Indonesian, Malay ones Malay."""
    found = {"id": [0, 0], "ms": [0, 0]}
    for text in texts.own_neighbours():
        found[text.language][0] += by_kabar(text.text).code == text.language
        found[text.language][1] += 1
    assert all(number >= 50 for _, number in found.values())
    assert all(right / number >= 0.93 for right, number in found.values())


def test_own_headlines_in_many_languages() -> None:
    """The held-out half of the own headlines, scripts and all: at least nine of ten right, at most one of 15 wrong."""
    answers = [(text.language, detect(text.text, "", "").code) for text in texts.own_headlines()]
    right = sum(code == gold or (gold, code) == ("uz-Cyrl", "uz") for gold, code in answers)
    assert right / len(answers) >= 0.9
    assert sum(code not in {gold, "und"} for gold, code in answers) / len(answers) <= 1 / 15


def test_the_folds_of_the_model_are_those_of_the_code() -> None:
    """Letters, spaces and dropped marks of the stored tables are what the code would make of them."""
    assert (load().fold == folds()).mean() > 0.999
    assert (load().marks == marks()).mean() > 0.999


@SENTENCES
def test_headlines_of_thirty_languages() -> None:
    """Held-out sentences as long as headlines: at least 0.985 in the mean over thirty languages."""
    asked = texts.headlines(texts.read(texts.SENTENCES), 20)
    found = row("Kabar", asked, [by_kabar(text.text) for text in asked], 1.0)
    assert found.macro_30 >= 0.985
    assert found.macro >= 0.96


@SENTENCES
def test_few_words_are_seldom_wrong() -> None:
    """Held-out beginnings of three words: under 2 % wrong."""
    asked = texts.three_words(texts.read(texts.SENTENCES), 30)
    assert row("Kabar", asked, [by_kabar(text.text) for text in asked], 1.0).wrong < 0.02


@SENTENCES
def test_confidence_is_what_it_says() -> None:
    """Held-out texts: of the answers near 0.99 at least 0.98 are right, and near 0.85 at least 0.8."""
    sentences = texts.read(texts.SENTENCES)
    asked = texts.headlines(sentences, 20) + texts.three_words(sentences, 20)
    by_said = {round(found.said, 1): found.right for found in bins(asked, [by_kabar(text.text) for text in asked])}
    assert by_said[1.0] >= 0.98
    assert by_said[0.9] >= 0.8
