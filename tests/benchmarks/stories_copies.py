"""Copies whose truth is known: texts that are edited as newsrooms edit them, among texts that only look alike.

Each base article is followed by edits of it, each at a known overlap: boilerplate around it, a cut end, an agency's
credit, a new lead, 1 to 20 % of its words changed, its paragraphs in another order, another headline, the other script
of its language. Beside them stand what is no copy: texts of one template on other days, the same event told anew, an
agency's update, articles of one outlet with one boilerplate. Edits follow their base within hours, what is of one
template comes once a day.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from schemas.document import Enriched
from schemas.item import Item, item_id
from tests.benchmarks.stories_texts import LANGUAGES, UNSPACED, Author, Event, Half, Text, in_other_script
from tests.samples import passed_on

START: Final = datetime(2024, 1, 21, tzinfo=UTC)
_DAYS: Final = 4.0  # of news, in which a base comes at any time
_COPIED_WITHIN: Final = 0.4  # days
_EDITED: Final = 3  # edits of a base article
_TEMPLATE_DAYS: Final = 4
_TEMPLATE_HOUR: Final = 0.04  # of a day, the time between two is more or less than a day by so much
_KEPT_BY_UPDATE: Final = (0.2, 0.4)
_FOOTER_WORDS: Final = 35
_SEEDS: Final[dict[Half, int]] = {"tuning": 1, "held out": 2}


class Example(msgspec.Struct, frozen=True):
    """One item, the text that it is (equal for copies), and how it was made."""

    enriched: Enriched
    text: str
    kind: str


class _Made(msgspec.Struct, frozen=True):
    told: Text
    text: str
    kind: str


Edit = Callable[[Author, Text], Text]


def examples(
    half: Half, bases: int, more: tuple[Text, ...] = (), languages: tuple[str, ...] = LANGUAGES
) -> list[Example]:
    """One half's items of all languages in the order of arrival: `bases` articles each, their edits and look-alikes.

    `more` are articles to edit beside those that are made.
    """
    made: list[_Timed] = []
    for language in languages:
        author = Author(language, half, _SEEDS[half])
        made += _timed(author, [*_edited(author, bases), *_alike(author, max(bases // 3, 1))])
    if more:
        author = Author(more[0].language, half, -_SEEDS[half])
        made += _timed(author, [_copies(author, text, f"m{number}") for number, text in enumerate(more)])
    made.sort(key=lambda entry: entry[0])
    return [_example(entry, day, number) for number, (day, entry) in enumerate(made)]


_Timed = tuple[float, _Made]  # in days


def _timed(author: Author, made: list[list[_Made]]) -> list[_Timed]:
    """Series with the time of each text, in its own order."""
    placed: list[_Timed] = []
    for series in made:
        if series[0].kind in _TEMPLATES:
            moments = [day + author.dice.uniform(0, _TEMPLATE_HOUR) for day in range(len(series))]
        else:
            first = author.dice.uniform(0, _DAYS)
            moments = sorted(first + author.dice.uniform(0, _COPIED_WITHIN) for _ in series)
        placed += zip(moments, series, strict=True)
    return placed


def _example(made: _Made, day: float, number: int) -> Example:
    seen = START + timedelta(days=day)
    told = made.told
    item = Item(
        id=item_id(url=f"https://news.example/{number}"),
        source="made",
        fetched_at=seen,
        title=told.title,
        summary=told.summary,
        body="\n\n".join(told.paragraphs),
    )
    return Example(passed_on(item, told.language), made.text, made.kind)


# -- copies


def _edited(author: Author, bases: int) -> Iterator[list[_Made]]:
    footer = " ".join(author.words(_FOOTER_WORDS))
    for number in range(bases):
        event = author.event()
        name = f"{author.language} {number}"
        if number % 6 == 5:
            yield _short(author, event, name)
            continue
        text = author.article(event)
        if number % 4 == 3:  # an outlet that puts the same lines below all it prints
            text = msgspec.structs.replace(text, paragraphs=(*text.paragraphs, footer))
        copies = _copies(author, text, name)
        if number % 3 == 0:
            copies.append(_Made(author.article(event), f"{name} anew", "same event told anew"))
        if number % 3 == 1:
            copies.append(_Made(_update(author, text, event), f"{name} update", "agency's update"))
        yield copies


def _copies(author: Author, text: Text, name: str) -> list[_Made]:
    chosen = author.dice.sample(sorted(EDITS), _EDITED)
    if author.language in {"zh-Hans", "zh-Hant", "sr"}:
        chosen[0] = "other script"
    return [_Made(text, name, "base"), *(_Made(_apply(author, text, edit), name, edit) for edit in chosen)]


def _apply(author: Author, text: Text, edit: str) -> Text:
    if edit == "other script":
        return _in_other_script(author, text)
    told = EDITS[edit](author, text)
    if edit != "new headline" and author.dice.random() < 0.5:
        told = _headline(author, told)
    return told


def _short(author: Author, event: Event, name: str) -> list[_Made]:
    text = author.short(event)
    credit = msgspec.structs.replace(text, summary=author.glue.join((*_credit(author), text.summary)))
    other = Text(text.language, text.title, author.short(event).summary)
    return [
        _Made(text, name, "base"),
        _Made(credit, name, "short, agency credit"),
        _Made(msgspec.structs.replace(text, title=text.title.upper()), name, "short, capitals"),
        _Made(other, f"{name} other", "same title, other summary"),
    ]


def _boilerplate(author: Author, text: Text) -> Text:
    before, after = (author.glue.join(author.words(author.dice.randint(10, 40))) for _ in range(2))
    return msgspec.structs.replace(text, paragraphs=(before, *text.paragraphs, after))


def _cut(author: Author, text: Text) -> Text:
    body = "\n\n".join(text.paragraphs)
    kept = body[: round(len(body) * author.dice.uniform(0.4, 0.9))]
    return msgspec.structs.replace(text, paragraphs=(kept,))


def _credit(author: Author) -> tuple[str, str]:
    return author.name(), f"({author.name()}) –"


def _credited(author: Author, text: Text) -> Text:
    first = author.glue.join((*_credit(author), text.paragraphs[0]))
    return msgspec.structs.replace(text, paragraphs=(first, *text.paragraphs[1:], f"({author.name()}/{author.name()})"))


def _lead(author: Author, text: Text) -> Text:
    """The beginning, 10 to 35 % of the text, said anew."""
    body = "\n\n".join(text.paragraphs)
    cut = round(len(body) * author.dice.uniform(0.1, 0.35))
    lead = ""
    event = author.event()
    while len(lead) < cut:
        lead += author.glue + author.sentence(event)
    return msgspec.structs.replace(text, paragraphs=(lead, body[cut:]))


def _noise(share: float) -> Edit:
    def edit(author: Author, text: Text) -> Text:
        return msgspec.structs.replace(
            text, paragraphs=tuple(_noisy(author, paragraph, share) for paragraph in text.paragraphs)
        )

    return edit


def _noisy(author: Author, text: str, share: float) -> str:
    """The text with this share of its words (characters, where none are told apart) replaced, left out or added."""
    dice = author.dice
    pattern = r"\w" if author.language in UNSPACED else r"\S+\s*"
    parts = re.findall(rf"{pattern}|[^\w]+" if author.language in UNSPACED else pattern, text)
    told = []
    for part in parts:
        if dice.random() >= share or not part.strip():
            told.append(part)
            continue
        change = dice.random()
        word = author.word()
        new = word[:1] if author.language in UNSPACED else f"{word} "
        told.append(new if change < 0.6 else "" if change < 0.8 else part + new)
    return "".join(told)


def _reordered(author: Author, text: Text) -> Text:
    paragraphs = list(text.paragraphs)
    if len(paragraphs) < 3:
        half = len(paragraphs[0]) // 2
        paragraphs = [paragraphs[0][half:], paragraphs[0][:half], *paragraphs[1:]]
    else:
        author.dice.shuffle(paragraphs)
    return msgspec.structs.replace(text, paragraphs=tuple(paragraphs))


def _headline(author: Author, text: Text) -> Text:
    return msgspec.structs.replace(text, title=author.title(author.event()))


def _two(one: Edit, other: Edit) -> Edit:
    return lambda author, text: other(author, one(author, text))


def _in_other_script(author: Author, text: Text) -> Text:
    language = author.language
    written = {"zh-Hans": "zh-Hant", "zh-Hant": "zh-Hans", "sr": "sr"}[language]
    title, summary, *paragraphs = (
        in_other_script(part, language) for part in (text.title, text.summary, *text.paragraphs)
    )
    return Text(written, title, summary, tuple(paragraphs))


EDITS: Final[dict[str, Edit]] = {
    "agency credit": _credited,
    "boilerplate": _boilerplate,
    "boilerplate, 5 % noise": _two(_noise(0.05), _boilerplate),
    "credit, cut": _two(_cut, _credited),
    "cut": _cut,
    "new headline": _headline,
    "new lead": _lead,
    "new lead, credit": _two(_lead, _credited),
    "noise 1 %": _noise(0.01),
    "noise 5 %": _noise(0.05),
    "noise 10 %": _noise(0.10),
    "noise 20 %": _noise(0.20),
    "reordered": _reordered,
}

# -- what only looks like a copy


def _update(author: Author, text: Text, event: Event) -> Text:
    """A later report of the same agency: new lines first, the background as it was."""
    body = "\n\n".join(text.paragraphs)
    kept = round(len(body) * author.dice.uniform(*_KEPT_BY_UPDATE))
    lead = ""
    while len(lead) < len(body) - kept:
        lead += author.glue + author.sentence(event)
    return Text(text.language, author.title(event), author.sentence(event), (lead, body[-kept:]))


def _alike(author: Author, series: int) -> Iterator[list[_Made]]:
    for number in range(series):
        for kind, make in _TEMPLATES.items():
            days = make(author)
            yield [_Made(day, f"{author.language} {kind} {number} {place}", kind) for place, day in enumerate(days)]


def _slotted(author: Author, words: int, every: int) -> list[str]:
    """A form of so many words, in which every so manieth is open."""
    return ["{}" if number % every == every - 1 else word for number, word in enumerate(author.words(words))]


def _filled(author: Author, form: list[str], fill: Callable[[], str]) -> str:
    return author.glue.join(fill() if word == "{}" else word for word in form)


def _weather(author: Author) -> list[Text]:
    title, form = author.glue.join(author.words(4)), _slotted(author, author.dice.randint(60, 140), 6)
    skies = author.words(6)

    def told() -> str:
        return author.dice.choice((str(author.dice.randint(1, 90)), author.dice.choice(skies)))

    return [Text(author.language, title, "", (_filled(author, form, told),)) for _ in range(_TEMPLATE_DAYS)]


def _rates(author: Author) -> list[Text]:
    title, form = author.glue.join(author.words(4)), _slotted(author, author.dice.randint(50, 150), 5)

    def figure() -> str:
        return f"{author.dice.uniform(1, 2_000):.2f}"

    return [Text(author.language, title, "", (_filled(author, form, figure),)) for _ in range(_TEMPLATE_DAYS)]


def _matches(author: Author) -> list[Text]:
    form = _slotted(author, author.dice.randint(90, 200), 5)
    return [_match(author, form) for _ in range(_TEMPLATE_DAYS)]


def _match(author: Author, form: list[str]) -> Text:
    dice = author.dice
    teams = [author.name() for _ in range(6)]

    def told() -> str:
        return dice.choice((*teams, str(dice.randint(0, 90))))

    title = f"{teams[0]} {dice.randint(0, 5)}:{dice.randint(0, 5)} {teams[1]}"
    return Text(author.language, title, "", (_filled(author, form, told),))


def _horoscopes(author: Author) -> list[Text]:
    signs, title = author.words(12), author.glue.join(author.words(3))
    sentences = [author.glue.join(author.words(author.dice.randint(10, 16))) for _ in range(60)]
    return [
        Text(author.language, title, "", tuple(f"{sign}: {author.dice.choice(sentences)}." for sign in signs))
        for _ in range(_TEMPLATE_DAYS)
    ]


def _briefings(author: Author) -> list[Text]:
    title, opening, closing = (author.glue.join(author.words(count)) for count in (5, 25, 25))
    return [
        Text(
            author.language, title, opening,
            (opening, *(author.title(event) for event in (author.event() for _ in range(7))), closing),
        )
        for _ in range(_TEMPLATE_DAYS)
    ]  # fmt: skip


def _notices(author: Author) -> list[Text]:
    """A form that is filled in with words alone."""
    title, form = author.glue.join(author.words(4)), _slotted(author, author.dice.randint(60, 140), 9)
    return [Text(author.language, title, "", (_filled(author, form, author.word),)) for _ in range(_TEMPLATE_DAYS)]


_TEMPLATES: Final[dict[str, Callable[[Author], list[Text]]]] = {
    "weather": _weather,
    "exchange rates": _rates,
    "match reports": _matches,
    "horoscopes": _horoscopes,
    "morning briefing": _briefings,
    "notices": _notices,
}
