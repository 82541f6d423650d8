"""Figures that are looked for together: few by an automaton, many by a lexicon."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.entities.automaton import Automaton
from pipeline.entities.lexicon import Lexicon
from pipeline.entities.names import names_of
from pipeline.entities.stored import lexicon_of
from pipeline.knowledge import Entity

# So many names are no automaton any more but a lexicon, made by a process of its own and kept in a file.
MANY = 50_000


@dataclass(frozen=True, slots=True)
class Layer:
    """Figures and what finds their names."""

    figures: tuple[Entity, ...]
    automaton: Automaton | Lexicon


def are_many(figures: Iterable[Entity]) -> bool:
    """Whether figures have too many names for an automaton."""
    return sum(1 + len(figure.aliases) for figure in figures) > MANY


def layer_of(figures: Iterable[Entity], cache: Path | None) -> Layer:
    """The layer of these figures; `cache` is where lexicons are kept."""
    listed = tuple(figures)
    return Layer(listed, lexicon_of(listed, cache) if are_many(listed) else Automaton(names_of(listed)))
