"""What a loader makes of a model, and what models call the three kinds."""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.entities.tagger.tag import Tagged
from schemas.document import EntityType

# From a text to the names in it, in order, none overlapping another.
Find = Callable[[str], list[Tagged]]

# Without regard to case. Places that people made, and states, are places. All else is left out.
_KINDS: Final[Mapping[str, EntityType]] = {
    "PER": "PER", "PERSON": "PER", "PERS": "PER", "PS": "PER", "PERSNAME": "PER",
    "ORG": "ORG", "ORGANIZATION": "ORG", "ORGANISATION": "ORG", "ORGNAME": "ORG", "OG": "ORG",
    "LOC": "LOC", "LOCATION": "LOC", "GPE": "LOC", "FAC": "LOC", "PLACENAME": "LOC", "GEOGNAME": "LOC", "LC": "LOC",
}  # fmt: skip


def kind_of(label: str) -> EntityType | None:
    """The kind that a model's label without its prefix means, or None where Kabar has no such kind."""
    return _KINDS.get(label.upper())
