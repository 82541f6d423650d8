"""The language of an item: right on clear text, honest on unclear text, the same every time."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import langdetect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.language import detect, language_group
from pipeline.language.markers import words
from pipeline.language.profiles import grams, load, score
from pipeline.language.sample import once
from tests.processor import at_most

SENTENCES = Path(__file__).parents[4] / "shared/eval/language/lingua-sentences.dev.jsonl"

# All languages that langdetect knows, by its own codes.
PROFILES = tuple(sorted(str(path.name) for path in (Path(langdetect.__file__).parent / "profiles").iterdir()))

CLEAR = [
    ("id", "Presiden Rusia menyatakan kesediaannya segera mengunjungi Korea Utara pekan depan"),
    ("ms", "Perdana Menteri berkata kerajaan akan memberi bantuan kerana beliau bimbang syarikat itu rugi"),
    ("en", "The president said on Monday that the talks would continue next week in Geneva"),
    ("de", "Der Bundeskanzler sagte am Montag, dass die Gespräche nächste Woche fortgesetzt werden"),
    ("fr", "Le président a déclaré lundi que les discussions se poursuivraient la semaine prochaine"),
    ("ru", "Президент заявил в понедельник, что переговоры продолжатся на следующей неделе"),
    ("uk", "Президент заявив у понеділок, що переговори продовжаться наступного тижня в Києві"),
    ("be", "Прэзідэнт заявіў у панядзелак, што перамовы працягнуцца на наступным тыдні ў Мінску"),
    ("sr-Cyrl", "Председник је рекао у понедељак да ће разговори бити настављени следеће недеље"),
    ("kk", "Қазақстан Республикасының Президенті бүгін үкімет отырысын өткізді"),
    ("mn", "Монгол Улсын Ерөнхийлөгч өнөөдөр хэвлэлийн бага хурал хийж мэдээлэл өглөө"),
    ("ar", "قال الرئيس يوم الاثنين إن المحادثات ستستمر الأسبوع المقبل في العاصمة"),
    ("fa", "رئیس جمهور روز دوشنبه گفت که گفتگوها هفته آینده در پایتخت ادامه خواهد یافت"),
    ("ur", "صدر نے پیر کو کہا کہ بات چیت اگلے ہفتے دارالحکومت میں جاری رہے گی"),
    ("he", "הנשיא אמר ביום שני כי השיחות יימשכו בשבוע הבא בעיר הבירה"),
    ("hi", "राष्ट्रपति ने सोमवार को कहा कि बातचीत अगले सप्ताह राजधानी में जारी रहेगी"),
    ("ja", "大統領は月曜日、協議は来週も首都で続くと述べた"),
    ("ko", "대통령은 월요일 회담이 다음 주에도 계속될 것이라고 말했다"),
    ("zh-Hans", "总统周一表示，谈判将于下周在首都继续进行"),
    ("zh-Hant", "總統週一表示，談判將於下週在首都繼續進行"),
    ("th", "ประธานาธิบดีกล่าวเมื่อวันจันทร์ว่าการเจรจาจะดำเนินต่อไป"),
    ("ka", "პრეზიდენტმა ორშაბათს განაცხადა, რომ მოლაპარაკებები გაგრძელდება"),
    ("hy", "Նախագահը երկուշաբթի հայտարարեց, որ բանակցությունները կշարունակվեն"),
    ("km", "ប្រធានាធិបតីបាននិយាយកាលពីថ្ងៃច័ន្ទ"),
    ("lo", "ປະທານປະເທດກ່າວໃນວັນຈັນ"),
    ("my", "သမ္မတက တနင်္လာနေ့တွင် ပြောကြားခဲ့သည်"),
    ("am", "ፕሬዚዳንቱ ሰኞ ዕለት እንደተናገሩት ውይይቱ ይቀጥላል"),
    ("si", "ජනාධිපතිවරයා සඳුදා පැවසුවේය"),
    ("az", "Prezident bazar ertəsi bildirib ki, danışıqlar gələn həftə davam edəcək"),
    (
        "eu",
        "Lehendakariak astelehenean esan zuen elkarrizketak aurrera jarraituko dutela eta ez dela beste biderik izango",
    ),
]


@pytest.mark.parametrize(("code", "text"), CLEAR, ids=[code for code, _ in CLEAR])
def test_clear_text(code: str, text: str) -> None:
    """A clear sentence is in its language, with or without a profile of langdetect."""
    assert detect("", "", text).code == code


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letters"),
        ("12 345 – 67%", "no letters"),
        ("Putin", "too short"),
        ("Ая", "too short"),
        ("Angela Merkel", "only names"),
        ("a" * 1000, "too short"),
        ("blah " * 50, "too short"),
        ("путин " * 100, "too short"),
        ("ab" * 500, "no letters"),
    ],
)
def test_unclear_text(text: str, reason: str) -> None:
    """What cannot be told is `und`, with the reason."""
    found = detect(text, "", "")
    assert (found.code, found.reason) == ("und", reason)


def test_mixed_scripts() -> None:
    """A text half in one script and half in another is `mixed`; a smaller part is reported as second."""
    english = "The president said on Monday that the talks would continue. "
    russian = "Президент заявил, что переговоры продолжатся на неделе. "
    assert detect("", "", english + russian).reason == "mixed"
    found = detect("", "", english * 2 + russian)
    assert (found.code, found.second) == ("en", "ru")


def test_capitals() -> None:
    """A headline in capitals is read as well; langdetect alone sees nothing in it."""
    assert detect("PRESIDENT SAYS THE TALKS WOULD CONTINUE NEXT WEEK IN GENEVA", "", "").code == "en"


def test_hint_decides_where_text_cannot() -> None:
    """The feed's language is believed for a text too short to tell, where the script fits."""
    assert detect("Putin", "", "", "ru").code == "und"
    assert detect("Putin", "", "", "id").code == "id"
    assert detect("", "", "", "id").code == "und"


