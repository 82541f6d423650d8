"""Which format a file is, and who reads it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from pipeline.figures.ambiguity import ambiguous_names
from pipeline.importers.own import read_csv, read_jsonl, read_yaml
from pipeline.importers.public import (
    read_everypolitician,
    read_ftm,
    read_jrc,
    read_targets,
    read_wikidata,
)
from pipeline.importers.source import ImportProblem, Read, Source
from schemas.alert import Figure

Reader = Callable[[Source, Read], Iterator[Figure]]

FORMATS: Mapping[str, Reader] = {
    "csv": read_csv,
    "yaml": read_yaml,
    "jsonl": read_jsonl,
    "ftm": read_ftm,
    "targets": read_targets,
    "jrc": read_jrc,
    "wikidata": read_wikidata,
    "everypolitician": read_everypolitician,
}


def read_figures(path: Path, kind: str | None, counts: Read) -> Iterator[Figure]:
    """Everyone of a file, in its order; names that are many people's are marked as ambiguous.

    Raises:
        ImportProblem: the file cannot be read or its format is not known.
    """
    source = Source(path, counts)
    for figure in FORMATS[kind or format_of(source)](source, counts):
        counts.read += 1
        counts.names += 1 + len(figure.aliases)
        marked = ambiguous_names(figure.kind, (figure.name, *figure.aliases))
        yield msgspec.structs.replace(figure, ambiguous=tuple(dict.fromkeys((*figure.ambiguous, *marked))))


def format_of(source: Source) -> str:  # noqa: PLR0911 - one line a format
    """The format, by the name and the first bytes.

    Raises:
        ImportProblem: it is none that is known.
    """
    name = source.path.name.lower().removesuffix(".gz")
    head = source.head()
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    line = first.partition(b"\n")[0]
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    if name.endswith(".csv") or (b"," in line and b"\t" not in line and not line.startswith((b"{", b"["))):
        return "targets" if line.replace(b'"', b"").startswith(b"id,schema,name,aliases") else "csv"
    if first.startswith((b"{", b"[")):
        if b'"schema"' in head and b'"properties"' in head:
            return "ftm"
        if (b'"labels"' in head and b'"aliases"' in head) or (b'"type"' in line and b'"claims"' in head):
            return "wikidata"
        if b'"persons"' in head or b'"memberships"' in head or b'"other_names"' in head:
            return "everypolitician"
        if b'"name"' in line:
            return "jsonl"
    if len(line.split(b"\t")) >= 4 and line.split(b"\t")[0].strip().isdigit():  # noqa: PLR2004 - JRC's columns
        return "jrc"
    if line.startswith(b"#") and b"\t" in first.partition(b"\n")[2].partition(b"\n")[0]:
        return "jrc"
    raise ImportProblem(f"{source.path}: the format is not recognised; say it with --format {'|'.join(FORMATS)}")
