"""Where two texts differ tells an editor's copy from the next one of a series."""

import pytest

from pipeline.stories.fingerprint import differing, fingerprint, title_likeness
from tests.pipeline.stories.texts import EDITS, LETTERS, Kept, Writer, after, news

TITLE = "What the day brings"


def sketch(text: str) -> bytes:
    """The sketch of a body."""
    return fingerprint(news("any", body=text).item).sketch


@pytest.mark.parametrize("language", sorted(LETTERS))
def test_a_briefing_is_no_copy_of_another(language: str) -> None:
    """Texts with the same first and last lines, and other news between them, are no copies, however soon they come."""
    writer = Writer(language, 7)
    opening, closing = writer.words(45), writer.words(45)
    window = Kept()
    for number in range(4):
        body = writer.glue.join([*opening, *writer.words(70), *closing])
        made = window.decide(news(str(number), title=TITLE, body=body), number)
        assert made.placement.duplicate_of is None


@pytest.mark.parametrize("language", sorted(LETTERS))
@pytest.mark.parametrize(("hours", "title", "copy"), [(2, TITLE, True), (24, TITLE, False), (24, "", True)])
def test_the_next_of_a_series_comes_on_another_day(language: str, hours: int, title: str, *, copy: bool) -> None:
    """One word in ten is another: soon after, or elsewhere under another headline, an edit; a day later the next one.

    A form that is filled in with words has nothing else by which it is told from a text that was edited.
    """
    writer = Writer(language, 8)
    words = writer.words(200)
    window = Kept()
    window.decide(news("first", title=TITLE, body=writer.glue.join(words)), 0)
    filled = writer.glue.join(EDITS["one word in ten changed"](writer, words))
    second = news("second", title=title or writer.text(5), body=filled, at=after(hours=hours))
    assert (window.decide(second, 1).placement.duplicate_of is not None) is copy


@pytest.mark.parametrize("edit", ["cut to half", "a new lead", "boilerplate around it", "paragraphs in another order"])
def test_what_keeps_its_lines_is_a_copy_on_any_day(edit: str) -> None:
    """A reprint of the next day, cut, led or framed anew under the headline that it had, is a copy."""
    writer = Writer("en", 9)
    words = writer.words(200)
    window = Kept()
    first = news("first", title=TITLE, body=" ".join(words))
    window.decide(first, 0)
    later = news("later", title=TITLE, body=" ".join(EDITS[edit](writer, words)), at=after(days=1))
    assert window.decide(later, 1).placement.duplicate_of == first.item.id


def test_a_middle_is_one_run_with_something_shared_around_it() -> None:
    """What is new at an end, or in single words, is no other middle; a heading that both have does not end one."""
    writer = Writer("en", 10)
    before, heading, after_it = writer.words(60), writer.words(4), writer.words(60)
    one, other = (" ".join([*before, *writer.words(60), *heading, *writer.words(60), *after_it]) for _ in range(2))
    assert differing(sketch(one), sketch(other)).middle > 0.35
    words = writer.words(240)
    led = " ".join([*writer.words(80), *words[80:]])
    assert differing(sketch(" ".join(words)), sketch(led)).middle == 0.0
    noisy = " ".join(EDITS["one word in ten changed"](writer, words))
    assert differing(sketch(" ".join(words)), sketch(noisy)).middle < 0.2


def test_titles_are_compared_without_numbers() -> None:
    """The date of a series does not tell its titles apart, other words do, and no title is like none."""
    monday, tuesday, other, none = (
        fingerprint(news("any", title=title).item).title
        for title in ("Weather, 3 March", "Weather, 4 March", "Two ships collide off Bali", "")
    )
    assert title_likeness(monday, tuesday) == 1.0
    assert title_likeness(monday, other) == 0.0
    assert title_likeness(none, none) == 0.0
