"""Words for the people of a country and for what is of it (`Russian`, `Rus`, `российский`), and the country they tell.

They are no mentions of the place, but say of whom a text speaks: of namesakes, the one of that country is meant.
"""

import re
from functools import lru_cache
from typing import Final

from pipeline.knowledge.tables import read

_COLUMNS: Final = 3
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def country_of(word: str, language: str) -> str | None:
    """The ISO 3166-1 alpha-2 code that a demonym tells in a text in `language` (BCP 47); None for any other word.

    Letter case counts: `Rus` is a Russian in Turkish, `china` is Chinese in Spanish and `China` a country.
    """
    return demonyms().get((language, word))


@lru_cache(maxsize=1)
def demonyms() -> dict[tuple[str, str], str]:
    """The country of each demonym by language and word.

    Raises:
        ValueError: a line of the table is malformed, or a word tells two countries; the message says which.
    """
    found: dict[tuple[str, str], str] = {}
    for number, line in enumerate(read("demonyms.tsv").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != _COLUMNS or not _COUNTRY.fullmatch(columns[0]):
            raise ValueError(f"demonyms.tsv:{number}: expected a country, a language and words")
        country, language, listed = columns
        for word in listed.split(" "):
            known = found.setdefault((language, word.replace("_", " ")), country)
            if known != country:
                raise ValueError(f"demonyms.tsv:{number}: {word!r} tells {known} and {country}")
    return found
