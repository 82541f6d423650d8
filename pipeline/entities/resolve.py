"""One decision for each place in an item: overlaps, namesakes, and short forms of people who are named in full."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from pipeline.entities.automaton import Automaton
from pipeline.entities.context import (
    before_family_name,
    follows_on,
    goes_before,
    goes_on,
    has_office,
    has_profession,
    is_facility,
    is_family_first,
    is_first_name,
    is_given_name,
    is_half,
    is_saint,
    is_speaker,
    is_title_case,
    names_language,
    word_before,
)
from pipeline.entities.inflect import inflects
from pipeline.entities.names import Kind, Name
from pipeline.entities.normalise import Normal
from pipeline.entities.shortforms import FAMILY_FIRST, GIVEN_FIRST, short_forms
from pipeline.knowledge import Entity
from pipeline.knowledge.demonyms import country_of
from pipeline.reasons import BETWEEN, because
from schemas.document import Field

_Span = tuple[Field, int, int]
_ORDER: Final = {"PER": 0, "ORG": 1, "LOC": 2}
_FIELD_ORDER: Final[dict[Field, int]] = {"title": 0, "summary": 1, "body": 2}
# How much each kind of name is trusted beside the entity's own confidence.
_TRUST: Final = {Kind.NAME: 1.0, Kind.ALIAS: 0.98, Kind.FORM: 0.96}
_WHY: Final = {Kind.NAME: "name {}", Kind.ALIAS: "alias {}", Kind.FORM: "case form {}"}
_SHARED: Final = 0.8
_JOINED: Final = 0.9
_JOINED_EARLIER: Final = 0.85
_SURNAME_ALONE: Final = 0.75
_SURNAME_BESIDE_NAMESAKE: Final = 0.6
# The roles of those of whom no farmer or singer of the same name is told.
_PUBLIC: Final = re.compile(
    r".*\b(?:president|minister|premier|chancellor|leader|secretary|politician|governor|king|queen|chairman)\b",
    re.IGNORECASE,
)
# Occurrences looked at in one field, before overlaps are settled: eight times what an item may have of mentions.
HIT_LIMIT: Final = 8_000
# A text that names more people than this is a list, where short forms mean nobody.
_MOST_PEOPLE: Final = 200


class Candidate(msgspec.Struct, frozen=True):
    """A name found in a field. `figure` is the tracked figure that the entity is, `rivals` how many share the name."""

    field: Field
    start: int
    end: int
    entity: Entity
    figure: Entity | None
    kind: Kind
    written: str
    rivals: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that stands. `base` is the name without the ending of its case."""

    field: Field
    start: int
    end: int
    entity: Entity
    figure: Entity | None
    confidence: float
    why: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class _Person:
    """Someone whom the item names in full, and where for the first time."""

    entity: Entity
    figure: Entity | None
    first: tuple[int, int]

    @property
    def id(self) -> str:
        return self.figure.id if self.figure else self.entity.id


@dataclass(frozen=True, slots=True)
class Reading:
    """What resolving needs to know of an item: its texts, its language, and first names that tell a namesake."""

    texts: Mapping[Field, Normal]
    language: str
    given: frozenset[str]

    def original(self, field: Field) -> str:
        """The text of a field as stored."""
        return self.texts[field].original


def resolve(reading: Reading, candidates: Iterable[Candidate]) -> list[Found]:
    """The mentions of an item, by field and place, none overlapping another.

    Full names come first: the longest of each overlap, a figure before a known entity, a person before an organisation
    before a place. Then surnames that stand alone and short forms of the people so found, where nothing beside them
    speaks against it.
    """
    full: list[Candidate] = []
    surnames: list[Candidate] = []
    for candidate in candidates:
        (surnames if candidate.kind >= Kind.SURNAME else full).append(candidate)
    taken = {field: bytearray(len(text.original)) for field, text in reading.texts.items()}
    found: list[Found] = []
    for candidate in sorted(full, key=_rank):
        span = (candidate.field, candidate.start, candidate.end)
        text = reading.original(candidate.field)
        if _is_free(taken, span) and _fits_context(candidate, text, reading.given, reading.language):
            _take(taken, span)
            found.append(_full(candidate))
    people = _people(found)
    spans = _short_spans(reading, _short_names(reading, found, people), people, surnames)
    found += _short_mentions(reading, taken, spans, people)
    return sorted(found, key=lambda entry: (_FIELD_ORDER[entry.field], entry.start))


