"""One name in common joins nothing: whoever is named did more than one thing this week."""

import pytest

from tests.pipeline.stories.texts import Kept, Writer, named, news

# Two short items about one person, and a second telling of the first. The names are made up.
SHORT = {
    "en": (
        ("Tarvin Oskelund opens a new harbour", "Tarvin Oskelund opened the new harbour and met local traders."),
        ("Long speech about rice", "Tarvin Oskelund gave a long speech on food prices and broken village roads."),
        ("New harbour opened", "Traders met Tarvin Oskelund at the new harbour on Monday."),
    ),
    "id": (
        ("meresmikan kapal penumpang", "Exa Sasmitaningrat meresmikan kapal penumpang buatan galangan dalam negeri."),
        ("menyampaikan pidato", "Exa Sasmitaningrat menyampaikan pidato panjang tentang harga beras dan jalan desa."),
        ("kapal penumpang diresmikan", "Kapal penumpang dari galangan dalam negeri milik Exa Sasmitaningrat berlayar."),
    ),
    "ru": (
        ("Открыт новый порт", "Тарвин Оскелунд открыл новый порт и встретился с местными торговцами."),
        ("Речь о ценах", "Тарвин Оскелунд долго говорил о стоимости риса и разбитых сельских дорогах."),
        ("Новый порт открылся", "Торговцы встретили Тарвина Оскелунда: новый порт открыт в понедельник."),
    ),
    "hi": (
        ("नया बंदरगाह खुला", "टारविन ओस्केलुंड ने नया बंदरगाह खोला और स्थानीय व्यापारियों से मुलाकात की।"),
        ("लंबा भाषण", "चावल की कीमतों तथा टूटी ग्रामीण सड़कों पर टारविन ओस्केलुंड बोले।"),
        ("बंदरगाह का उद्घाटन", "व्यापारियों ने टारविन ओस्केलुंड को नया बंदरगाह दिखाया।"),
    ),
    "ar": (
        ("افتتاح ميناء جديد", "افتتح تارفين أوسكيلوند الميناء الجديد والتقى التجار المحليين."),
        ("خطاب طويل", "تحدث تارفين أوسكيلوند مطولا عن أسعار الأرز وطرق القرى المتهالكة."),
        ("الميناء الجديد", "استقبل التجار تارفين أوسكيلوند في الميناء الجديد."),
    ),
    "zh": (
        ("新港口开放", "奥斯克伦德昨天为新港口剪彩，并会见当地商人。"),
        ("长篇讲话", "大米价格上涨、农村道路破损，奥斯克伦德就此发表意见。"),
        ("商人欢迎新港口", "奥斯克伦德剪彩之后，新港口迎来第一批当地商人。"),
    ),
}


NAMES = {
    "en": "Tarvin Oskelund",
    "id": "Exa Sasmitaningrat",
    "ru": "Тарвин Оскелунд",
    "hi": "टारविन ओस्केलुंड",
    "ar": "تارفين أوسكيلوند",
    "zh": "奥斯克伦德",
}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("language", sorted(SHORT))
def test_one_name_joins_no_short_items(language: str, known: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Short items that share one person are two stories, whether the person is in the knowledge base or not."""
    (title, summary), (other_title, other), (again_title, again) = SHORT[language]
    window = Kept()
    writer = Writer(language, 9)
    for number in range(60):
        window.decide(news(f"other {number}", title=writer.text(6), body=writer.text(40), language=language), number)
    mentions = (named("person", NAMES[language]),) if known else ()
    first = news("a", title=title, summary=summary, mentions=mentions, language=language)
    second = news("b", title=other_title, summary=other, mentions=mentions, language=language)
    retold = news("c", title=again_title, summary=again, mentions=mentions, language=language)
    stories = [window.decide(event, 100 + n).placement.story_id for n, event in enumerate((first, second, retold))]
    assert stories[0] != stories[1]
    assert stories[2] == stories[0], "the same event told anew is still found"


def test_a_list_of_names_is_more_than_a_name() -> None:
    """Two people named apart from each other are evidence enough, where the words differ."""
    window = Kept()
    one = news(
        "a", title="Summit begins", summary="Tarvin Oskelund arrived first. Marisca Bellweather followed by car."
    )
    other = news("b", title="Late dinner", summary="Guests saw Marisca Bellweather dance; then came Tarvin Oskelund.")
    first = window.decide(one, 0).placement
    assert window.decide(other, 1).placement.story_id == first.story_id
