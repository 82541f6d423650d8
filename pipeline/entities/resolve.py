"""One decision for each place in an item: overlaps, namesakes, and short forms of people who are named in full."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from pipeline.entities.automaton import Automaton, Kind, Name
from pipeline.entities.context import is_namesake, is_title_case, names_language, word_before
from pipeline.entities.normalise import Normal
from pipeline.entities.shortforms import short_forms
from pipeline.knowledge import Entity
from schemas.document import Field

_ORDER: Final = {"PER": 0, "ORG": 1, "LOC": 2}
_FIELD_ORDER: Final[dict[Field, int]] = {"title": 0, "summary": 1, "body": 2}
# How much each kind of name is trusted beside the entity's own confidence.
_TRUST: Final = {Kind.NAME: 1.0, Kind.ALIAS: 0.98, Kind.FORM: 0.96}
_SHARED: Final = 0.8
_JOINED: Final = 0.9
_JOINED_EARLIER: Final = 0.85
_SURNAME_ALONE: Final = 0.75
_SURNAME_BESIDE_NAMESAKE: Final = 0.6
# A text that names more people than this is a list, where short forms mean nobody.
_MOST_PEOPLE: Final = 200


class Candidate(msgspec.Struct, frozen=True):
    """A name found in one field. `figure` is the tracked figure that the entity is, `rivals` how many share the name."""

    field: Field
    start: int
    end: int
    entity: Entity
    figure: Entity | None
    kind: Kind
    written: str
    rivals: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that stands."""

    field: Field
    start: int
    end: int
    entity: Entity
    figure: Entity | None
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class _Person:
    """Someone whom the item names in full, and where for the first time."""

    entity: Entity
    figure: Entity | None
    first: tuple[int, int]

    @property
    def id(self) -> str:
        return self.figure.id if self.figure else self.entity.id


def resolve(
    texts: Mapping[Field, Normal], candidates: Iterable[Candidate], language: str, given: frozenset[str]
) -> list[Found]:
    """The mentions of an item, by field and place, none overlapping another.

    Full names come first: the longest of each overlap, a figure before a known entity, a person before an organisation
    before a place. Then surnames that stand alone and short forms of the people so found, where nothing beside them
    speaks against it. `given` are first names that tell a namesake.
    """
    full, surnames = [], []
    for candidate in candidates:
        (surnames if candidate.kind >= Kind.SURNAME else full).append(candidate)
    taken = {field: bytearray(len(text.original)) for field, text in texts.items()}
    found = [
        _full(candidate)
        for candidate in sorted(full, key=_rank)
        if _is_free(taken, candidate)
        and _fits_context(candidate, texts[candidate.field].original, given)
        and _take(taken, candidate)
    ]
    people = _people(found)
    cased = {field: is_title_case(text.original, language) for field, text in texts.items()}
    shorts = _short_names(texts, found, people, language)
    found += _short_mentions(texts, taken, shorts, people, surnames, language, given, cased)
    return sorted(found, key=lambda entry: (_FIELD_ORDER[entry.field], entry.start))


def _rank(candidate: Candidate) -> tuple[int, bool, int, int, int]:
    return (
        candidate.start - candidate.end,
        candidate.figure is None,
        _ORDER[candidate.entity.type],
        candidate.kind,
        candidate.start,
    )


def _is_free(taken: Mapping[Field, bytearray], candidate: Candidate) -> bool:
    """Whether no longer name holds a part of a span."""
    return 1 not in taken[candidate.field][candidate.start : candidate.end]


def _take(taken: Mapping[Field, bytearray], candidate: Candidate) -> bool:
    """Claim a span that is free."""
    taken[candidate.field][candidate.start : candidate.end] = b"\x01" * (candidate.end - candidate.start)
    return True


