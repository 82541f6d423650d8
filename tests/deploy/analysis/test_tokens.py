"""The embedded node's analyzers against Lucene's own, run without the node, and against Snowball's own stemmers.

Which class of Lucene a name of Elasticsearch's stands for is written in its reference, "Language analyzers":
https://www.elastic.co/docs/reference/text-analysis/analysis-lang-analyzer; the classes are those of the package
https://lucene.apache.org/core/10_3_1/analysis/common/.
"""

import re
import subprocess
from pathlib import Path

import httpx
import pytest
import Stemmer

from connectors.demo.records import news
from deploy import artifacts, cache, distribution
from pipeline.elastic import Index
from schemas.codec import now
from schemas.index import ANALYZERS, month_alias
from schemas.settings import Settings

SOURCE = Path(__file__).with_name("ReferenceTokens.java")
PACKAGE = "org.apache.lucene.analysis"
CLASSES = {
    "arabic": "ar.Arabic", "armenian": "hy.Armenian", "basque": "eu.Basque", "bengali": "bn.Bengali",
    "bulgarian": "bg.Bulgarian", "catalan": "ca.Catalan", "cjk": "cjk.CJK", "czech": "cz.Czech", "danish": "da.Danish",
    "dutch": "nl.Dutch", "english": "en.English", "estonian": "et.Estonian", "finnish": "fi.Finnish",
    "french": "fr.French", "galician": "gl.Galician", "german": "de.German", "greek": "el.Greek", "hindi": "hi.Hindi",
    "hungarian": "hu.Hungarian", "indonesian": "id.Indonesian", "irish": "ga.Irish", "italian": "it.Italian",
    "latvian": "lv.Latvian", "lithuanian": "lt.Lithuanian", "norwegian": "no.Norwegian", "persian": "fa.Persian",
    "portuguese": "pt.Portuguese", "romanian": "ro.Romanian", "russian": "ru.Russian", "serbian": "sr.Serbian",
    "sorani": "ckb.Sorani", "spanish": "es.Spanish", "swedish": "sv.Swedish", "turkish": "tr.Turkish",
}  # fmt: skip
# The runtime that Kabar brings has no dictionary of Thai, which Lucene's ThaiAnalyzer needs; ICU's stands in for it.
BY_ICU = {"thai"}
SAMPLES = {
    "arabic": "وزير الخارجية يزور العاصمة ويلتقي بالمسؤولين في المباحثات والكتاب والمكتبات",
    "armenian": "Հայաստանի վարչապետը հանդիպեց նախագահի հետ երեկոյան քաղաքներում",
    "basque": "Lehendakariak gobernuaren etxeetan hitz egin zuen herritarren eskubideei buruz",
    "bengali": "প্রধানমন্ত্রী ঢাকায় সাংবাদিকদের সঙ্গে বৈঠক করেছেন এবং বইগুলো দেখেছেন",
    "bulgarian": "Президентът посети градовете и се срещна с министрите на българските граждани",
    "catalan": "Els ministres van visitar les ciutats catalanes i l'oposició va criticar-ne les decisions",
    "cjk": "総理大臣は東京で記者会見を行った。访问北京的外国领导人 서울시장이 발표했다 NATO 2026",
    "czech": "Prezident navštívil města a setkal se s ministry zahraničních věcí v pražských ulicích",
    "danish": "Statsministeren besøgte byerne og mødtes med indbyggerne i København om aftenen",
    "dutch": "De ministers bezochten de steden en spraken met burgers over de gevolgen van de maatregelen",
    "english": "The president's ministers were visiting cities and discussed running agreements on Tuesday",
    "estonian": "Peaminister külastas linnasid ja kohtus kodanikega Tallinnas valitsuse majades",
    "finnish": "Pääministeri vieraili kaupungeissa ja tapasi kansalaisia Helsingissä hallituksen taloissa",
    "french": "Les ministres ont visité l'Élysée et les villes françaises, qu'ils trouvaient généreuses",
    "galician": "Os ministros visitaron as cidades galegas e falaron coas veciñas das decisións",
    "german": "Die Außenminister besuchten die Städte und sprachen mit Bürgern über die Häuser und Straßen",
    "greek": "Ο πρωθυπουργός επισκέφθηκε τις πόλεις και συναντήθηκε με τους πολίτες της Ελλάδας",
    "hindi": "प्रधानमंत्री ने दिल्ली में पत्रकारों से मुलाकात की और किताबें लड़कियों को दीं",
    "hungarian": "A miniszterelnök meglátogatta a városokat és találkozott a polgárokkal Budapesten",
    "indonesian": "Presiden mengunjungi kota-kota dan membicarakan kebijakan pemerintahan dengan perwakilan mereka",
    "irish": "Thug an tUachtarán cuairt ar na cathracha agus bhuail sé leis na daoine i mBaile Átha Cliath",
    "italian": "I ministri hanno visitato le città italiane e dell'opposizione parlavano i cittadini",
    "latvian": "Premjerministrs apmeklēja pilsētas un tikās ar iedzīvotājiem Rīgas ielās",
    "lithuanian": "Ministras pirmininkas aplankė miestus ir susitiko su gyventojais Vilniaus gatvėse",
    "norwegian": "Statsministeren besøkte byene og møtte innbyggerne i Oslo om kvelden",
    "persian": "وزیر خارجه به شهرهای ایران سفر کرد و با مردم دیدارهایی داشت کتاب‌ها",
    "portuguese": "Os ministros visitaram as cidades brasileiras e falaram das decisões das nações",
    "romanian": "Miniștrii au vizitat orașele românești și au vorbit cu cetățenii despre hotărârile luate",
    "russian": "Президенты встретились в столице и обсудили соглашения о сотрудничестве городов",
    "serbian": "Predsednik je posetio gradove i razgovarao sa građanima Председник је посетио градове",
    "sorani": "سەرۆکی حکومەت سەردانی شارەکانی کوردستانی کرد و لەگەڵ خەڵکەکە کۆبووەوە",
    "spanish": "Los ministros visitaron las ciudades españolas y hablaron de las decisiones del gobierno",
    "swedish": "Statsministern besökte städerna och träffade invånarna i Stockholm på kvällen",
    "turkish": "Başbakan İstanbul'daki şehirleri ziyaret etti ve vatandaşlarla görüştü, Türkiye'nin evlerinde",
}  # fmt: skip
HOSTILE = (
    "ﬁn Ⅷ ½ e\u0301te\u0301 a\u200db\u200cc 12,5 x_y foo@bar.org https://a.b/c 𝕂𝔸𝔹𝔸ℝ 👩‍👩‍👧 I\u0307 ŉ ß ẞ ’s O’Neill"
)
# Where Lucene's analyzer ends with the stemmer of that name and changes nothing else of a plain word in small letters.
SNOWBALL = {
    "basque": "basque", "danish": "danish", "english": "porter", "estonian": "estonian", "finnish": "finnish",
    "hungarian": "hungarian", "irish": "irish", "norwegian": "norwegian", "russian": "russian", "swedish": "swedish",
}  # fmt: skip
Token = tuple[int, int, int, str]


