"""Whom a surname means where no first name is given, and what beside it says that it is another's."""

import pytest

from pipeline.entities import Recogniser
from pipeline.entities.surnames import Surnames
from pipeline.figures.known import make_figure
from pipeline.knowledge import Entity, load
from schemas.codec import now
from schemas.item import Item
from tests.pipeline.entities.tracked import everyone, named, tracking
from tests.processor import at_most

TRACKED = (
    "Mark Rutte", "Ferdinand Marcos Jr.", "Viktor Orbán", "Rumen Radev", "Jens Stoltenberg", "Nicolás Maduro",
    "Giorgia Meloni", "Olaf Scholz", "Joko Widodo", "Wang Yi", "Fumio Kishida", "Sanae Takaichi", "Emmanuel Macron",
    "Boris Johnson", "Sviatlana Tsikhanouskaya", "Narendra Modi", "Recep Tayyip Erdoğan", "Nikol Pashinyan",
    "Edi Rama", "Tim Cook", "Irakli Kobakhidze", "Donald Trump", "Friedrich Merz", "Ilham Aliyev", "Mark Carney",
)  # fmt: skip


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """One that tracks these."""
    return tracking(TRACKED)


@pytest.mark.parametrize(
    ("language", "text", "who"),
    [
        ("nl", "Volgens Rutte is het akkoord bijna rond.", "Mark Rutte"),
        ("fil", "Nagtalumpati kahapon si Pangulong Marcos sa Kongreso.", "Ferdinand Marcos Jr."),
        ("cs", "Podle Tichanovské se nic nezmění, ale Cichanouska mlčí.", "Sviatlana Tsikhanouskaya"),
        ("vi", "Hôm qua Tổng thống Pháp Macron thăm Huế.", "Emmanuel Macron"),
        ("ja", "岸田首相は午後、記者団の質問に答えた。", "Fumio Kishida"),
        ("ja", "メローニ首相はローマで会見した。", "Giorgia Meloni"),
        ("ko", "다카이치 총리가 국회에서 연설했다.", "Sanae Takaichi"),
        ("ko", '…숄츠 총리 "합의 임박"', "Olaf Scholz"),
        ("az", "Paşinyan dünən çıxış edib.", "Nikol Pashinyan"),
        ("az", "Əliyev Şuşaya gəlib.", "Ilham Aliyev"),
        ("so", "Madaxweyne Rama ayaa yimid.", "Edi Rama"),
        ("ca", "Ahir va venir el president Rama.", "Edi Rama"),
        ("pl", "Prezydent Albanii Rama przyjechał do Gdyni.", "Edi Rama"),
        ("ru", "Об этом сказал премьер Албании Рама.", "Edi Rama"),
        ("es", "Llegó ayer el primer ministro canadiense Carney.", "Mark Carney"),
        ("sq", "Rama: Hapim dhjetë shkolla të reja", "Edi Rama"),
        ("zh-Hans", "昨天首席执行官库克参观了工厂。", "Tim Cook"),
        ("ja", "岸田前首相は会場を後にした。", "Fumio Kishida"),
        ("am", "ትናንት የትራምፕ ንግግር ተላለፈ።", "Donald Trump"),
        ("am", "ለትራምፕን", "Donald Trump"),
    ],
)
def test_a_surname_alone_means_who_is_tracked(recogniser: Recogniser, language: str, text: str, who: str) -> None:
    """Where it is nobody else's, beside an office and the country, before what is said, and in others' letters."""
    assert named(recogniser, text, language, TRACKED) == {who}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A neighbour said that Marcos had left early."),
        ("en", "Ashleigh Rutte opened a bakery in Leeds."),
        ("en", "Tobias Falk-Stoltenberg won the regatta."),
        ("en", "The lift of Modi Tower was repaired."),
        ("de", "Katharina Scholz leitet die Bibliothek in Jena."),
        ("de", "Erdogan Zimmermann gewann das Turnier in Jena."),
        ("es", "Nicolás Maduro García abrió una panadería en Mérida."),
        ("hu", "Orbán Gergely nyerte a helyi sakkversenyt."),
        ("hu", "Szent Orbán ünnepén a gazdák kivonultak."),
        ("bg", "Невена Радева спечели конкурса за учители."),
        ("fr", "L'école de Johnson-Ville a fermé."),
        ("ru", "Стадион Нарендра Моди стадион принял финал."),
        ("zh-Hans", "羽毛球选手王毅鸣在首轮比赛中获胜。"),
        ("zh-Hans", "作家多拉·梅洛尼来到北京。"),
        ("tr", "Modi caddesinde su borusu patladı."),
        ("de", "Charlotte Merz leitet das Museum in Bonn."),
        ("ka", "ექიმი გიორგი კობახიძე ქუთაისში მუშაობს."),
        ("ja", "休み時間にトランプで遊んだ。"),
        ("en", "Stir in the oil with Rama: it melts fast."),
        ("en", "Orbán Jr. opened the match in Szeged."),
        ("nl", "De rutte brug is dicht, en de Meloni laan ook."),
        ("sv", "Vid Johan Stoltenbergs gata brann det i natt."),
        ("af", "Nomvuyo Meloni het in die hof verskyn."),
        ("tr", "Nikol Paşinyan adlı şoför kazadan sağ kurtuldu."),
        ("en", "Cook and Smith baked for the fair in Leeds."),
    ],
)
def test_what_stands_beside_it_says_that_it_is_another_s(recogniser: Recogniser, language: str, text: str) -> None:
    """A first name, also one that a town has; a second surname, a father's name, a saint, a house, half of a name."""
    assert named(recogniser, text, language, TRACKED) == set()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh-Hans", "村民王毅的果园今年丰收。"),
        ("de", "Beim Fest sprach die Lehrerin Giorgia Meloni."),
        ("ko", "전주에서 가수 도널드 트럼프 공연이 열렸다."),
    ],
)
def test_a_profession_before_a_full_name_says_that_it_is_another_s(
    recogniser: Recogniser, language: str, text: str
) -> None:
    """Nobody in public office is a villager, a schoolteacher or a singer."""
    assert named(recogniser, text, language, TRACKED) == set()


