"""A query of the search box, asked of one item in memory: `pipeline.query.ast` says what each node means."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

from yarl import URL

from pipeline.knowledge import find_figure
from pipeline.query.ast import And, Dated, Everything, Named, Near, Node, Not, Or, Text, Value
from pipeline.query.places import kilometres_between, place_named, place_of
from pipeline.rules.facts import FIELDS, Excerpt, Facts, fold
from pipeline.rules.words import Words, needs, span_of
from schemas.document import EntityType, Field, dated

_TYPES: Mapping[str, EntityType] = {"person": "PER", "organisation": "ORG", "place": "LOC"}
# What a key of each kind is worth as the one that all candidates must have: few items have a certain name, many a
# language.
_COMMON = {
    "language": 1000, "country": 300, "topic": 100, "source": 20, "word": 10, "name": 3, "event": 2, "id": 1,
    "story": 1,
}  # fmt: skip
WORD, STEM = "word", "stem-"
Key = tuple[str, str]
Anchor = frozenset[Key]


class Asked:
    """An item as queries ask of it; words and stems are made once, and only where some rule asks for words."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.language = facts.enriched.language
        self._words: dict[Field, Words] = {}

    def words(self, field: Field) -> Words:
        """The words of a field."""
        found = self._words.get(field)
        if found is None:
            found = self._words[field] = Words(getattr(self.facts.item, field), self.language)
        return found

    def wanted(self, text: str) -> Words:
        """The words of a query, as they are in the language of the item."""
        return _wanted(text, self.language)

    def keys(self, kind: str) -> set[str]:
        """The keys of a kind, but words and stems, by which rules that may hold are found."""
        return _KEYS[kind](self.facts) if kind in _KEYS else set()

    def pieces(self) -> set[str]:
        """What stands between spaces in any of the texts: words and stems are found in these (`rules.pieces`)."""
        return set().union(*(getattr(self.facts.item, field).split() for field in FIELDS))


_KEYS: Mapping[str, Callable[[Facts], set[str]]] = {
    "name": lambda facts: set(facts.keys),
    "named": lambda facts: {part for m in facts.enriched.mentions for part in fold(m.name).split()},
    "source": lambda facts: set(sources(facts)),
    "language": lambda facts: set(facts.languages),
    "country": lambda facts: {(facts.item.source_country or "").lower()},
    "topic": lambda facts: {fold(name) for name in facts.item.categories},
    "id": lambda facts: {facts.item.id.lower()},
    "story": lambda facts: {facts.document.placement.story_id.lower()},
    "event": lambda facts: {facts.document.placement.event.lower()},
}


@lru_cache(maxsize=65_536)
def _wanted(text: str, language: str) -> Words:
    return Words(text, language)


def holds(node: Node, asked: Asked, now: datetime) -> bool:  # noqa: PLR0911 - one line a kind of node
    """Whether a query holds for an item."""
    match node:
        case Everything():
            return True
        case And(parts):
            return all(holds(part, asked, now) for part in parts)
        case Or(parts):
            return any(holds(part, asked, now) for part in parts)
        case Not(part):
            return not holds(part, asked, now)
        case Text():
            return _text(node, asked)
        case Named():
            return _named(node, asked.facts)
        case Value():
            return _value(node, asked.facts)
        case Dated():
            return _dated(node, asked.facts, now)
        case Near():
            return _near(node, asked.facts)


def anchor(node: Node) -> Anchor | None:  # noqa: PLR0911 - one line a kind of node
    """Keys of which every item that the query holds for has at least one; None where nothing can be said."""
    match node:
        case And(parts):
            known = [found for part in parts if (found := anchor(part)) is not None]
            return min(known, key=_cost) if known else None
        case Or(parts):
            alternatives = [anchor(part) for part in parts]
            some = [one for one in alternatives if one is not None]
            return frozenset(key for one in some for key in one) if len(some) == len(alternatives) else None
        case Text():
            needed = needs(node.text)
            if needed is None:
                return None
            word, by_language = needed
            ids = () if node.phrase or node.title_only else _ids(node.text, "figure")
            stems = {(f"{STEM}{language}", stem) for language, stem in by_language.items()}
            return frozenset({(WORD, word), *stems, *(("name", number) for number in ids)})
        case Named():
            return _named_anchor(node)
        case Value():
            return frozenset(
                {(node.field, fold(node.value) if node.field in {"topic", "source"} else node.value.lower())}
            )
        case _:
            return None


