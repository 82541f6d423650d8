"""Names to the ids of those who have them: the knowledge base, and whoever is tracked.

This is how a name typed in one script finds mentions in another: `Путин` is an alias of Q7747, and so is `プーチン`.

A query has no language. So names that count in texts of some languages alone (`東京`, `Финляндия`) count where no other
name is the same: always in a field such as `place:`, and among words where few words of a language look alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from pipeline.entities.normalise import folded
from pipeline.knowledge import load
from pipeline.search.scripts import OTHER as LATIN
from pipeline.search.scripts import script_of
from schemas.alert import Figure
from schemas.document import EntityType

MOST_WORDS: Final = 6
# Shorter Latin names that count in some languages alone are words of others too often (`VS`, `Nga`, `Siri`).
SHORTEST_LATIN: Final = 5
# What English puts after a name, which is none of it.
POSSESSIVES: Final = ("'s", "’s")
TYPES: Final[dict[str, EntityType]] = {"person": "PER", "organisation": "ORG", "place": "LOC"}


class Known(msgspec.Struct, frozen=True):
    """Who has a name: an entity's id and its type."""

    id: str
    type: EntityType


class Span(msgspec.Struct, frozen=True):
    """Words from `start` up to `end` that are a name, and the ids of those who have it."""

    start: int
    end: int
    ids: tuple[str, ...]


class Names:
    """Looks names up; `figures` are those tracked, by id."""

    def __init__(self, figures: Mapping[str, Figure] | None = None) -> None:
        self.figures = dict(figures or {})
        self._tracked = _index(
            (Known(figure.id, TYPES[figure.kind]), (figure.name, *figure.aliases)) for figure in self.figures.values()
        )

    def ids(self, name: str, type_: EntityType | None = None) -> tuple[str, ...]:
        """The ids of those who have a name or are it themselves, of a type or of any."""
        if name in self.figures or name in _types():
            return (name,)
        return self._ids(folded(name), type_) or _of_type(_limited().get(folded(name), ()), type_)

    def spans(self, words: Sequence[str]) -> list[Span]:
        """The names among words that stand in this order; the longest first, none overlapping."""
        keys = [folded(word) for word in words]
        plain = [folded(word[:-2]) if word.lower().endswith(POSSESSIVES) else "" for word in words]
        found: list[Span] = []
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + MOST_WORDS), start, -1):
                ids = self._among_words(keys[start:end])
                if not ids and plain[end - 1]:
                    ids = self._among_words([*keys[start : end - 1], plain[end - 1]])
                if ids:
                    found.append(Span(start, end, ids))
                    start = end - 1
                    break
            start += 1
        return found

    def _among_words(self, keys: Sequence[str]) -> tuple[str, ...]:
        key = " ".join(keys)
        ids = self._ids(key, None)
        if ids or (script_of(key) == LATIN and len(key) < SHORTEST_LATIN):
            return ids
        return _of_type(_limited().get(key, ()), None)

    def _ids(self, key: str, type_: EntityType | None) -> tuple[str, ...]:
        return _of_type((*self._tracked.get(key, ()), *_known().get(key, ())), type_)


def _of_type(known: Iterable[Known], type_: EntityType | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entity.id for entity in known if type_ in {None, entity.type}))


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[Known, ...]]:
    return _index(
        (Known(entity.id, entity.type), (entity.name, *entity.aliases, *entity.surnames)) for entity in load().entities
    )


@lru_cache(maxsize=1)
def _limited() -> dict[str, tuple[Known, ...]]:
    """The names that count in texts of some languages alone."""
    return _index((Known(entity.id, entity.type), (name.name for name in entity.limited)) for entity in load().entities)


@lru_cache(maxsize=1)
def _types() -> dict[str, EntityType]:
    return {entity.id: entity.type for entity in load().entities}


def _index(entities: Iterable[tuple[Known, Iterable[str]]]) -> dict[str, tuple[Known, ...]]:
    found: dict[str, tuple[Known, ...]] = {}
    for known, names in entities:
        for name in {folded(name) for name in names}:
            # The knowledge base has the most prominent first; two are enough to be fair to namesakes.
            found[name] = (*found.get(name, ()), known)[:2]
    return found