def _rank(candidate: Candidate) -> tuple[int, bool, int, int, int]:
    return (
        candidate.start - candidate.end,
        candidate.figure is None,
        _ORDER[candidate.entity.type],
        candidate.kind,
        candidate.start,
    )


def _is_free(taken: Mapping[Field, bytearray], span: _Span) -> bool:
    """Whether no longer name holds a part of a span."""
    field, start, end = span
    return 1 not in taken[field][start:end]


def _take(taken: Mapping[Field, bytearray], span: _Span) -> None:
    """Claim a span that is free."""
    field, start, end = span
    taken[field][start:end] = b"\x01" * (end - start)


def _fits_context(candidate: Candidate, text: str, given: frozenset[str], language: str) -> bool:
    if candidate.entity.type == "PER":
        return not (
            is_facility(text, candidate.start, candidate.end)
            or goes_on(text, candidate.end, language)
            or (_PUBLIC.match(candidate.entity.role) is not None and has_profession(text, candidate.start))
        )
    if candidate.entity.type != "LOC" or candidate.figure is not None:
        return True
    if names_language(text, candidate.start):
        return False
    single = " " not in candidate.written
    before = word_before(text, candidate.start) if single else ""
    # `George Washington` is no city.
    return not (before and before[0].isupper() and before.casefold() in given)


def _full(candidate: Candidate) -> Found:
    confidence = candidate.entity.confidence * _TRUST[candidate.kind]
    why = because(_WHY[candidate.kind], candidate.written)
    if candidate.rivals:
        confidence *= _SHARED
        why += BETWEEN + because("{} more of this name", candidate.rivals)
    return Found(
        field=candidate.field,
        start=candidate.start,
        end=candidate.end,
        entity=candidate.entity,
        figure=candidate.figure,
        confidence=confidence,
        why=why,
        base=candidate.written if candidate.kind is Kind.FORM else "",
    )


def _place(field: Field, start: int) -> tuple[int, int]:
    return _FIELD_ORDER[field], start


def _people(found: Iterable[Found]) -> dict[str, _Person]:
    people: dict[str, _Person] = {}
    for entry in sorted(found, key=lambda entry: _place(entry.field, entry.start)):
        if entry.entity.type == "PER":
            person = _Person(entry.entity, entry.figure, _place(entry.field, entry.start))
            people.setdefault(person.id, person)
    return people


def _short_names(reading: Reading, found: Iterable[Found], people: Mapping[str, _Person]) -> Mapping[str, set[str]]:
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


def _short_spans(
    reading: Reading, shorts: Mapping[str, set[str]], people: Mapping[str, _Person], surnames: Iterable[Candidate]
) -> dict[_Span, _Short]:
    spans: dict[_Span, _Short] = {}
    for candidate in sorted(surnames, key=lambda surname: surname.kind):
        family_first = candidate.entity.country in FAMILY_FIRST
        leads = family_first or candidate.entity.name.startswith(f"{candidate.written} ")
        short = _Short(frozenset(), candidate, leads, trails=not family_first)
        spans.setdefault((candidate.field, candidate.start, candidate.end), short)
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


def _leads(entity: Entity, form: str) -> bool:
    """Whether a short form is a family name at the head of the full one."""
    return entity.country not in GIVEN_FIRST and entity.name.startswith(f"{form} ")