@pytest.mark.parametrize("figure", ["Imelda Marcos", "Ana Marcos"])
def test_an_office_is_not_everyone_s_of_a_surname(figure: str) -> None:
    """Who tracks a widow, or a stranger, is not told of the president."""
    made = Recogniser(load().entities)
    made.track(make_figure(figure))
    item = Item(id="1", source="s", fetched_at=now(), body="Nagtalumpati kahapon si Pangulong Marcos sa Kongreso.")
    assert figure not in {mention.name for mention in made.mentions(item, "fil")}


@pytest.mark.parametrize(
    ("language", "text", "who"),
    [
        ("en", "Cook and Trump dined in Washington on Friday.", {"Tim Cook", "Donald Trump"}),
        ("en", "Officials in Manila said Marcos had heard from Trump.", {"Ferdinand Marcos Jr.", "Donald Trump"}),
        ("en", "The Philippines' Marcos said no.", {"Ferdinand Marcos Jr."}),
        ("en", "The Philippines' Cook said no.", set()),
        ("en", "Juan Marcos heard from Trump.", {"Donald Trump"}),
        ("nl", "Marcos van Geffen sprak met Trump.", {"Donald Trump"}),
        ("pt", "Marcos Vinicius Cunha Recebe Prêmio De Donald Trump", {"Donald Trump"}),
        ("el", "Ο υπουργός Εξωτερικών Γουάνγκ βρέθηκε στην Αθήνα.", {"Wang Yi"}),
        ("fr", "Le ministre des Affaires étrangères Wang est à Paris.", {"Wang Yi"}),
        ("ja", "岸田首相と高市氏が会談した。", {"Fumio Kishida", "Sanae Takaichi"}),
    ],
)
def test_the_company_tells_whose_a_surname_is(recogniser: Recogniser, language: str, text: str, who: set[str]) -> None:
    """Other people in public life in the sentence, the bearer's own country right before, or a minister's portfolio."""
    assert named(recogniser, text, language, TRACKED) == who


def test_people_in_public_life_are_company_for_compatriots() -> None:
    """What may be a first name needs someone of the same country beside it, and no surname behind it."""
    made = tracking(("George Simion", "Marcel Ciolacu"))

    def who(text: str, language: str) -> set[str]:
        item = Item(id="1", source="s", fetched_at=now(), body=text)
        names = {mention.name for mention in made.mentions(item, language)}
        return names & {"George Simion"}

    assert who("Ciolacu i-a răspuns lui Simion în plen.", "ro") == {"George Simion"}
    assert who("Trump i-a răspuns lui Simion în plen.", "ro") == set()
    assert who("Ciolacu l-a felicitat pe Simion Popescu, elev la Iași.", "ro") == set()


def test_two_tracked_people_side_by_side_are_both_named(recogniser: Recogniser) -> None:
    """A hyphen between them makes no double name."""
    assert named(recogniser, "Das Scholz-Macron-Treffen fand in Meseberg statt.", "de", TRACKED) == {
        "Olaf Scholz",
        "Emmanuel Macron",
    }


def test_surnames_without_end_cost_linear_time() -> None:
    """Thousands that nothing tells are each asked for those near them alone; it took minutes when each met all."""
    tracked = everyone()
    item = Item(id="1", source="s", fetched_at=now(), body="14\nAbang\nAbbas\nZuma\n" * 4_000)
    with at_most(10):
        tracked.mentions(item, "en")


def test_surnames_are_told_from_lists() -> None:
    """Rare ones for everyone, uncommon ones of those known for those tracked, the rest beside an office only."""
    known = (
        Entity(id="1", type="PER", name="Ana Quembrantova", country="BY"),
        Entity(id="2", type="PER", name="Tim Cook", country="US", role="Chief executive"),
        Entity(id="3", type="PER", name="Ivo Zubrik", country="SK"),
        Entity(id="4", type="PER", name="Eva Zubrik", country="SK"),
        Entity(id="5", type="PER", name="Kim Jong Un", country="KP"),
    )
    surnames = Surnames(known)
    assert list(surnames.distinctive()) == [(0, "Quembrantova")]
    figure = Entity(id="x", type="PER", name="Tim Cook")
    assert surnames.tracked(figure, [1]) == ((), ("Cook",))
    assert surnames.tracked(Entity(id="x", type="PER", name="Ivo Zubrik"), [2]) == ((), ())
    assert surnames.tracked(Entity(id="x", type="PER", name="Sam Unheardov"), []) == ((), ("Unheardov",))


def test_of_a_family_the_one_who_goes_by_the_surname_is_meant() -> None:
    """Where it is marked for one of them in any letters, that one has it in all."""
    known = (
        Entity(id="1", type="PER", name="Ivo Zubrikan", surnames=("Зубрикан",), country="SK"),
        Entity(id="2", type="PER", name="Eva Zubrikan", country="SK"),
    )
    surnames = Surnames(known)
    assert surnames.tracked(Entity(id="x", type="PER", name="Ivo Zubrikan"), [0]).uncommon[0] == "Zubrikan"
    assert surnames.tracked(Entity(id="x", type="PER", name="Eva Zubrikan"), [1]) == ((), ())