def test_hint_never_overrules_clear_text() -> None:
    """A wrong hint changes nothing where the text is clear."""
    for code, text in CLEAR:
        assert detect("", "", text, "fi").code == code


def test_hint_of_a_neighbour() -> None:
    """A hint decides between neighbours where the text does not, and names a language that no text tells."""
    text = "Predsjednik je rekao da su razgovori nastavljeni"
    assert detect(text, "", "", "bs").code == "bs"
    assert detect(text, "", "", "hr").code == "hr"
    assert detect(text, "", "", "cnr").code == "cnr"


SERBIAN = "Predsednik je rekao u ponedeljak da će razgovori biti nastavljeni sledeće nedelje u Beogradu"


def test_serbian_says_its_script() -> None:
    """Serbian is tagged with the script it is in, also where the feed says only `sr`."""
    cyrillic = "Председник је рекао у понедељак да ће разговори бити настављени следеће недеље у Београду"
    for hint in (None, "sr", "sr-Cyrl", "sr-Latn"):
        assert detect(SERBIAN, "", "", hint).code == "sr-Latn"
        assert detect(cyrillic, "", "", hint).code == "sr-Cyrl"


@pytest.mark.parametrize(("hint", "text", "without"), [
    ("cnr", "Predsjednik Crne Gore rekao je da će se razgovori nastaviti sljedeće sedmice", {"bs", "hr", "sr-Latn"}),
    ("prs", "رئیس جمهور روز دوشنبه گفت که گفتگوها هفته آینده در کابل ادامه خواهد یافت", {"fa"}),
])  # fmt: skip
def test_what_only_the_feed_can_tell(hint: str, text: str, without: set[str]) -> None:
    """Montenegrin and Dari are written as their neighbours: the feed's word decides, and no clear text of another."""
    assert detect(text, "", "").code in without
    assert detect(text, "", "", hint).code == hint
    assert detect("The president said on Monday that the talks would continue next week", "", "", hint).code == "en"


def test_second_language_of_one_script() -> None:
    """A body with a long part in another language of the same script says both, the larger first."""
    english = "The president said on Monday that the talks would continue next week. No date has been set for it yet. "
    indonesian = "Presiden mengatakan pada hari Senin bahwa pembicaraan akan dilanjutkan pekan depan di ibu kota. "
    found = detect("", "", indonesian * 2 + english)
    assert (found.code, found.second) == ("id", "en")
    assert detect("", "", indonesian * 3).second is None


