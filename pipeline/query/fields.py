"""What may stand before a colon. The documentation and the web page's help are made from this table."""

import difflib
from typing import Literal

import msgspec

Meaning = Literal["title", "entity", "value", "since", "until", "day", "near"]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its name, its other names, the node that it makes, and what to say of it."""

    name: str
    others: tuple[str, ...] = ()
    meaning: Meaning
    target: str = ""
    example: str
    what: str


FIELDS = (
    Field(name="title", meaning="title", example='title:"state visit"', what="words or a phrase in the title"),
    Field(name="figure", meaning="entity", target="figure", example="figure:Putin",
          what="someone or something that is tracked or known, by any alias in any script, or by id"),
    Field(name="person", others=("people", "per"), meaning="entity", target="person", example='person:"Kim Jong Un"',
          what="a person who is mentioned"),
    Field(name="org", others=("organisation", "organization"), meaning="entity", target="organisation",
          example="org:NATO", what="an organisation that is mentioned"),
    Field(name="place", others=("loc", "location"), meaning="entity", target="place", example="place:Jakarta",
          what="a place that is mentioned"),
    Field(name="near", meaning="near", example='near:"Kuala Lumpur,100km"',
          what="a place within a distance (50 km without one); a name, or degrees as in near:3.1,101.7,100km"),
    Field(name="lang", others=("language",), meaning="value", target="language", example="lang:id",
          what="the language of the item, by its code or its name"),
    Field(name="source", meaning="value", target="source", example="source:harbour-post",
          what="the source's id or name, or the host of the item's address"),
    Field(name="country", meaning="value", target="country", example="country:ID",
          what="the country of the source, two letters"),
    Field(name="topic", others=("category",), meaning="value", target="topic", example="topic:economy",
          what="a category that the feed gives"),
    Field(name="story", meaning="value", target="story", example="story:s-5e0ce5dfc3f17064", what="a story's id"),
    Field(name="event", meaning="value", target="event", example="event:s-5e0ce5dfc3f17064",
          what="an event's id, that of its first story: finds its stories in all languages"),
    Field(name="id", meaning="value", target="id", example="id:5e0ce5dfc3f170644dd73f889bcf0e03", what="an item's id"),
    Field(name="after", others=("since",), meaning="since", example="after:2026-03-01",
          what="published then or later; a date, or how long ago, as in after:7d"),
    Field(name="before", others=("until",), meaning="until", example="before:2026-04",
          what="published earlier than the beginning of it; a date, or longer ago than, as in before:24h"),
    Field(name="day", others=("date", "on"), meaning="day", example="day:2026-03-01",
          what="published on that day, or in that month or year"),
)  # fmt: skip

_BY_NAME = {name: field for field in FIELDS for name in (field.name, *field.others)}


def field_named(name: str) -> Field | None:
    """The field of that name or other name, in letters of any case."""
    return _BY_NAME.get(name.lower())


def near_field(name: str) -> str | None:
    """The field that was probably meant by a name that is none."""
    if not name.isascii() or not name.isalpha():
        return None
    found = difflib.get_close_matches(name.lower(), _BY_NAME, n=1, cutoff=0.75)
    return _BY_NAME[found[0]].name if found else None
