"""Which analyzer serves which language, asked of the real node."""

import httpx
import pytest

from pipeline.elastic import Index
from schemas.codec import now
from schemas.errors import IndexRefused
from schemas.index import ANALYZERS, FOLDED, SAME_ANALYZER, localized_language, month_alias
from schemas.settings import Settings


def tokens(settings: Settings, analyzer: str, text: str) -> list[str]:
    """What the node makes of a text."""
    name = f"{month_alias(settings.index_prefix, now())}-v1"
    answer = httpx.post(f"{settings.elasticsearch}/{name}/_analyze", json={"analyzer": analyzer, "text": text})
    assert answer.status_code == 200, answer.text
    return [token["token"] for token in answer.json()["tokens"]]


# Forms of one word that the analyzer which stands in for the language must see as one.
ONE_WORD = [
    ("ms", "kunjungan kunjungannya"), ("uk", "Путін Путіна Путіну Путіним"),
    ("uk", "президент президента президентом"), ("uk", "уряд уряду"), ("uk", "вибори виборах"),
    ("be", "урад урада"), ("hr", "gradovi gradova"), ("bs", "predsjednik predsjednika"), ("nb", "biler bilene"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "forms"), ONE_WORD)
def test_a_borrowed_analyzer_joins_forms(kabar_settings: Settings, language: str, forms: str) -> None:
    """The analyzer that serves a language without one of its own gives forms of a word one stem."""
    code = localized_language(language)
    assert code == SAME_ANALYZER[language]
    assert len(set(tokens(kabar_settings, ANALYZERS[str(code)], forms))) == 1


def test_folding_forgets_case_and_accents(kabar_settings: Settings) -> None:
    """Names and languages without stems: no accents, no case, nothing cut off."""
    assert tokens(kabar_settings, FOLDED, "São ÉLÈVES Đặng Straße") == ["sao", "eleves", "dang", "strasse"]


def test_japanese_korean_and_chinese_are_pairs(kabar_settings: Settings) -> None:
    """Two characters at a time, as Lucene's CJK analyzer cuts."""
    assert tokens(kabar_settings, ANALYZERS["zh"], "访问北京") == ["访问", "问北", "北京"]
    assert tokens(kabar_settings, ANALYZERS["ko"], "서울시") == ["서울", "울시"]


def test_an_unknown_analyzer_fails_at_the_start(kabar_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing the template, which is done before the first item, names the analyzer that the cluster lacks."""
    monkeypatch.setitem(ANALYZERS, "xx", "klingon")
    settings = kabar_settings.model_copy(update={"index_prefix": "news-klingon"})
    with Index(settings) as index, pytest.raises(IndexRefused, match="klingon"):
        index.prepare()
