"""Recognisers of everything known in which people are tracked, and whom of them a text names."""

from collections.abc import Collection, Iterable
from functools import cache

from pipeline.entities import Recogniser
from pipeline.figures.known import make_figure
from pipeline.knowledge import load
from schemas.alert import Figure
from schemas.codec import now
from schemas.item import Item


def tracking(names: Iterable[str]) -> Recogniser:
    """One that tracks these."""
    made = Recogniser(load().entities)
    made.track_all(map(make_figure, names))
    return made


@cache
def everyone() -> Recogniser:
    """One that tracks everybody who is known."""
    made = Recogniser(load().entities)
    people = (entity for entity in load().entities if entity.type == "PER")
    made.track_all(Figure(id=person.id, name=person.name, aliases=person.aliases) for person in people)
    return made


def named(recogniser: Recogniser, text: str, language: str, among: Collection[str]) -> set[str]:
    """The people whom a text names, of these."""
    item = Item(id="1", source="s", fetched_at=now(), body=text)
    return {mention.name for mention in recogniser.mentions(item, language)} & set(among)
