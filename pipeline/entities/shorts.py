"""Short forms in an item: surnames that stand alone, and names of people whom it names in full elsewhere."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from pipeline.entities.affairs import Affairs
from pipeline.entities.automaton import Automaton
from pipeline.entities.company import Beside, Named, company, holds_office, may_be, of_country, peers
from pipeline.entities.context import (
    before_family_name,
    country_before,
    follows_on,
    goes_before,
    is_family_first,
    is_first_name,
    is_given_name,
    is_half,
    is_homonym,
    is_introduced,
    is_junior,
    is_saint,
    is_title_case,
    word_before,
)
from pipeline.entities.firsts import is_own_first
from pipeline.entities.found import Candidate, Found, Person, Reading, Span, is_free, place, take
from pipeline.entities.inflect import inflects
from pipeline.entities.named_after import is_facility
from pipeline.entities.names import Kind, Name
from pipeline.entities.shortforms import FAMILY_FIRST, GIVEN_FIRST, short_forms
from pipeline.knowledge import Entity
from pipeline.reasons import BETWEEN, because
from schemas.document import Field

_JOINED: Final = 0.9
_JOINED_EARLIER: Final = 0.85
_SURNAME_ALONE: Final = 0.75
_SURNAME_BESIDE_NAMESAKE: Final = 0.6
# A shorter name is not known by its cases where only its company tells of it.
_LEAST_INFLECTED: Final = 5
# A first name before a surname, which Chinese and Japanese part by a dot.
_FIRST: Final = re.compile(r"([^\W\d_][\w\u0900-\u0dff\u0e00-\u0e7f]*)[ ·・]\Z")
_LONGEST_FIRST: Final = 40
# A text that names more people than this is a list, where short forms mean nobody.
_MOST_PEOPLE: Final = 200
# Occurrences looked at in one field, before overlaps are settled: eight times what an item may have of mentions.
HIT_LIMIT: Final = 8_000


def short_names(reading: Reading, found: Iterable[Found], people: Mapping[str, Person]) -> Mapping[str, set[str]]:
    """Each short form, as written, with the ids of the people whom it may mean."""
    shorts: defaultdict[str, set[str]] = defaultdict(set)
    if len(people) > _MOST_PEOPLE:
        return shorts
    seen: set[tuple[str, str]] = set()
    for entry in found:
        surface = entry.base or reading.original(entry.field)[entry.start : entry.end]
        identity = entry.figure.id if entry.figure else entry.entity.id
        if entry.entity.type != "PER" or (surface, identity) in seen:
            continue
        seen.add((surface, identity))
        for form in short_forms(surface, entry.entity, reading.language):
            shorts[form].add(identity)
    return shorts


class _Short(msgspec.Struct, frozen=True):
    """A place where a short form stands: whom named in full it may mean, and the prominent surname that it may be."""

    who: frozenset[str]
    surname: Candidate | None
    # The name comes first in the full name, so that another's would go on behind it (`Megawati Hangestri`).
    leads: bool
    # It may come last in another's name, whose first name would stand before it (`Kahlil Gibran`).
    trails: bool


def short_spans(
    reading: Reading, shorts: Mapping[str, set[str]], people: Mapping[str, Person], surnames: Iterable[Candidate]
) -> dict[Span, _Short]:
    """Where short forms stand, the prominent surnames first."""
    spans: dict[Span, _Short] = {}
    for candidate in sorted(surnames, key=lambda surname: surname.kind):
        spans.setdefault((candidate.field, candidate.start, candidate.end), _of_surname(candidate))
    if not shorts:
        return spans
    ids = list(people)
    numbers = {identity: number for number, identity in enumerate(ids)}
    automaton = Automaton(
        (Name(form, numbers[identity], Kind.SURNAME) for form, who in shorts.items() for identity in sorted(who)),
        forms=inflects(reading.language),
    )
    for field, text in reading.texts.items():
        for hit in islice(automaton.find(text, reading.language), HIT_LIMIT):
            held = spans.get((field, hit.start, hit.end))
            who = {ids[name.owner] for name in hit.names}
            leads = any(_leads(people[ids[name.owner]].entity, name.written) for name in hit.names)
            spans[field, hit.start, hit.end] = _Short(
                (held.who if held else frozenset()) | who, held.surname if held else None, leads, not leads
            )
    return spans


def _of_surname(surname: Candidate) -> _Short:
    """A surname that may stand for its bearer though nobody is named in full."""
    family_first = surname.entity.country in FAMILY_FIRST
    leads = family_first or surname.entity.name.startswith(f"{surname.written} ")
    return _Short(frozenset(), surname, leads, trails=not family_first)


def _leads(entity: Entity, form: str) -> bool:
    """Whether a short form is a family name at the head of the full one."""
    return entity.country not in GIVEN_FIRST and entity.name.startswith(f"{form} ")


def short_mentions(
    reading: Reading,
    taken: Mapping[Field, bytearray],
    spans: Mapping[Span, _Short],
    people: Mapping[str, Person],
    found: Sequence[Found],
) -> list[Found]:
    """Surnames of prominent people, and short forms of those named in full, where nothing speaks against them."""
    shorts = _Shorts(reading, taken, spans)
    alone: list[tuple[Span, Candidate]] = []
    for span, short in sorted(spans.items(), key=lambda entry: entry[0][1] - entry[0][2]):
        if not is_free(taken, span):
            continue
        office = short.surname is not None and holds_office(
            reading.original(span[0]), span[1], span[2], taken[span[0]], reading.language
        )
        if (
            short.surname is not None
            and not office
            and (short.surname.kind >= Kind.TITLED or _is_homonym(reading, span))
        ):
            alone.append((span, short.surname))
            if not short.who:
                continue
            short = msgspec.structs.replace(short, surname=None)  # noqa: PLW2901 - the rest of it stands
        shorts.settle(span, short, told=office)
    _accompanied(shorts, alone, found)
    made = (_short(span, short, people, shorts.confused, shorts.beside.get(span)) for span, short in shorts.decided)
    return [entry for entry in made if entry is not None]


class _Shorts:
    """Short forms as they are settled, one place after another; `confused` are those whose namesakes are named too."""

    def __init__(self, reading: Reading, taken: Mapping[Field, bytearray], spans: Mapping[Span, _Short]) -> None:
        self.reading = reading
        self.taken = taken
        self.spans = spans
        self.confused: set[str] = set()
        self.decided: list[tuple[Span, _Short]] = []
        # Who or what told whose a surname is.
        self.beside: dict[Span, str] = {}
        self._cased = {field: is_title_case(text.original, reading.language) for field, text in reading.texts.items()}

    def settle(self, span: Span, short: _Short, *, told: bool) -> bool:
        """Whether it stands; `told` by an office or by whom it stands beside."""
        field, start, end = span
        text = self.reading.original(field)
        if is_facility(text, start, end) or is_saint(text, start):
            return False
        if _is_uncommon(short) and not told and is_given_name(text[start:end]):
            return False
        half = is_half(text, start, end) and not _meets(self.spans, self.taken, span)
        if (half and not _is_own(text, start, short)) or self.is_namesake(span, short, told=told):
            self.confused.update(short.who)
            return False
        take(self.taken, span)
        self.decided.append((span, short))
        return True

    def settle_beside(self, one: Named, surname: Candidate, told: str) -> bool:
        """Whether a surname stands that something beside it told, where its place is free."""
        span = (one.field, one.start, one.end)
        if not is_free(self.taken, span):
            return False
        self.beside[span] = told
        return self.settle(span, _of_surname(surname), told=True)

    def is_namesake(self, span: Span, short: _Short, *, told: bool) -> bool:
        """Whether what stands beside a name says that it is another's."""
        field, start, end = span
        text, language = self.reading.original(field), self.reading.language
        # What another name holds is no first name (`Tổng thống Pháp Macron`), unless a town is called so (`Charlotte`).
        first = is_first_name(word_before(text, start).lower(), language)
        office = told and span not in self.beside
        apart = (
            office
            or country_before(text, start) >= 0
            or (start > 1 and self.taken[field][start - 2] == 1 and not first)
        )
        title_case = self._cased[field]
        return (
            is_junior(text, end)
            or ((short.leads or _is_uncommon(short)) and follows_on(text, end, title_case=title_case))
            or is_family_first(text, end, language)
            or (not short.who and (before_family_name(text, end, language) or is_introduced(text, start, end)))
            or (
                short.trails
                and not apart
                and goes_before(text, start, self.reading.given, title_case=title_case, language=language)
                and not _is_own(text, start, short)
            )
        )


