"""Public lists: OpenSanctions, JRC-Names, Wikidata, EveryPolitician.

Sources of the formats: https://followthemoney.tech (an entity a line: id, schema, properties of lists),
https://www.opensanctions.org/docs/bulk/csv (`targets.simple.csv`: aliases separated by `;`),
https://data.jrc.ec.europa.eu/dataset/jrc-emm-jrc-names (id, P or O, language, name with `+` between its parts, a line a
spelling), https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html (an entity a line, with commas behind and
brackets around them in full dumps), http://www.popoloproject.com (EveryPolitician: persons with other_names).
"""

import csv
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from pipeline.importers.source import ImportProblem, Read, Source, clean_names
from schemas.alert import Figure, FigureKind


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SCHEMATA: Final[Mapping[str, FigureKind]] = {
    "Person": "person",
    **dict.fromkeys(("Organization", "Company", "LegalEntity", "PublicBody"), "organisation"),
}
_NAME_PROPERTIES: Final = ("name", "alias", "weakAlias", "previousName")
# Wikidata's classes: human; organisations of many kinds; what stands on a map.
_HUMAN: Final = "Q5"
_ORGANISATIONS: Final = _set("""
    Q43229 Q4830453 Q7278 Q783794 Q6881511 Q327333 Q163740 Q484652 Q245065 Q7210356 Q1530022 Q3918 Q891723 Q31855
    Q17149090 Q161726 Q22687 Q192350 Q2659904 Q1194093 Q41176
""")
_PLACES: Final = _set("Q515 Q6256 Q3624078 Q5119 Q486972 Q1549591 Q532 Q3957 Q35657 Q10864048 Q82794")
_COORDINATES: Final = "P625"
_JRC_COLUMNS: Final = 4


def read_ftm(source: Source, counts: Read) -> Iterator[Figure]:
    """FollowTheMoney entities: persons and organisations with all their names; weak aliases ask for context."""
    for entity in _objects(source, counts):
        kind = _SCHEMATA.get(str(entity.get("schema", "")))
        if kind is None:
            counts.skip(f"of schema {str(entity.get('schema', '?'))[:40]}")
            continue
        properties = entity.get("properties")
        if not isinstance(properties, Mapping):
            counts.skip("without properties")
            continue
        names = [name for key in _NAME_PROPERTIES for name in clean_names(properties.get(key, ()))]
        caption = clean_names(entity.get("caption", ""))
        yield from _made(
            counts, _wikidata_id(properties) or str(entity.get("id", "")), kind, [*caption, *names],
            ambiguous=clean_names(properties.get("weakAlias", ())),
            groups=clean_names(properties.get("topics", ())) + clean_names(entity.get("datasets", ())),
        )  # fmt: skip


def _wikidata_id(properties: Mapping[str, Any]) -> str | None:
    """A QID where the list has one, so that the figure is the one that the knowledge base knows."""
    found = properties.get("wikidataId")
    listed = found if isinstance(found, list) else [found]
    return next(
        (value for value in listed if isinstance(value, str) and value[:1] == "Q" and value[1:].isdigit()), None
    )


def read_targets(source: Source, counts: Read) -> Iterator[Figure]:
    """`targets.simple.csv` of OpenSanctions."""
    csv.field_size_limit(10_000_000)
    for row in csv.DictReader(source.text()):
        kind = _SCHEMATA.get(row.get("schema") or "")
        if kind is None:
            counts.skip(f"of schema {row.get('schema') or '?'}")
            continue
        names = [row.get("name") or "", *(row.get("aliases") or "").split(";")]
        groups = (row.get("dataset") or "").split(";")
        yield from _made(counts, row.get("id") or "", kind, clean_names(names), groups=clean_names(groups))


def read_jrc(source: Source, counts: Read) -> Iterator[Figure]:
    """JRC-Names: the lines of one id stand together, the first is the name; `+` stands between the parts of a name."""
    number, kind = "", ""
    names: list[str] = []
    for line in source.text():
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) < _JRC_COLUMNS or not cells[0].strip().isdigit():
            if line.strip() and not line.startswith("#"):
                counts.skip("line without four columns")
            continue
        if cells[0] != number:
            yield from _jrc(counts, number, kind, names)
            number, kind, names = cells[0], cells[1].strip().upper(), []
        names.append(cells[3].replace("+", " "))
    yield from _jrc(counts, number, kind, names)