def _cost(keys: Anchor) -> tuple[int, int]:
    """How often an item is likely to have one of these; of words alike, a short one is the commoner."""
    shortest = min((len(key) for kind, key in keys if kind == WORD), default=0)
    return sum(_COMMON.get(kind, 0) for kind, _ in keys), -shortest


def where(node: Node, asked: Asked) -> tuple[Field, Excerpt] | None:
    """The first place that shows why a query holds: a word or a name of it; None where it shows nowhere."""
    match node:
        case And(parts) | Or(parts):
            return next((found for part in parts if (found := where(part, asked)) is not None), None)
        case Text():
            return _place_of_words(node, asked)
        case Named():
            for mention in asked.facts.enriched.mentions:
                if _is_named(node, mention.entity_id, mention.name, mention.type):
                    return mention.field, asked.facts.excerpt(mention.field, mention.start, mention.end)
            return None
        case _:
            return None


def _text(node: Text, asked: Asked) -> bool:
    wanted = asked.wanted(node.text)
    fields: tuple[Field, ...] = ("title",) if node.title_only else ("title", "summary", "body")
    if any(asked.words(field).has(wanted) for field in fields):
        return True
    if node.phrase or node.title_only:
        return False
    return any(number in asked.facts.keys for number in _ids(node.text, "figure"))


def _place_of_words(node: Text, asked: Asked) -> tuple[Field, Excerpt] | None:
    wanted = asked.wanted(node.text)
    fields: tuple[Field, ...] = ("title",) if node.title_only else ("title", "summary", "body")
    for field in fields:
        place = asked.words(field).find(wanted)
        if place is not None:
            start, end = span_of(getattr(asked.facts.item, field), place, wanted)
            return field, asked.facts.excerpt(field, start, end)
    return None


def _named(node: Named, facts: Facts) -> bool:
    return any(_is_named(node, m.entity_id, m.name, m.type) for m in facts.enriched.mentions)


def _is_named(node: Named, number: str, name: str, kind: EntityType) -> bool:
    if node.field != "figure" and kind != _TYPES[node.field]:
        return False
    if number == node.name or fold(name) == fold(node.name):
        return True
    ids = _ids(node.name, node.field)
    if ids:
        return number in ids
    return f" {fold(node.name)} " in f" {fold(name)} "


@lru_cache(maxsize=65_536)
def _ids(name: str, field: str) -> tuple[str, ...]:
    """The known entities of a name or alias."""
    entity = find_figure(name)
    found = [entity.id] if entity and field in {"figure", *(f for f, t in _TYPES.items() if t == entity.type)} else []
    place = place_named(name) if field == "place" else None
    return tuple(dict.fromkeys((*found, *([place.id] if place else ()))))


def _named_anchor(node: Named) -> Anchor:
    ids = _ids(node.name, node.field)
    exact = {("name", node.name), ("name", fold(node.name)), *(("name", number) for number in ids)}
    if ids:
        return frozenset(exact)
    words = fold(node.name).split()
    return frozenset(exact | ({("named", max(words, key=len))} if words else set()))


def sources(facts: Facts) -> frozenset[str]:
    """Id, name and host of the outlet, folded."""
    host = _host(facts.item.url) if facts.item.url else None
    return facts.sources | ({fold(host), fold(host.removeprefix("www."))} if host else frozenset())


def _host(url: str) -> str | None:
    # A site's addresses differ from the path on.
    return _host_of("/".join(url.split("/", 3)[:3]))


@lru_cache(maxsize=16_384)
def _host_of(site: str) -> str | None:
    return URL(site).host


def _value(node: Value, facts: Facts) -> bool:
    wanted = node.value.lower()
    match node.field:
        case "language":
            code = facts.enriched.language.lower()
            return code == wanted or code.startswith(f"{wanted}-")
        case "source":
            return fold(node.value) in sources(facts)
        case "topic":
            return fold(node.value) in {fold(name) for name in facts.item.categories}
        case "country" | "story" | "event" | "id":
            return wanted in _KEYS[node.field](facts)


def _dated(node: Dated, facts: Facts, now: datetime) -> bool:
    date = dated(facts.enriched)
    return (node.since is None or node.since.resolve(now) <= date) and (
        node.until is None or date < node.until.resolve(now)
    )


def _near(node: Near, facts: Facts) -> bool:
    named = (place_of(mention.entity_id) for mention in facts.enriched.mentions if mention.type == "LOC")
    points = (*facts.item.coordinates, *((place.latitude, place.longitude) for place in named if place is not None))
    return any(kilometres_between((node.latitude, node.longitude), point) <= node.kilometres for point in points)
