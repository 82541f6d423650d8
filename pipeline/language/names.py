"""Which language a reader means, who may write its code or its name."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, cast

from babel import Locale
from babel.core import UnknownLocaleError

from pipeline.language.locales import replaced

# A base and its parts; two or three letters are a code always, since no language that has one is named by so few.
_CODE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")
_NO_LANGUAGE: Final = frozenset({"root", "mul", "und", "zxx", "mis"})
_OWN: Final = {"fa_AF": "prs"}
READERS: Final = ("en", "id")


def code_of(text: str) -> str | None:
    """The code that is meant by a code or by a name in English, in Indonesian or in the language itself, or None.

    `no` is `nb`, as items have it; `zh`, `Chinese` and `中文` are `zh`, which stands for both scripts. Names are
    CLDR's, in letters of any case.
    """
    if _CODE.fullmatch(text):
        base, *rest = text.replace("_", "-").split("-")
        return "-".join((replaced(base.lower()), *rest))
    name = text.strip().casefold().removeprefix("bahasa ")
    return _by_reader().get(name) or _by_itself().get(name)


@lru_cache(maxsize=1)
def _by_reader() -> dict[str, str]:
    return _codes((str(name), str(code)) for reader in READERS for code, name in Locale(reader).languages.items())


@lru_cache(maxsize=1)
def _by_itself() -> dict[str, str]:
    """Read only where no reader's name is meant, since each language's own file has to be opened."""
    return _codes((_own_name(code), code) for code in map(str, Locale(READERS[0]).languages))


def _codes(named: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """The code of each name; of two with one name the first."""
    codes: dict[str, str] = {}
    for name, code in named:
        if name and code not in _NO_LANGUAGE:
            codes.setdefault(name.casefold(), _OWN.get(code) or replaced(code.replace("_", "-")))
    return codes


def _own_name(code: str) -> str | None:
    try:
        return cast("str | None", Locale.parse(code).languages.get(code))
    except (UnknownLocaleError, ValueError):
        return None