def _short_mentions(
    reading: Reading, taken: Mapping[Field, bytearray], spans: Mapping[_Span, _Short], people: Mapping[str, _Person]
) -> list[Found]:
    """Surnames of prominent people, and short forms of those named in full, where nothing speaks against them."""
    cased = {field: is_title_case(text.original, reading.language) for field, text in reading.texts.items()}
    confused: set[str] = set()
    decided: list[tuple[_Span, _Short]] = []
    for span, short in sorted(spans.items(), key=lambda entry: entry[0][1] - entry[0][2]):
        if not _is_free(taken, span):
            continue
        field, start, end = span
        text = reading.original(field)
        office = short.surname is not None and _has_office(text, span, taken, reading.language)
        if short.surname is not None and short.surname.kind >= Kind.TITLED and not office:
            if not short.who:
                continue
            short = msgspec.structs.replace(short, surname=None)  # noqa: PLW2901 - the rest of it stands
        # What another name holds is no first name (`Tổng thống Pháp Macron`), unless a town is called so (`Charlotte`).
        first = is_first_name(word_before(text, start).lower(), reading.language)
        apart = office or (start > 1 and taken[field][start - 2] == 1 and not first)
        if is_facility(text, start, end) or is_saint(text, start):
            continue
        if _is_uncommon(short) and not office and is_given_name(text[start:end]):
            continue
        if is_half(text, start, end) and not _meets(spans, taken, span):
            confused.update(short.who)
            continue
        namesake = (
            ((short.leads or _is_uncommon(short)) and follows_on(text, end, title_case=cased[field]))
            or is_family_first(text, end, reading.language)
            or (not short.who and before_family_name(text, end, reading.language))
            or (
                short.trails
                and not apart
                and goes_before(text, start, reading.given, title_case=cased[field], language=reading.language)
            )
        )
        if namesake:
            confused.update(short.who)
        else:
            _take(taken, span)
            decided.append((span, short))
    made = (_short(span, set(short.who), short.surname, people, confused) for span, short in decided)
    return [entry for entry in made if entry is not None]


def _has_office(text: str, span: _Span, taken: Mapping[Field, bytearray], language: str) -> bool:
    """Whether a surname is told by the word for an office, or by standing alone before what its bearer says.

    Between that word and the name may stand the country, as a name found before or as an adjective:
    `президент Франции Макрон`, `primer ministro canadiense Carney`.
    """
    field, start, end = span
    if has_office(text, start, end) or is_speaker(text, start, end):
        return True
    word = word_before(text, start)
    if not word:
        return False
    begin = start - 1 - len(word)
    held = taken[field]
    if held[start - 2]:
        begin = start - 1
        while begin and held[begin - 1]:
            begin -= 1
    elif country_of(word, language) is None:
        return False
    return has_office(text, begin, end)


def _is_uncommon(short: _Short) -> bool:
    """Whether nothing but a surname that nobody marked speaks for a name: it may be a first name (`Salman Wibowo`)."""
    return not short.who and short.surname is not None and short.surname.kind >= Kind.UNCOMMON


def _meets(spans: Mapping[_Span, _Short], taken: Mapping[Field, bytearray], span: _Span) -> bool:
    """Whether another name stands right beside a span, with one character between: `Trump-Putin`."""
    field, start, end = span
    held = taken[field]
    if 1 in (held[start - 2 : start - 1] if start > 1 else b"") or 1 in held[end + 1 : end + 2]:
        return True
    return any(other[0] == field and (other[2] == start - 1 or other[1] == end + 1) for other in spans)


def _short(
    span: _Span,
    who: set[str],
    surname: Candidate | None,
    people: Mapping[str, _Person],
    confused: set[str],
) -> Found | None:
    """Whom a short form means: the one person named in full, else the prominent one, else nobody."""
    field, start, end = span
    prominent = _id(surname) if surname else None
    if len(who) == 1 and not (who & confused and prominent is None):
        person = people[next(iter(who))]
        after = _place(field, start) > person.first
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
        why=_surname(surname.written, namesake=bool(who)),
    )


def _surname(written: str, *, namesake: bool) -> str:
    why = because("surname {}, known without a first name", written)
    return why + BETWEEN + because("a namesake is named too") if namesake else why


def _id(candidate: Candidate) -> str:
    return candidate.figure.id if candidate.figure else candidate.entity.id
