"""One known person, organisation or place, and all names under which the news knows it."""

import msgspec

from schemas.document import EntityType


class Limited(msgspec.Struct, frozen=True, array_like=True):
    """A name that counts only in texts of some languages: `AS` is the United States in Indonesian, not in Norwegian."""

    name: str
    languages: tuple[str, ...]


class Entity(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What is known of one entity.

    `id` is a Wikidata QID, `iso3166:XX`, `geonames:N`, or `kabar:slug` where no public id is certain. `name` is
    English, for readers. `aliases` are further full names in any script. `surnames` stand for a person in the news even
    without the first name (`Putin`), and may be wrong where a namesake is meant; `uncommon` ones do so with more
    reserve, `titled` ones only beside the word for an office (`President Marcos`). `limited` names count in some
    languages only. `country` is ISO 3166-1 alpha-2. `latitude` and `longitude` are WGS 84 degrees of places.
    `confidence` is how likely a bare match of a name is right, before any context.
    """

    id: str
    type: EntityType
    name: str
    aliases: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    limited: tuple[Limited, ...] = ()
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    role: str = ""
    confidence: float = 0.95
    uncommon: tuple[str, ...] = ()
    titled: tuple[str, ...] = ()


class Knowledge(msgspec.Struct, frozen=True, array_like=True):
    """All entities, the most prominent first: of two that share a name, the earlier one is meant."""

    entities: tuple[Entity, ...]
