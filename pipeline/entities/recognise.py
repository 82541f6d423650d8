"""Whom and what an item names.

title, summary, body ─┬─► folded ─┬─► tracked figures ──┐
                      │           └─► all that is known ┴─► boundaries, capitals ─► the longest of each overlap
                      │                         ─► surnames and short forms of those named in full ─┐
                      └─► the tagger, which is told where known names stand: what else is a name ───┴─► one answer
                                                                            ─► mentions, by field and place
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from pipeline.entities.agree import combine, with_outlet
from pipeline.entities.automaton import Automaton, empty
from pipeline.entities.context import common_given_names, titles
from pipeline.entities.found import Candidate, Found, Reading
from pipeline.entities.layers import Layer, are_many, layer_of
from pipeline.entities.names import Kind, Name, names_of
from pipeline.entities.normalise import Normal, folded, normalise
from pipeline.entities.resolve import resolve
from pipeline.entities.shorts import HIT_LIMIT
from pipeline.entities.spellings import spellings
from pipeline.entities.surnames import Surnames
from pipeline.entities.tagger.own import NO_MODELS, OwnModels
from pipeline.entities.tagger.tag import Known, Tagger
from pipeline.knowledge import Entity
from schemas.alert import Figure
from schemas.document import EntityType, Field, Mention
from schemas.item import Item

MENTION_LIMIT: Final = 1_000
_FIELDS: Final[tuple[Field, ...]] = ("title", "summary", "body")
# Of more figures at once only the names given are looked for, since spellings are thirty times as many.
_MOST_SPELLED: Final = 20_000
# Of so few figures all are built anew at each change; of more, when this share of them has changed (one in twenty).
_FEW: Final = 500
_SHARE: Final = 20
_NONE: Final[frozenset[int]] = frozenset()
_TYPES: Final[dict[str, EntityType]] = {"person": "PER", "organisation": "ORG", "place": "LOC"}


class _Tagging(threading.local):
    """A tagger for each thread, made when it is first asked."""

    def __init__(self) -> None:
        self.tagger = Tagger()


@dataclass(frozen=True, slots=True)
class _Live:
    """What is tracked at one moment. Replaced as a whole, never changed.

    `changes` are figures that came or changed since `base` was built, whose numbers in it, `stale`, count no more.
    """

    base: Layer
    changes: Layer
    stale: frozenset[int]
    # Number of a known entity to the figure that is the same.
    same: dict[int, Entity]


class Recogniser:
    """Finds known names in items. Any number of threads may ask while others track and untrack.

    A figure is found from the moment that `track` returns. Where a figure shares a name with a known entity of its
    kind, that entity's mentions carry the figure's id; of figures that share a name, the lowest id is meant. Of many
    figures only those that change are built anew, into a small second automaton, until they are a twentieth of all:
    then all are, beside what goes on meanwhile where their names are many. `cache` is where those are kept.
    """

    def __init__(
        self,
        knowledge: Iterable[Entity],
        cache: Path | None = None,
        *,
        tagger: bool = True,
        own: OwnModels = NO_MODELS,
    ) -> None:
        """`tagger` false: known names only; `own` stands in for it in the languages that it has."""
        self._own = own
        self._cache = cache
        self._renewing: threading.Thread | None = None
        self._known = tuple(knowledge)
        self._surnames = Surnames(self._known)
        distinctive = (Name(written, number, Kind.UNCOMMON) for number, written in self._surnames.distinctive())
        self._automaton = Automaton(chain(names_of(self._known), distinctive))
        self._numbers = _numbers(self._known)
        self._given = _given_names(self._known) | common_given_names()
        self._tracked: dict[str, tuple[Entity, tuple[int, ...]]] = {}
        self._lock = threading.Lock()
        self._numbered: dict[str, int] = {}
        self._changed: set[str] = set()
        none = Layer((), empty())
        self._live = _Live(none, none, frozenset(), {})
        self._tagging = _Tagging() if tagger else None

    def track(self, figure: Figure) -> None:
        """Look for a figure too, or for its new names where it is tracked already."""
        self.track_all((figure,))

    def track_all(self, figures: Iterable[Figure]) -> None:
        """Track many figures at the cost of one change."""
        listed = tuple(figures)
        spelled = len(listed) <= _MOST_SPELLED
        entities = [_as_entity(figure, spelled=spelled) for figure in listed]
        with self._lock:
            for figure, entity in zip(listed, entities, strict=True):
                same = self._same_as(figure)
                if spelled and entity.type == "PER":
                    uncommon, titled = self._surnames.tracked(entity, same)
                    # What is known of a role tells a namesake; of a figure alone nothing is.
                    known = next((self._known[number] for number in same), entity)
                    more = {"role": known.role, "country": known.country}
                    self._tracked[figure.id] = (replace(entity, uncommon=uncommon, titled=titled, **more), same)
                else:
                    self._tracked[figure.id] = (entity, same)
            self._replace({figure.id for figure in listed})

    def untrack(self, figure_id: str) -> None:
        """Look for a figure no more; nothing happens where it is not tracked."""
        with self._lock:
            if self._tracked.pop(figure_id, None) is not None:
                self._replace({figure_id})

    @property
    def is_renewing(self) -> bool:
        """Whether all that is tracked is being built anew beside what goes on."""
        return self._renewing is not None

    def mentions(self, item: Item, language: str) -> tuple[Mention, ...]:
        """All mentions in title, summary and body, in that order and by place, at most 1,000.

        `language` (BCP 47) decides on clitics, case forms and names that count in some languages only.
        """
        live = self._live
        texts: dict[Field, Normal] = {}
        for field in _FIELDS:
            text = getattr(item, field)
            if text:
                texts[field] = normalise(text)
        found = {field: list(self._candidates(live, field, text, language)) for field, text in texts.items()}
        reading = Reading(texts, language, self._given)
        chosen = resolve(reading, [candidate for field in found for candidate in found[field]])
        if self._tagging is not None:
            own = self._own.have(language)
            originals = [text.original for text in texts.values()]
            if own:
                tagged = self._own.tag_all(originals, language)
            else:
                tagged = self._tagging.tagger.tag_all(originals, language, [_spans(found[field]) for field in texts])
            chosen = combine(reading, chosen, dict(zip(texts, tagged, strict=True)), own=own)
            chosen = with_outlet(reading, chosen, (item.source_name or "", item.source))
        return tuple(_mention(entry, texts[entry.field].original) for entry in chosen[:MENTION_LIMIT])

    def known_spans(self, text: str, language: str) -> list[Known]:
        """Where known names stand in a text, overlapping ones included: what the tagger is told of them."""
        return _spans(self._candidates(self._live, "body", normalise(text), language))

    def _candidates(self, live: _Live, field: Field, text: Normal, language: str) -> Iterator[Candidate]:
        room = HIT_LIMIT
        for automaton, entities, tracked, stale in (
            (live.changes.automaton, live.changes.figures, True, _NONE),
            (live.base.automaton, live.base.figures, True, live.stale),
            (self._automaton, self._known, False, _NONE),
        ):
            for hit in automaton.find(text, language):
                names = tuple(name for name in hit.names if name.owner not in stale) if stale else hit.names
                if not names:
                    continue
                best = names[0] if len(names) == 1 else min(names, key=_likelihood)
                number = best.owner
                figure = entities[number] if tracked else live.same.get(number)
                rivals = len({name.owner for name in names if name.kind <= best.kind}) - 1 if len(names) > 1 else 0
                yield Candidate(field, hit.start, hit.end, entities[number], figure, best.kind, best.written, rivals)
                room -= 1
                if not room:
                    return

    def _same_as(self, figure: Figure) -> tuple[int, ...]:
        """The numbers of known entities that a figure is: same id, or same kind and a full name in common."""
        numbers = {
            number
            for name in (figure.name, *figure.aliases)
            for number in self._numbers.get(folded(name), ())
            if self._known[number].type == _TYPES[figure.kind]
        }
        numbers.update(self._numbers.get(figure.id, ()))
        return tuple(sorted(numbers))

    def _replace(self, changed: set[str]) -> None:
        """Build what changed, or all that is tracked, and put it in the place of the old; the caller holds the lock."""
        self._changed |= changed
        base = self._live.base
        if len(self._tracked) <= _FEW or len(self._changed) * _SHARE > len(base.figures):
            if are_many(base.figures) and not are_many(self._tracked[key][0] for key in changed & self._tracked.keys()):
                self._renew()
            else:
                self._rebase(layer_of(self._all(), self._cache), set())
                return
        self._put(base)

    def _renew(self) -> None:
        """Build all anew in a thread and a process of their own, unless one is at it; changes are live meanwhile."""
        if self._renewing is not None:
            return
        figures = self._all()

        def build() -> None:
            try:
                layer = layer_of(figures, self._cache)
                with self._lock:
                    now = {figure.id: figure for figure in self._all()}
                    same = {figure.id for figure in figures if now.get(figure.id) is figure}
                    gone = {figure.id for figure in figures} - now.keys()
                    self._rebase(layer, (now.keys() - same) | gone)
            finally:
                self._renewing = None

        self._renewing = threading.Thread(target=build, name="names", daemon=True)
        self._renewing.start()

    def _all(self) -> tuple[Entity, ...]:
        return tuple(self._tracked[key][0] for key in sorted(self._tracked))

    def _rebase(self, base: Layer, changed: set[str]) -> None:
        """Go on with this base, from which these differ; the caller holds the lock."""
        self._changed = changed
        self._numbered = {figure.id: number for number, figure in enumerate(base.figures)}
        self._put(base)

    def _put(self, base: Layer) -> None:
        same: dict[int, Entity] = {}
        for key in sorted(key for key, (_, numbers) in self._tracked.items() if numbers):
            entity, numbers = self._tracked[key]
            for number in numbers:
                same.setdefault(number, entity)
        changed_now = (self._tracked[key][0] for key in sorted(self._changed) if key in self._tracked)
        changes = layer_of(changed_now, self._cache)
        stale = frozenset(self._numbered[key] for key in self._changed if key in self._numbered)
        self._live = _Live(base, changes, stale, same)


def _spans(candidates: Iterable[Candidate]) -> list[Known]:
    # Tracked figures tell the tagger nothing: it was trained without them.
    return [
        Known(found.start, found.end, found.entity.type + ("s" if found.kind >= Kind.SURNAME else ""))
        for found in candidates
        if found.figure is None or found.entity is not found.figure
    ]


def _as_entity(figure: Figure, *, spelled: bool) -> Entity:
    """The figure as an entity; a person of whom only the name is known gets the spellings that follow from it."""
    aliases = figure.aliases
    if spelled and not aliases and figure.kind == "person":
        aliases = spellings(figure.name)
    return Entity(id=figure.id, type=_TYPES[figure.kind], name=figure.name, aliases=aliases, confidence=0.97)


def _likelihood(name: Name) -> tuple[int, int]:
    return name.kind, name.owner


def _numbers(known: tuple[Entity, ...]) -> dict[str, tuple[int, ...]]:
    """The numbers of the entities with each id, and of the people and organisations with each full name."""
    found: dict[str, tuple[int, ...]] = {}
    for number, entity in enumerate(known):
        found[entity.id] = (number,)
        names = (entity.name,) if entity.type == "LOC" else (entity.name, *entity.aliases)
        for key in {folded(name) for name in names}:
            found[key] = (*found.get(key, ()), number)
    return found


def _given_names(known: tuple[Entity, ...]) -> frozenset[str]:
    """First words of the names of people who are known, case-folded, as far as they are first names."""
    return (
        frozenset(
            words[0].casefold()
            for entity in known
            if entity.type == "PER" and entity.country not in {"KP", "KR", "CN", "TW", "HK"}
            for name in (entity.name, *entity.aliases)
            if len(words := name.split()) > 1 and len(words[0]) > 2  # noqa: PLR2004
        )
        - titles()
    )


def _mention(found: Found, text: str) -> Mention:
    return Mention(
        text=text[found.start : found.end],
        type=found.entity.type,
        start=found.start,
        end=found.end,
        field=found.field,
        entity_id=found.figure.id if found.figure else found.entity.id,
        name=found.figure.name if found.figure else found.entity.name,
        confidence=round(found.confidence, 3),
        why=found.why,
    )
