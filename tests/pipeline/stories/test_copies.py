"""What counts as a copy: edits of one text in many languages, and what only looks like one."""

import pytest

from pipeline.stories.fingerprint import fingerprint
from pipeline.stories.rows import InMemory, decide
from pipeline.stories.script import in_one_script
from pipeline.stories.window import Window
from tests.pipeline.stories.texts import EDITS, LETTERS, Kept, Writer, after, news, only

RATES = (
    "The central bank set the dollar at {} and the euro at {} on Tuesday, while the yen stood at {} and the pound"
    " at {}. Gold was quoted at {} an ounce. Rates apply from the next working day and are published every morning."
)
WEATHER = "Today in the capital {} degrees, wind {} metres a second, humidity {} percent, no rain is expected all day."
FIGURES = "Revenue reached {} million and profit {} million in the quarter, with {} employees in {} countries. "


@pytest.mark.parametrize("language", sorted(LETTERS))
@pytest.mark.parametrize("edit", sorted(EDITS))
def test_edited_text_is_a_copy(language: str, edit: str) -> None:
    """An edited reprint with another headline points to the first text, in its story, in every script."""
    writer = Writer(language, 1)
    words = writer.words(200)
    window = Kept()
    for number in range(20):
        window.decide(news(f"other {number}", title=writer.text(6), body=writer.text(200)), number)
    first = news("first", title=writer.text(6), body=writer.glue.join(words))
    reprint = writer.glue.join(EDITS[edit](writer, words))
    original = window.decide(first, 100).placement
    copy = window.decide(news("copy", title=writer.text(6), body=reprint, at=after(hours=2)), 101).placement
    assert original.duplicate_of is None
    assert copy.duplicate_of == first.item.id
    assert copy.story_id == original.story_id
    assert 0.0 < (copy.duplicate_similarity or 0.0) <= 1.0


def test_the_same_content_is_told_by_more_than_32_bits() -> None:
    """Two texts of equal length that CRC-32 cannot tell apart ("plumless" and "buckeroo") have different contents.

    Among the 60,000 unlike texts of a fault run one was taken for the copy of another by a hash of 32 bits.
    """
    body = (
        "The {} that was sold in the market yesterday brought far more than anybody there had thought possible at all."
    )
    one, other = (
        fingerprint(news("x", title="", body=body.format(word)).item, ()) for word in ("plumless", "buckeroo")
    )
    assert one.content
    assert one.content != other.content


@pytest.mark.parametrize("language", sorted(LETTERS))
def test_unrelated_texts_are_no_copies_and_no_story(language: str) -> None:
    """Texts that share only common words stand alone."""
    writer = Writer(language, 2)
    window = Kept()
    placements = [
        window.decide(news(f"item {number}", title=writer.text(6), body=writer.text(200)), number).placement
        for number in range(60)
    ]
    assert all(placement.duplicate_of is None for placement in placements)
    # The writer of Chinese has 48 characters, so that unrelated texts do share pairs of them.
    assert len({placement.story_id for placement in placements}) > (45 if language == "zh" else 55)


def test_spacing_case_and_punctuation_are_not_content() -> None:
    """A text that differs in nothing else has the same content."""
    body = Writer("en", 3).text(120)
    window = Kept()
    window.decide(news("a", body=body), 0)
    shouted = body.upper().replace(" ", ",  ")
    placement = window.decide(news("b", body=shouted), 1).placement
    assert (placement.duplicate_reason, placement.duplicate_similarity) == ("same content", 1.0)


@pytest.mark.parametrize("field", ["summary", "body"])
@pytest.mark.parametrize(
    ("template", "yesterday", "today"),
    [
        (RATES, ("16,250", "17,120", "108", "20,400", "2,031"), ("16,190", "17,090", "107", "20,380", "2,044")),
        (WEATHER, (21, 4, 60), (17, 9, 75)),
    ],
)
def test_templates_with_other_numbers_are_no_copies(
    field: str, template: str, yesterday: tuple[object, ...], today: tuple[object, ...]
) -> None:
    """Yesterday's rates or weather are not today's, though nearly all words are the same."""
    window = Kept()
    window.decide(only("a", field, template.format(*yesterday), title="Daily figures"), 0)
    later = only("b", field, template.format(*today), title="Daily figures", at=after(days=1))
    assert window.decide(later, 1).placement.duplicate_of is None


