"""Forms of names by the endings of languages, and words that only begin like a name."""

import pytest

from pipeline.entities.inflect import beginnings, forms, inflects, is_form, stable
from pipeline.entities.normalise import normalise

FORMS = [
    ("ru", "Путин", "Путина Путину Путиным Путине"),
    ("ru", "Зеленский", "Зеленского Зеленскому Зеленским Зеленском"),
    ("ru", "Захарова", "Захаровой Захарову"),
    ("ru", "Павел", "Павла Павлу Павлом Павле"),
    ("ru", "Лев", "Льва Льву Львом"),
    ("uk", "Зеленський", "Зеленського Зеленському Зеленським"),
    ("uk", "Київ", "Києва Києву Києвом Києві"),
    ("uk", "Порошенко", "Порошенка Порошенку Порошенком Порошенкові"),
    ("sr", "Вучић", "Вучића Вучићу Вучићем"),
    ("sr", "Petar", "Petra Petru Petrom"),
    ("hr", "Milanović", "Milanovića Milanoviću Milanovićem"),
    ("cs", "Babiš", "Babiše Babišovi Babišem"),
    ("cs", "Fialová", "Fialové Fialovou"),
    ("sk", "Fico", "Fica Ficovi Ficom"),
    ("pl", "Tusk", "Tuska Tuskowi Tuskiem Tusku"),
    ("pl", "Duda", "Dudy Dudzie Dudę Dudą"),
    ("pl", "Sikorski", "Sikorskiego Sikorskiemu Sikorskim"),
    ("pl", "Paweł", "Pawła Pawłowi Pawłem"),
    ("lt", "Nausėda", "Nausėdos Nausėdai Nausėdą"),
    ("lv", "Rinkēvičs", "Rinkēviča Rinkēvičam Rinkēviču"),
    ("fi", "Putin", "Putinin Putinille Putinia Putinista Putinillekin"),
    ("fi", "Niinistö", "Niinistön Niinistölle Niinistöä"),
    ("fi", "Virtanen", "Virtasen Virtaselle Virtasta"),
    ("et", "Putin", "Putini Putinile Putinit Putiniga"),
    ("hu", "Orbán", "Orbánnak Orbánnal Orbánt Orbánról"),
    ("tr", "Erdoğan", "Erdoğanın Erdoğana Erdoğanla"),
    ("az", "Əliyev", "Əliyevin Əliyevə Əliyevlə"),
    ("uz", "Mirziyoyev", "Mirziyoyevning Mirziyoyevga"),
    ("kk", "Тоқаев", "Тоқаевтың Тоқаевқа Тоқаевпен"),
    ("el", "Μητσοτάκης", "Μητσοτάκη"),
    ("ro", "România", "României"),
    ("sq", "Rama", "Ramës Ramën"),
    ("ka", "პუტინი", "პუტინმა პუტინის პუტინს პუტინთან"),
    ("ka", "კობახიძე", "კობახიძემ კობახიძეს კობახიძის კობახიძესთან"),
    ("ka", "კავსაძა", "კავსაძამ კავსაძას კავსაძის"),
    ("be", "Лаўроў", "Лаўрова Лаўрову Лаўровым"),
    ("sk", "Peter", "Petra Petrovi Petrom"),
    ("cs", "Alexander", "Alexandra Alexandrovi Alexandrem"),
    ("pl", "Vučić", "Vučicia Vučiciowi Vučiciem"),
    ("lt", "Zelenski", "Zelenskis Zelenskio Zelenskiui"),
    ("fi", "Kallas", "Kallaksen Kallakselle Kallasta"),
    ("sq", "Bush", "Bushi Bushit"),
    ("ta", "டிரம்ப்", "டிரம்ப்பின் டிரம்ப்புடன் டிரம்பின்"),
    ("ml", "ട്രംപ്", "ട്രംപിന്റെ ട്രംപിനെ ട്രംപിനെതിരെ"),
    ("ml", "പുടിൻ", "പുടിന്റെ പുടിനെതിരെ"),
    ("hy", "Փաշինյան", "Փաշինյանի Փաշինյանին Փաշինյանը"),
    ("eu", "Putin", "Putinek Putinen Putinekin"),
    ("sv", "Putin", "Putins"),
    ("de", "Merkel", "Merkels"),
    ("mr", "मोदी", "मोदींनी मोदींच्या मोदीला"),
    ("ne", "मोदी", "मोदीले मोदीलाई"),
    ("bn", "পুতিন", "পুতিনের পুতিনকে"),
    ("ta", "புடின்", "புடினின் புடினுக்கு"),
    ("te", "పుతిన్", "పుతిన్‌తో పుతిన్‌ను"),
    ("ml", "പുടിൻ", "പുടിന്റെ"),
]
NO_FORMS = [
    ("en", "Trump", "Trumpet"), ("en", "Putin", "Putinism"), ("fi", "Putin", "Putinismi"), ("pl", "Putin", "Putinizm"),
    ("ru", "Путин", "Путинизм"), ("ru", "Путин", "Путино"), ("id", "Kim", "Kima"), ("de", "Kim", "Kima"),
    ("hu", "Trump", "Trumpista"), ("sv", "Putin", "Putinist"), ("en", "Putin", "Putins"), ("ru", "Ким", "Кима́нский"),
]  # fmt: skip


def _fold(word: str) -> str:
    return normalise(word).text


@pytest.mark.parametrize(("language", "name", "listed"), FORMS, ids=[f"{row[0]}-{row[1]}" for row in FORMS])
def test_cases_of_languages(language: str, name: str, listed: str) -> None:
    """Each form of the grammar is one, and all forms begin as the name is looked for."""
    word = _fold(name)
    assert inflects(language)
    for form in map(_fold, listed.split()):
        assert is_form(word, form, language), form
        assert form[: stable(word)] == word[: stable(word)]
        assert form[:4] in beginnings(word, 4)
    assert set(map(_fold, listed.split())) <= {word, *forms(word, language)}


@pytest.mark.parametrize(("language", "name", "word"), NO_FORMS)
def test_what_only_begins_like_a_name(language: str, name: str, word: str) -> None:
    """Derived words and other names are no forms."""
    assert not is_form(_fold(name), _fold(word), language)


def test_where_only_the_last_word_takes_the_ending() -> None:
    """In Finnish the first name stays as it is, in Russian it has its case too."""
    assert not is_form("vladimir", "vladimirille", "fi", last=False)
    assert is_form("владимир", "владимиру", "ru", last=False)
