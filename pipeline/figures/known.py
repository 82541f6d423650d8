"""A figure out of what a user says and the knowledge base knows."""

from collections.abc import Iterable

import msgspec

from pipeline.figures.ambiguity import ambiguous_names
from pipeline.figures.live import local_id
from pipeline.knowledge import find_figure
from schemas.alert import Figure, FigureKind

KINDS: dict[str, FigureKind] = {"PER": "person", "ORG": "organisation", "LOC": "place"}


def make_figure(
    name: str, aliases: tuple[str, ...] = (), kind: FigureKind | None = None, figure_id: str | None = None
) -> Figure:
    """The figure of that name: id, kind and spellings from the knowledge base where it knows the name.

    Of what the user names, names that are many people's are marked as ambiguous.
    """
    entity = find_figure(name)
    if entity is None:
        kind = kind or "person"
        spellings = tuple(dict.fromkeys(alias for alias in aliases if alias != name))
        ambiguous = ambiguous_names(kind, (name, *spellings))
        return Figure(id=figure_id or local_id(name), name=name, kind=kind, aliases=spellings, ambiguous=ambiguous)
    spellings = tuple(spelling for spelling in dict.fromkeys((*aliases, *entity.aliases)) if spelling != entity.name)
    kind = kind or KINDS[entity.type]
    ambiguous = ambiguous_names(kind, (alias for alias in aliases if alias not in entity.surnames))
    return Figure(id=figure_id or entity.id, name=entity.name, kind=kind, aliases=spellings, ambiguous=ambiguous)


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a figure: what to put in, and what to take out."""

    name: str | None = None
    alert: bool | None = None
    aliases: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


_LISTS = ("aliases", "groups", "context", "ambiguous", "must_match", "must_not_match")


def edited(figure: Figure, edit: Edit) -> Figure:
    """The figure with an edit. `without` takes a value out of every list in which it is."""
    changes: dict[str, object] = {}
    for field in _LISTS:
        values = dict.fromkeys((*getattr(figure, field), *getattr(edit, field)))
        changes[field] = tuple(value for value in values if value not in edit.without)
    if edit.name:
        changes["name"] = edit.name
        changes["aliases"] = _others(edit.name, (figure.name, *figure.aliases, *edit.aliases), edit.without)
    # A new alias that is many people's asks for context, unless the user took that out by name.
    new = ambiguous_names(figure.kind, (alias for alias in edit.aliases if alias not in edit.without))
    changes["ambiguous"] = tuple(dict.fromkeys((*tuple(changes["ambiguous"]), *new)))  # type: ignore[arg-type]
    if edit.alert is not None:
        changes["alert"] = edit.alert
    return msgspec.structs.replace(figure, **changes)


def _others(name: str, names: Iterable[str], without: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(names) if one != name and one not in without)
