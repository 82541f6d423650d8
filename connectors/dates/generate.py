"""Writes `words.tsv` from CLDR, through Babel: `python -m connectors.dates.generate`.

One line a name: the name, folded as `words.fold` does it; the month, or `am` or `pm`; the languages that have it.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel import Locale, localedata
from babel.core import UnknownLocaleError

from connectors.dates.words import LANGUAGES, WORDS, fold

SHORTEST = 2
MEANINGS = frozenset({*map(str, range(1, 13)), "am", "pm"})


def names() -> dict[tuple[str, str], set[str]]:
    """Name and meaning to languages, of every locale whose language news is written in."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for identifier in localedata.locale_identifiers():
        language = identifier.partition("_")[0]
        if language not in LANGUAGES:
            continue
        try:
            locale = Locale.parse(identifier)
        except (UnknownLocaleError, ValueError):
            continue
        for meaning, name in (*_of(locale.months), *_of(locale.day_periods)):
            folded = fold(name)
            long_enough = len(folded) >= SHORTEST or (meaning.isalpha() and folded)
            if meaning in MEANINGS and long_enough and not any(char.isdigit() for char in folded):
                found[folded, meaning].add(language)
    return found


def _of(table: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - Babel's own mapping
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for meaning, name in dict(table.get(context, {}).get(width, {})).items():
                yield str(meaning), str(name)


def main(path: Path = WORDS) -> None:
    """Write the table."""
    lines = (f"{name}\t{meaning}\t{','.join(sorted(found))}\n" for (name, meaning), found in sorted(names().items()))
    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