def _accompanied(shorts: _Shorts, alone: list[tuple[Span, Candidate]], found: Sequence[Found]) -> None:
    """Settle the surnames that nothing told so far, where the company that they keep or what the text is about does."""
    language = shorts.reading.language
    left = [
        (Named(*span, surname.entity), surname)
        for span, surname in alone
        # `Zengin` is no case of Zeng.
        if is_free(shorts.taken, span)
        and not (surname.kind is Kind.TITLED_FORM and len(surname.written) < _LEAST_INFLECTED)
    ]
    if not left:
        return
    people = [Named(e.field, e.start, e.end, e.entity) for e in found if e.entity.type == "PER"]
    people += [Named(*span, short.surname.entity) for span, short in shorts.decided if short.surname is not None]
    others = Beside(people)
    rivals = Beside(one for one, _ in left)
    places = {(e.field, e.end): e.entity for e in found if e.entity.type == "LOC"}
    for one, surname in left:
        text = shorts.reading.original(one.field)
        marked = surname.kind < Kind.TITLED
        who = company(text, one, others.near(one), language, marked=marked) or peers(
            text, one, rivals.near(one), language
        )
        if who is None and of_country(text, one, places):
            who = places[one.field, country_before(text, one.start)]
        if who is not None and shorts.settle_beside(one, surname, who.name):
            others.add(one)
    _by_affairs(shorts, left, found)


