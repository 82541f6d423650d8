"""News in several languages, made by a seeded grammar, and what editors do to copy.

The words of a language are made of its own letters, so that nothing here is anyone's text, and any amount can be had.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.stories.rows import InMemory, decide
from pipeline.stories.state import Outcome
from pipeline.stories.window import WINDOW, Window
from schemas.document import Enriched, Mention
from schemas.item import Item, item_id
from tests.samples import passed_on

START = datetime(2024, 1, 21, tzinfo=UTC)

LETTERS = {
    "en": "abcdefghilmnoprstuw",
    "id": "aaiuengkmprtslbdy",
    "ru": "абвгдежзиклмнопрстуя",
    "el": "αβγδεηικλμνοπρστυω",
    "ar": "ابتجحدرسعفقكلمنهوي",
    "hi": "कखगचजटडतदनपबमरलवसह",
    "ko": "가나다라마바사아자차카타하고노도로모",
    "he": "אבגדהוזחטיכלמנסעפצקרשת",
    "zh": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后",
    "ja": "のにをはがとたしてでるいかなれもさっくあまり日本大国会人年政府東京都市中新社会経済問題発表首相",
    "th": "กขคงจชซดตถทนบปผพมยรลวสหอาิีุเแโ",
    "my": "ကခဂငစဆညတထဒနပဖဘမယရလဝသဟအ",
}
UNSPACED = {"zh", "ja", "th", "my"}


class Writer:
    """Writes words, sentences and articles of one language; the same seed writes the same."""

    def __init__(self, language: str, seed: int) -> None:
        self.language = language
        self.glue = "" if language in UNSPACED else " "
        self._random = random.Random(f"{language} {seed}")
        self._common = [self._make(2, 3) for _ in range(60)]

    def word(self) -> str:
        """A word: every third a common one."""
        return self._random.choice(self._common) if self._random.random() < 1 / 3 else self._make(3, 8)

    def words(self, count: int) -> list[str]:
        """So many words."""
        return [self.word() for _ in range(count)]

    def text(self, count: int) -> str:
        """So many words as running text."""
        return self.glue.join(self.words(count))

    def _make(self, least: int, most: int) -> str:
        if self.language in UNSPACED:
            least, most = 1, 3
        return "".join(self._random.choices(LETTERS[self.language], k=self._random.randint(least, most)))


def news(  # noqa: PLR0913 - one argument for each part of an item
    name: str,
    *,
    title: str = "",
    summary: str = "",
    body: str = "",
    at: datetime = START,
    revision: int = 1,
    mentions: tuple[Mention, ...] = (),
    language: str = "xx",
) -> Enriched:
    """An enriched item of this name."""
    item = Item(
        id=item_id(url=f"https://news.example/{name}"),
        source="test",
        fetched_at=at,
        title=title,
        summary=summary,
        body=body,
    )
    return msgspec.structs.replace(passed_on(item, language, mentions), revision=revision, language_group="xx")


def named(entity: str, text: str = "") -> Mention:
    """A mention of someone, by the entity's id where no text is given."""
    return Mention(
        text=text or entity, type="PER", start=0, end=1, field="body", entity_id=entity, name=text or entity,
        confidence=1.0, why="test",
    )  # fmt: skip


class Kept:
    """A window with its rows, which decides and writes as the agent does."""

    def __init__(self, span: timedelta = WINDOW) -> None:
        self.window = Window("xx", span)
        self.rows = InMemory()

    def decide(self, enriched: Enriched, offset: int) -> Outcome:
        """Decide about the event at this offset, and write what follows."""
        return decide(self.window, enriched, offset, self.rows)

    def __len__(self) -> int:
        """How many items are inside the window."""
        return len(self.window)


def only(name: str, field: str, text: str, *, title: str = "", at: datetime = START) -> Enriched:
    """An enriched item with one text, in its summary or in its body."""
    if field == "summary":
        return news(name, title=title, summary=text, at=at)
    return news(name, title=title, body=text, at=at)


def after(**span: float) -> datetime:
    """The moment so long after the first."""
    return START + timedelta(**span)


Edit = Callable[[Writer, list[str]], list[str]]


def _noise(writer: Writer, words: list[str], share: int) -> list[str]:
    return [writer.word() if number % share == 0 else word for number, word in enumerate(words)]


EDITS: dict[str, Edit] = {
    "case and spacing": lambda _, words: [word.upper() for word in words],
    "cut to half": lambda _, words: words[: len(words) // 2],
    "a new lead": lambda writer, words: writer.words(40) + words[30:],
    "boilerplate around it": lambda writer, words: writer.words(30) + words + writer.words(40),
    "one word in twenty changed": lambda writer, words: _noise(writer, words, 20),
    "one word in ten changed": lambda writer, words: _noise(writer, words, 10),
    "paragraphs in another order": lambda _, words: words[100:] + words[:100],
}