def _fits_context(candidate: Candidate, text: str, given: frozenset[str]) -> bool:
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
    why = {Kind.NAME: "name", Kind.ALIAS: "alias", Kind.FORM: "case form"}[candidate.kind]
    why = f"{why} {candidate.written}"
    if candidate.rivals:
        confidence *= _SHARED
        why += f"; {candidate.rivals} more of this name"
    return Found(
        field=candidate.field,
        start=candidate.start,
        end=candidate.end,
        entity=candidate.entity,
        figure=candidate.figure,
        confidence=confidence,
        why=why,
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


def _short_names(
    texts: Mapping[Field, Normal], found: Iterable[Found], people: Mapping[str, _Person], language: str
) -> dict[str, set[str]]:
    """Each short form, as written, with the ids of the people whom it may mean."""
    shorts: defaultdict[str, set[str]] = defaultdict(set)
    if len(people) > _MOST_PEOPLE:
        return shorts
    seen: set[tuple[str, str]] = set()
    for entry in found:
        surface = texts[entry.field].original[entry.start : entry.end]
        identity = entry.figure.id if entry.figure else entry.entity.id
        if entry.entity.type != "PER" or (surface, identity) in seen:
            continue
        seen.add((surface, identity))
        # A form in the accusative shortens to an accusative; the name itself gives the rest.
        for written in {surface, entry.entity.name} if entry.why.startswith("case") else {surface}:
            for form in short_forms(written, entry.entity, language):
                shorts[form].add(identity)
    return shorts


def _short_mentions(  # noqa: PLR0913
    texts: Mapping[Field, Normal],
    taken: Mapping[Field, bytearray],
    shorts: Mapping[str, set[str]],
    people: Mapping[str, _Person],
    surnames: Iterable[Candidate],
    language: str,
    given: frozenset[str],
    cased: Mapping[Field, bool],
) -> list[Found]:
    """Surnames of prominent people, and short forms of those named in full, where nothing speaks against them."""
    ids = list(people)
    numbers = {identity: number for number, identity in enumerate(ids)}
    automaton = Automaton(
        Name(form, numbers[identity], Kind.SURNAME) for form, who in shorts.items() for identity in sorted(who)
    )
    spans: dict[tuple[Field, int, int], tuple[set[str], Candidate | None]] = {}
    for candidate in surnames:
        spans.setdefault((candidate.field, candidate.start, candidate.end), (set(), candidate))
    if len(automaton):
        for field, text in texts.items():
            for hit in automaton.find(text, language):
                who, candidate_or_none = spans.get((field, hit.start, hit.end), (set(), None))
                spans[field, hit.start, hit.end] = (who | {ids[name.owner] for name in hit.names}, candidate_or_none)
    confused: set[str] = set()
    decided: list[tuple[tuple[Field, int, int], set[str], Candidate | None]] = []
    for (field, start, end), (who, surname) in sorted(spans.items(), key=lambda entry: entry[0][1] - entry[0][2]):
        if 1 in taken[field][start:end]:
            continue
        text = texts[field].original
        family_first = any(people[identity].entity.country in {"KP", "KR", "CN", "TW", "HK", None} for identity in who)
        if is_namesake(text, start, end, family_first=family_first, given=given, title_case=cased[field]):
            confused.update(who)
            continue
        taken[field][start:end] = b"\x01" * (end - start)
        decided.append(((field, start, end), who, surname))
    made = (_short(span, who, surname, people, confused) for span, who, surname in decided)
    return [entry for entry in made if entry is not None]


def _short(
    span: tuple[Field, int, int],
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
            why=f"short for {person.entity.name}, named in full {'before' if after else 'later'}",
        )
    if surname is None:
        return None
    named = prominent in people
    return Found(
        field=field,
        start=start,
        end=end,
        entity=surname.entity,
        figure=surname.figure,
        confidence=_SURNAME_BESIDE_NAMESAKE if who else _JOINED if named else _SURNAME_ALONE,
        why=f"surname {surname.written}, known without a first name" + ("; a namesake is named too" if who else ""),
    )


def _id(candidate: Candidate) -> str:
    return candidate.figure.id if candidate.figure else candidate.entity.id
