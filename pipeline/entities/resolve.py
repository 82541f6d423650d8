"""One decision for each place in an item: overlaps, namesakes, and short forms of people who are named in full."""

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline.entities.boundaries import has_unspaced
from pipeline.entities.company import is_public
from pipeline.entities.context import (
    follows_on,
    goes_on,
    has_profession,
    is_homonym,
    is_introduced,
    is_title_case,
    names_language,
    word_before,
)
from pipeline.entities.found import Candidate, Found, Person, Reading, is_free, place, take
from pipeline.entities.named_after import is_facility
from pipeline.entities.names import Kind
from pipeline.entities.shorts import short_mentions, short_names, short_spans
from pipeline.reasons import BETWEEN, because
from schemas.document import Field

_ORDER: Final = {"PER": 0, "ORG": 1, "LOC": 2}
# How much each kind of name is trusted beside the entity's own confidence.
_TRUST: Final = {Kind.NAME: 1.0, Kind.ALIAS: 0.98, Kind.FORM: 0.96}
_WHY: Final = {Kind.NAME: "name {}", Kind.ALIAS: "alias {}", Kind.FORM: "case form {}"}
_SHARED: Final = 0.8


def resolve(reading: Reading, candidates: Iterable[Candidate]) -> list[Found]:
    """The mentions of an item, by field and place, none overlapping another.

    Full names come first: the longest of each overlap, a figure before a known entity, a person before an organisation
    before a place. Then surnames that stand alone and short forms of the people so found, where nothing beside them
    speaks against it.
    """
    full: list[Candidate] = []
    surnames: list[Candidate] = []
    for candidate in candidates:
        alone = candidate.kind >= Kind.SURNAME or _is_word(candidate, reading)
        (surnames if alone else full).append(candidate)
    longer = {(one.field, one.start): one.end for one in surnames if one.kind <= Kind.UNCOMMON}
    taken = {field: bytearray(len(text.original)) for field, text in reading.texts.items()}
    found: list[Found] = []
    refused: set[tuple[Field, int]] = set()
    for candidate in sorted(full, key=_rank):
        span = (candidate.field, candidate.start, candidate.end)
        text = reading.original(candidate.field)
        if _is_within(candidate, longer):
            continue
        if not is_free(taken, span):
            continue
        if _fits_context(candidate, text, reading.given, reading.language):
            take(taken, span)
            found.append(_full(candidate))
        else:
            refused.add((candidate.field, candidate.end))
    # What says of a full name that it is another's says it of the surname in it.
    surnames = [one for one in surnames if (one.field, one.end) not in refused]
    people = _people(found)
    spans = short_spans(reading, short_names(reading, found, people), people, surnames)
    found += short_mentions(reading, taken, spans, people, found)
    return sorted(found, key=lambda entry: place(entry.field, entry.start))


def _is_word(candidate: Candidate, reading: Reading) -> bool:
    """Whether the one name by which a person goes may be a word."""
    return (
        candidate.entity.type == "PER"
        and " " not in candidate.written
        and is_homonym(reading.original(candidate.field), candidate.start, candidate.end, reading.language)
    )


def _is_within(candidate: Candidate, longer: Mapping[tuple[Field, int], int]) -> bool:
    """Whether a place is but the beginning of a surname in a script without spaces: `佩斯` in `佩斯科夫`."""
    return (
        candidate.entity.type == "LOC"
        and candidate.figure is None
        and has_unspaced(candidate.written)
        and longer.get((candidate.field, candidate.start), 0) > candidate.end
    )


def _rank(candidate: Candidate) -> tuple[int, bool, int, int, int]:
    return (
        candidate.start - candidate.end,
        candidate.figure is None,
        _ORDER[candidate.entity.type],
        candidate.kind,
        candidate.start,
    )


def _fits_context(candidate: Candidate, text: str, given: frozenset[str], language: str) -> bool:
    if candidate.entity.type == "PER":
        return not (
            is_facility(text, candidate.start, candidate.end)
            or goes_on(text, candidate.end, language)
            or _is_first_word(candidate, text, language)
            or (
                is_public(candidate.entity)
                and (has_profession(text, candidate.start) or is_introduced(text, candidate.start, candidate.end))
            )
        )
    if candidate.entity.type != "LOC" or candidate.figure is not None:
        return True
    if names_language(text, candidate.start):
        return False
    single = " " not in candidate.written
    before = word_before(text, candidate.start) if single else ""
    # `George Washington` is no city.
    return not (before and before[0].isupper() and before.casefold() in given)


def _is_first_word(candidate: Candidate, text: str, language: str) -> bool:
    """Whether a name is the beginning of another's: `Megawati Hangestri`, and `Tô Lâm Anh` in Vietnamese."""
    goes_by_one = " " not in candidate.written and text[candidate.start].isupper()
    vietnamese = language == "vi" and candidate.entity.country == "VN"
    if not (goes_by_one or vietnamese):
        return False
    return follows_on(text, candidate.end, title_case=False) and not is_title_case(text, language)


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


def _people(found: Iterable[Found]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for entry in sorted(found, key=lambda entry: place(entry.field, entry.start)):
        if entry.entity.type == "PER":
            person = Person(entry.entity, entry.figure, place(entry.field, entry.start))
            people.setdefault(person.id, person)
    return people