def _jrc(counts: Read, number: str, kind: str, names: list[str]) -> Iterator[Figure]:
    if not number or number == "0":
        return
    if kind not in {"P", "O", "T"}:
        counts.skip(f"of type {kind or '?'}")
        return
    yield from _made(counts, f"jrc:{number}", "organisation" if kind == "O" else "person", clean_names(names))


def read_wikidata(source: Source, counts: Read) -> Iterator[Figure]:
    """Entities of a Wikidata dump: labels and aliases of every language; English, else the first label, is the name."""
    for entity in _objects(source, counts):
        labels, aliases = entity.get("labels"), entity.get("aliases")
        if not isinstance(labels, Mapping) or str(entity.get("id", ""))[:1] != "Q":
            counts.skip("no item with labels")
            continue
        kind = _wikidata_kind(entity.get("claims"))
        if kind is None:
            counts.skip("neither a human, an organisation nor a place")
            continue
        first = [labels[code] for code in ("en", "mul") if code in labels]
        values = [entry.get("value") for entry in (*first, *labels.values()) if isinstance(entry, Mapping)]
        if isinstance(aliases, Mapping):
            values += [e.get("value") for lot in aliases.values() if isinstance(lot, list) for e in lot
                       if isinstance(e, Mapping)]  # fmt: skip
        yield from _made(counts, str(entity["id"]), kind, clean_names(values))


def _wikidata_kind(claims: Any) -> FigureKind | None:  # noqa: ANN401 - whatever a dump has there
    if not isinstance(claims, Mapping):
        return "person"  # a dump without claims is one of people whom the user chose
    classes = set()
    for claim in claims.get("P31") or ():
        value = claim
        for step in ("mainsnak", "datavalue", "value", "id"):
            value = value.get(step) if isinstance(value, Mapping) else None
        classes.add(value)
    if _HUMAN in classes:
        return "person"
    if classes & _ORGANISATIONS:
        return "organisation"
    if classes & _PLACES or _COORDINATES in claims:
        return "place"
    return None


def read_everypolitician(source: Source, counts: Read) -> Iterator[Figure]:
    """Popolo JSON: persons with their other names; a Wikidata id where they have one. JSON lines of persons too."""
    whole = source.whole()
    try:
        plain = msgspec.json.decode(whole)
        persons = plain.get("persons") if isinstance(plain, Mapping) else plain
        persons = [plain] if persons is None else persons
    except msgspec.DecodeError:
        persons = list(_objects(source, counts))
    if not isinstance(persons, list):
        raise ImportProblem(f"{source.path} has no persons")
    for person in persons:
        if not isinstance(person, Mapping):
            counts.skip("person that is no object")
            continue
        names = [person.get("name"), person.get("sort_name") if "," not in str(person.get("sort_name")) else None]
        others = person.get("other_names")
        names += [other.get("name") for other in others or () if isinstance(other, Mapping)]
        identifiers = person.get("identifiers") or ()
        number = next((str(i.get("identifier")) for i in identifiers if isinstance(i, Mapping) and
                       i.get("scheme") == "wikidata"), str(person.get("id", "")))  # fmt: skip
        yield from _made(counts, number, "person", clean_names(names))


def _made(  # noqa: PLR0913 - a figure is put together here alone
    counts: Read,
    number: str,
    kind: FigureKind,
    names: list[str],
    *,
    ambiguous: list[str] | None = None,
    groups: list[str] | None = None,
) -> Iterator[Figure]:
    unique = list(dict.fromkeys(names))
    if not unique or not number:
        counts.skip("without a name or an id")
        return
    yield Figure(
        id=number,
        name=unique[0],
        kind=kind,
        aliases=tuple(unique[1:]),
        ambiguous=tuple(name for name in ambiguous or () if name != unique[0]),
        groups=tuple(dict.fromkeys(groups or ())),
    )


def _objects(source: Source, counts: Read) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a file, one a line; the brackets and commas of a dump that is one list are taken away."""
    for line in source.lines():
        bare = line.strip().removesuffix(b",").strip()
        if bare in {b"", b"[", b"]"}:
            continue
        try:
            plain = msgspec.json.decode(bare)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            counts.skip("line that is no JSON")
            continue
        entries = plain if isinstance(plain, list) else [plain]
        for entry in entries:
            if isinstance(entry, Mapping):
                yield entry
            else:
                counts.skip("line that is no object")