def _by_affairs(shorts: _Shorts, left: Sequence[tuple[Named, Candidate]], found: Sequence[Found]) -> None:
    """Settle surnames that stand beside what their bearers are in public life for, unless a namesake is named too."""
    reading = shorts.reading
    strangers = {
        reading.original(one.field)[one.start : one.end].casefold()
        for one, surname in left
        if shorts.is_namesake((one.field, one.start, one.end), _of_surname(surname), told=False)
    }
    bodies = Beside(Named(e.field, e.start, e.end, e.entity) for e in found if e.entity.type == "ORG")
    places = Beside(Named(e.field, e.start, e.end, e.entity) for e in found if e.entity.type == "LOC")
    affairs = {field: Affairs(text.original, reading.language) for field, text in reading.texts.items()}
    for one, surname in left:
        text = reading.original(one.field)
        marked = surname.kind < Kind.TITLED
        if (
            not is_free(shorts.taken, (one.field, one.start, one.end))
            or text[one.start : one.end].casefold() in strangers
            or (not marked and not may_be(text, one, reading.language))
        ):
            continue
        told = affairs[one.field].tell(one, bodies.near(one), places.near(one), marked=marked)
        if told is not None:
            shorts.settle_beside(one, surname, told)


def _is_own(text: str, start: int, short: _Short) -> bool:
    """Whether the prominent one's own first name stands before a surname."""
    if short.surname is None:
        return False
    found = _FIRST.search(text, max(0, start - _LONGEST_FIRST), start)
    return found is not None and is_own_first(found[1], short.surname.entity)


def _is_homonym(reading: Reading, span: Span) -> bool:
    field, start, end = span
    return is_homonym(reading.original(field), start, end, reading.language)


def _is_uncommon(short: _Short) -> bool:
    """Whether nothing but a surname that nobody marked speaks for a name: it may be a first name (`Salman Wibowo`)."""
    return not short.who and short.surname is not None and short.surname.kind >= Kind.UNCOMMON


def _meets(spans: Mapping[Span, _Short], taken: Mapping[Field, bytearray], span: Span) -> bool:
    """Whether another name stands right beside a span, with one character between: `Trump-Putin`."""
    field, start, end = span
    held = taken[field]
    if 1 in (held[start - 2 : start - 1] if start > 1 else b"") or 1 in held[end + 1 : end + 2]:
        return True
    return any(other[0] == field and (other[2] == start - 1 or other[1] == end + 1) for other in spans)


def _short(
    span: Span,
    short: _Short,
    people: Mapping[str, Person],
    confused: set[str],
    beside: str | None,
) -> Found | None:
    """Whom a short form means: the one person named in full, else the prominent one, else nobody."""
    field, start, end = span
    who, surname = set(short.who), short.surname
    prominent = _id(surname) if surname else None
    if len(who) == 1 and not (who & confused and prominent is None):
        person = people[next(iter(who))]
        after = place(field, start) > person.first
        return Found(
            field=field,
            start=start,
            end=end,
            entity=person.entity,
            figure=person.figure,
            confidence=person.entity.confidence * (_JOINED if after else _JOINED_EARLIER),
            why=because(f"short for {{}}, named in full {'before' if after else 'later'}", person.entity.name),
        )
    if surname is None:
        return None
    return Found(
        field=field,
        start=start,
        end=end,
        entity=surname.entity,
        figure=surname.figure,
        confidence=_SURNAME_BESIDE_NAMESAKE if who else _JOINED if prominent in people else _SURNAME_ALONE,
        why=_surname(surname.written, beside, namesake=bool(who)),
    )


def _surname(written: str, beside: str | None, *, namesake: bool) -> str:
    why = because("surname {}, known without a first name", written)
    if beside is not None:
        why += BETWEEN + because("beside “{}”", beside)
    return why + BETWEEN + because("a namesake is named too") if namesake else why


def _id(candidate: Candidate) -> str:
    return candidate.figure.id if candidate.figure else candidate.entity.id