def test_long_templates_with_other_numbers_are_no_copies() -> None:
    """A long report filled with another company's figures is no copy."""
    window = Kept()
    window.decide(news("a", body="".join(FIGURES.format(n, n + 7, n * 9, n + 3) for n in range(10, 20))), 0)
    other = news("b", body="".join(FIGURES.format(n, n + 9, n * 8, n + 1) for n in range(300, 310)))
    assert window.decide(other, 1).placement.duplicate_of is None


def test_a_title_alone_proves_nothing() -> None:
    """Two items of which only the same title is known are no copies, nor with different summaries or bodies."""
    window = Kept()
    window.decide(news("a", title="Morning briefing: what you need to know today"), 0)
    assert (
        window.decide(news("b", title="Morning briefing: what you need to know today"), 1).placement.duplicate_of
        is None
    )
    writer = Writer("en", 4)
    for number, field in enumerate(("summary", "body", "summary", "body"), 2):
        item = only(f"c{number}", field, writer.text(30), title="Morning briefing")
        assert window.decide(item, number).placement.duplicate_of is None


def test_same_short_text_is_a_copy() -> None:
    """The same title and summary from two sources are the same text."""
    summary = "The minister resigned on Monday after three weeks of protests over the price of bread."
    window = Kept()
    first = news("a", title="Minister resigns", summary=summary)
    window.decide(first, 0)
    placement = window.decide(news("b", title="Minister resigns", summary=summary), 1).placement
    assert placement.duplicate_of == first.item.id


def test_copies_of_copies_point_to_the_first() -> None:
    """Each reprint of a reprint names the first text, also when that has left the window."""
    writer = Writer("en", 5)
    words = writer.words(200)
    window = Kept()
    first = news("first", body=" ".join(words))
    window.decide(first, 0)
    for number, days in enumerate((1, 5, 8, 11), 1):
        words[number * 7] = writer.word()
        copy = news(f"copy {number}", body=" ".join(words), at=after(days=days))
        placement = window.decide(copy, number).placement
        assert placement.duplicate_of == first.item.id
        assert placement.story_id == f"s-{first.item.id[:16]}"
    assert len(window) == 3


CHINESE = (
    ("zh-Hans", "市长说，发展经济要先修好道路，医院和学校的头发都会得到帮助，居民听见消息以后十分高兴，决定继续观察。"),
    ("zh-Hant", "市長說，發展經濟要先修好道路，醫院和學校的頭髮都會得到幫助，居民聽見消息以後十分高興，決定繼續觀察。"),
)
SERBIAN = (
    (
        "sr-Cyrl",
        "Председник општине рекао је јуче да ће радови на новом мосту преко Саве почети у априлу, а Љубљана чека.",
    ),
    (
        "sr-Latn",
        "Predsednik opštine rekao je juče da će radovi na novom mostu preko Save početi u aprilu, a Ljubljana čeka.",
    ),
)


@pytest.mark.parametrize(("group", "written"), [("zh", CHINESE), ("bs-hr-sr-cnr", SERBIAN)])
@pytest.mark.parametrize("back", [False, True])
def test_a_text_in_the_other_script_is_the_same_text(
    group: str, written: tuple[tuple[str, str], tuple[str, str]], *, back: bool
) -> None:
    """Simplified and traditional Chinese, Cyrillic and Latin Serbian: the same content, whichever came first."""
    window, rows = Window(group), InMemory()
    (language, text), (other_language, other) = written[::-1] if back else written
    first = news("a", title=text[:20], body=text, language=language)
    decide(window, first, 0, rows)
    copy = decide(window, news("b", title=other[:20], body=other, language=other_language), 1, rows).placement
    assert (copy.duplicate_of, copy.duplicate_reason) == (first.item.id, "same content")


def test_russian_is_not_written_in_latin() -> None:
    """Only the language groups that have two scripts are changed."""
    enriched = news("a", title="Новости", body="Совет")
    assert in_one_script(enriched, "ru") is enriched


def test_a_new_lead_may_bring_other_numbers() -> None:
    """One of two numbers went with the old lead: the rest of the text is still the same text."""
    writer = Writer("en", 6)
    lead, rest = writer.words(30), writer.words(120)
    window = Kept()
    first = news("a", body=" ".join([*lead, "214", *rest, "37"]))
    window.decide(first, 0)
    edited = news("b", body=" ".join([*writer.words(30), "96", *rest, "37"]))
    assert window.decide(edited, 1).placement.duplicate_of == first.item.id