def of_node(settings: Settings, analyzer: str, text: str) -> list[Token]:
    """What the node makes of a text."""
    name = f"{month_alias(settings.index_prefix, now())}-v1"
    answer = httpx.post(f"{settings.elasticsearch}/{name}/_analyze", json={"analyzer": analyzer, "text": text})
    return [(t["position"], t["start_offset"], t["end_offset"], t["token"]) for t in answer.json()["tokens"]]


def of_lucene(java: Path, classpath: str, asked: list[tuple[str, str]]) -> list[list[Token]]:
    """What Lucene's classes make of texts, in a process of their own."""
    lines = "".join(f"{PACKAGE}.{CLASSES[analyzer]}Analyzer\t{text}\n" for analyzer, text in asked)
    run = subprocess.run(
        [java, "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-cp", classpath, SOURCE.stem],
        input=lines.encode(), capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    return [[_token(part) for part in line.split("\t") if part] for line in run.stdout.decode().splitlines()]


def _token(text: str) -> Token:
    position, start, end, token = text.split(" ", 3)
    return int(position), int(start), int(end), token


@pytest.fixture(scope="module")
def lucene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Java and a class path with Lucene's jars and the program above, compiled."""
    made = distribution.prepare(kafka=False)
    assert made.elasticsearch
    java, jars = made.java / "bin" / "java", sorted((made.elasticsearch / "lib").glob("lucene-*.jar"))
    (compiler,) = artifacts.of_groups("build")
    folder = tmp_path_factory.mktemp("reference")
    classpath = ":".join(map(str, [*jars, folder]))
    subprocess.run(
        [java, "-XX:+UseSerialGC", "-jar", compiler.place(cache.directory()), "-21", "-nowarn", "-proc:none",
         "-classpath", classpath, "-d", folder, SOURCE], check=True, timeout=120,
    )  # fmt: skip
    return java, classpath


def test_every_analyzer_that_is_used_is_compared() -> None:
    """Each analyzer that a language's field has stands in the table of classes and has a text of its own."""
    assert set(ANALYZERS.values()) == set(CLASSES) | BY_ICU
    assert set(SAMPLES) == set(CLASSES)


def test_tokens_are_those_of_lucene(kabar_settings: Settings, lucene: tuple[Path, str]) -> None:
    """Tokens, offsets and positions, no stop words: of a text of the language, one of signs, and the demo's news."""
    texts = {analyzer: [SAMPLES[analyzer], HOSTILE] for analyzer in CLASSES}
    for item in news():
        analyzer = ANALYZERS.get(item.language.split("-")[0], "")
        if analyzer in texts and len(texts[analyzer]) < 6:
            texts[analyzer].append(re.sub(r"\s+", " ", f"{item.title} {' '.join(item.paragraphs)}")[:2_000])
    asked = [(analyzer, text) for analyzer, listed in texts.items() for text in listed]
    with Index(kabar_settings) as index:
        index.prepare()
    expected = of_lucene(*lucene, asked)
    assert len(expected) == len(asked)
    assert sum(map(len, expected)) > 2_000
    for (analyzer, text), tokens in zip(asked, expected, strict=True):
        assert of_node(kabar_settings, analyzer, text) == tokens, analyzer


@pytest.mark.parametrize("analyzer", sorted(SNOWBALL))
def test_stems_are_those_of_snowball(kabar_settings: Settings, analyzer: str) -> None:
    """The Snowball project's own C implementation (PyStemmer), which is no part of Lucene, gives the same stems."""
    words = sorted(set(re.findall(r"[^\W\d_]{4,}", SAMPLES[analyzer].lower())))
    stemmer = Stemmer.Stemmer(SNOWBALL[analyzer])
    for word in words:
        tokens = [token for *_, token in of_node(kabar_settings, analyzer, word)]
        assert tokens in ([stemmer.stemWord(word)], []), word  # none: a stop word


def test_thai_is_cut_into_words(kabar_settings: Settings) -> None:
    """ICU's dictionary and Lucene's stop words give what Lucene's own TestThaiAnalyzer expects (testStopWords)."""
    tokens = [token for *_, token in of_node(kabar_settings, "thai", "การที่ได้ต้องแสดงว่างานดี")]
    assert tokens == ["แสดง", "งาน", "ดี"]