def test_same_answer_in_any_order_and_thread() -> None:
    """Answers depend on the text alone."""
    texts = [text for _, text in CLEAR] * 5
    first = [detect("", "", text) for text in texts]
    shuffled = list(enumerate(texts))
    random.Random(7).shuffle(shuffled)
    with ThreadPoolExecutor(4) as pool:
        again = dict(pool.map(lambda entry: (entry[0], detect("", "", entry[1])), shuffled))
    assert [again[number] for number in range(len(texts))] == first


@given(st.text(), st.text(), st.text(), st.one_of(st.none(), st.text()))
@settings(max_examples=300, deadline=None)
def test_any_text(title: str, summary: str, body: str, hint: str | None) -> None:
    """Any text and any hint give an answer, and `und` and nothing else has a reason."""
    found = detect(title, summary, body, hint)
    assert 0 <= found.confidence <= 1
    assert (found.code == "und") == (found.reason is not None)


@pytest.mark.parametrize("text", ["a" * 10_000_000, "aЖ" * 5_000_000, "中" * 10_000_000, " " * 10_000_000])
def test_bounded(text: str) -> None:
    """Ten megabytes cost no more than a page."""
    detect("", "", "load the profiles first")
    with at_most(0.5):
        detect("", "", text)


def test_what_is_said_again_and_again_is_said_once() -> None:
    """Runs of a letter and of words count once; a text that people write is left as it is."""
    assert once("Goooool!") == "Gool!"
    assert once("ha ha ha ha ha ha ha ha") == "ha"
    chorus = "Kami rakyat, kami pekerja, kami menuntut keadilan"
    assert once(chorus) == chorus


def test_groups() -> None:
    """Languages that write nearly the same share a group; any other is its own."""
    assert language_group("id") == language_group("ms") == "id-ms"
    assert language_group("zh-Hant") == language_group("zh-Hans") == "zh"
    assert language_group("sr-Latn") == language_group("hr") == "bs-hr-sr-cnr"
    assert (language_group("nb"), language_group("sk"), language_group("en")) == ("da-nb", "cs-sk", "en")
    assert language_group("und") == "und"


def test_agrees_with_langdetect() -> None:
    """The exact product over all n-grams gives langdetect's own answer on clear text, in all its languages."""
    langdetect.DetectorFactory.seed = 0
    codes = {"no": "nb", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}
    for text in ("The quick brown fox jumps over the lazy dog in the park", *(text for _, text in CLEAR[:8])):
        scores = score(text, PROFILES).by_language
        answer = langdetect.detect(text)
        assert max(scores, key=lambda code: scores[code]) == codes.get(answer, answer)


def test_no_gram_spans_words() -> None:
    """The n-grams are those of single words with the spaces at their ends, as langdetect takes them."""
    assert set(grams("ab c")) - {" "} == {"a", "b", "c", " a", "ab", "b ", " c", "c ", " ab", "ab ", " c ", "b c"}
    assert "b c" not in load(PROFILES).lanes


def test_marker_words_have_no_duplicate_languages() -> None:
    """Each list of small words is for one language and large enough to tell something."""
    assert all(len(listed) >= 8 for listed in words().values())


@pytest.mark.skipif(not SENTENCES.exists(), reason="../shared/eval is not here")
def test_accuracy_on_sentences() -> None:
    """On real sentences of the languages with a profile, at least 96 % are right and under 2 % wrong."""
    rows = [json.loads(line) for line in SENTENCES.read_text("utf-8").splitlines()]
    profiled = {*load(PROFILES).languages, "zh"}
    chosen = random.Random(3).sample([row for row in rows if row["language"] in profiled], 1500)
    codes = [(row["language"], detect("", "", row["text"]).code.split("-")[0]) for row in chosen]
    assert sum(gold == code for gold, code in codes) / len(codes) >= 0.95
    assert sum(code not in {gold, "und"} for gold, code in codes) / len(codes) < 0.025
