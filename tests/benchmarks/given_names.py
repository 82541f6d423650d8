"""Where `pipeline/entities/given.tsv` comes from: `pip install faker && python -m tests.benchmarks.given_names`.

The first names of Faker's providers of people (MIT licence, https://github.com/joke2k/faker), of all locales in which
the first name stands before the family name, in their own scripts. Left out are titles, small words of a language, and
names that are as often an ordinary word at the head of a sentence.
"""

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.entities.context import titles
from pipeline.language.markers import words

FILE = Path(__file__).parents[2] / "pipeline" / "entities" / "given.tsv"
# Family names come first, or names are not told by words.
LEFT_OUT = frozenset({"ja_JP", "ko_KR", "zh_CN", "zh_TW", "hu_HU", "vi_VN", "th_TH", "en_TH"})
ORDINARY = frozenset(
    {
        "will", "may", "can", "art", "hope", "faith", "grace", "april", "june", "august", "summer", "dawn", "rich",
        "bill", "sue", "pat", "rob", "jack", "mark", "miles", "guy", "heaven", "major", "king", "prince", "general",
        "deacon", "bishop", "sunny", "star", "storm", "winter", "autumn", "victory", "precious", "blessing",
        "success", "favour", "comfort", "patience", "mercy", "angel", "gift", "prosper", "destiny", "justice",
        "honor", "trinity", "joy", "sky", "president", "premier", "sir", "don", "man", "ende", "mai", "deniz",
        "ege", "barış", "savaş", "zafer", "umut",
    }
)  # fmt: skip
LONGEST = 15


def names() -> Iterator[str]:
    """Each name, in small letters."""
    providers = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(providers.__path__):
        if module.name in LEFT_OUT or not module.ispkg:
            continue
        provider: Any = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in ("first_names", "first_names_male", "first_names_female", "first_names_nonbinary"):
            listed = getattr(provider, attribute, ())
            yield from (str(name).casefold() for name in (() if isinstance(listed, property) else listed))


def main() -> None:
    """Write the file."""
    small = frozenset[str]().union(*words().values())
    chosen = {
        unicodedata.normalize("NFC", name)
        for name in names()
        if re.fullmatch(r"[^\W\d_][\w\u0300-\u036f\u0900-\u0dff]*", name)
        and 2 < len(name) <= LONGEST
        and name not in small | titles() | ORDINARY
    }
    FILE.write_text("\n".join(sorted(chosen)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
