"""Lists that a user writes: CSV, YAML, and figures as JSON Lines (as `kabar figures list --json` prints them).

A CSV file has a line of names of columns: `name` (or `label`, `caption`), and any of id, kind, aliases, groups,
context, must_match, must_not_match; several values in one cell are separated by `;` or `|`.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import yaml

from pipeline.figures.live import local_id
from pipeline.importers.source import ImportProblem, Read, Source, clean_names
from schemas.alert import Figure, FigureKind

_KINDS: Final[Mapping[str, FigureKind]] = {
    "person": "person", "per": "person", "people": "person", "organisation": "organisation", "org": "organisation",
    "organization": "organisation", "company": "organisation", "place": "place", "loc": "place", "location": "place",
}  # fmt: skip
_NAMES: Final = ("name", "label", "caption", "full_name", "fullname")
_ALIASES: Final = ("aliases", "alias", "also_known_as", "aka", "spellings")
_GROUPS: Final = ("groups", "group", "tags", "lists")
_SEPARATOR: Final = re.compile(r"\s*[;|]\s*")
CELL_LIMIT = 1_000_000


def read_csv(source: Source, counts: Read) -> Iterator[Figure]:
    """One figure a line."""
    csv.field_size_limit(CELL_LIMIT)
    sample = source.head(8192).decode("utf-8", "replace")
    first = sample.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(source.text(), delimiter=delimiter)
    columns = [(name or "").strip().lower().replace(" ", "_") for name in rows.fieldnames or ()]
    if not set(columns) & set(_NAMES):
        raise ImportProblem(f"{source.path} has no column called name; its columns are {', '.join(columns) or 'none'}")
    rows.fieldnames = columns
    try:
        for row in rows:
            figure = _figure({key: _cell(key, value) for key, value in row.items() if key and value})
            if figure is None:
                counts.skip("line without a name")
            else:
                yield figure
    except csv.Error as error:
        raise ImportProblem(f"{source.path}, line {rows.line_num}: {error}") from error


def _cell(column: str, value: str) -> Any:  # noqa: ANN401 - a text or several
    several = column in {*_ALIASES, *_GROUPS, "context", "ambiguous"}
    sentences = column in {"must_match", "must_not_match"}
    return [part for part in _SEPARATOR.split(value) if part] if several else value.split("|") if sentences else value


def read_yaml(source: Source, counts: Read) -> Iterator[Figure]:
    """A list of figures, or of names; or a mapping of a group's name to such a list."""
    try:
        whole = yaml.load(source.whole(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe both
    except yaml.YAMLError as error:
        raise ImportProblem(f"{source.path} is no YAML: {error}") from error
    if isinstance(whole, Mapping) and isinstance(whole.get("figures"), list):
        whole = whole["figures"]
    groups = whole.items() if isinstance(whole, Mapping) else [("", whole)]
    for group, entries in groups:
        if not isinstance(entries, list):
            raise ImportProblem(f"{source.path}: a list of figures, each with a name, or groups of such lists")
        for entry in entries:
            figure = _figure({"name": entry} if isinstance(entry, str) else entry)
            if figure is None:
                counts.skip("entry without a name")
                continue
            more = (str(group),) if group else ()
            yield msgspec.structs.replace(figure, groups=tuple(dict.fromkeys((*figure.groups, *more))))


def read_jsonl(source: Source, counts: Read) -> Iterator[Figure]:
    """One figure a line."""
    for line in source.lines():
        if line.strip():
            try:
                figure = _figure(msgspec.json.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                counts.skip("line that is no JSON")
                continue
            if figure is None:
                counts.skip("line without a name")
            else:
                yield figure


def _figure(entry: Any) -> Figure | None:  # noqa: ANN401 - whatever stands there
    if not isinstance(entry, Mapping):
        return None
    names = clean_names(next((entry[key] for key in _NAMES if entry.get(key)), ""))
    if not names:
        return None
    name = names[0]
    kind = _KINDS.get(str(entry.get("kind") or entry.get("type") or entry.get("schema") or "person").lower(), "person")
    aliases = clean_names(next((entry[key] for key in _ALIASES if entry.get(key)), ()))
    return Figure(
        id=str(entry.get("id") or local_id(name)),
        name=name,
        kind=kind,
        aliases=tuple(alias for alias in aliases if alias != name),
        groups=tuple(clean_names(next((entry[key] for key in _GROUPS if entry.get(key)), ()))),
        ambiguous=tuple(clean_names(entry.get("ambiguous", ()))),
        context=tuple(clean_names(entry.get("context", ()))),
        must_match=_sentences(entry.get("must_match")),
        must_not_match=_sentences(entry.get("must_not_match")),
        alert=entry.get("alert") is not False and str(entry.get("alert", "")).lower() not in {"no", "false", "0"},
    )


def _sentences(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - a text or several
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(" ".join(text.split()) for text in listed if isinstance(text, str) and text.strip())
