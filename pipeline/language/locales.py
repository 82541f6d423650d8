"""Codes of languages: which script one is written in, and a feed's spelling of one as this project's."""

from functools import lru_cache
from typing import Final

from babel.core import get_global

_REPLACED: Final = {
    "in": "id", "iw": "he", "ji": "yi", "no": "nb", "fil": "tl", "mo": "ro", "zsm": "ms", "jw": "jv", "tw": "ak",
    "kmr": "ku", "fuv": "ff", "sh": "sr-Latn", "pes": "fa", "arb": "ar",
}  # fmt: skip
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})
_LONGEST: Final = 35
# Languages whose likely script CLDR does not say.
_SCRIPTS: Final = {
    "pcm": "Latn",
    "cnr": "Latn",
    "skr": "Arab",
    "prs": "Arab",
    "pnb": "Arab",
    "azb": "Arab",
    "yue": "Hani",
    "wuu": "Hani",
    "ku": "Latn",
    "crh": "Latn",
}


def replaced(base: str) -> str:
    """The base of a code as this project has it: `no` is `nb`, `fil` is `tl`."""
    return _REPLACED.get(base, base)


def canonical(hint: str | None) -> str | None:
    """A hint as BCP 47 in this project's form, or None: `in_ID` is `id`, `zh-TW` is `zh-Hant`, `no` is `nb`."""
    if not hint:
        return None
    first, *rest = hint.strip()[:_LONGEST].replace("_", "-").lower().split("-")
    base = replaced(first)
    if base == "zh":
        return "zh-Hant" if _TRADITIONAL & set(rest) else "zh-Hans"
    if base == "sr":
        return {"latn": "sr-Latn", "cyrl": "sr-Cyrl"}.get(rest[0] if rest else "", "sr")
    return base if base != "und" and script_of(base) else None


@lru_cache(maxsize=1024)
def script_of(language: str) -> str | None:
    """The script of a code that names it, or that its language is mostly written in (ISO 15924); None if unknown."""
    base, _, script = language.partition("-")
    if base == "zh":
        return "Hani"
    if len(script) == len("Latn"):
        return script
    if base in _SCRIPTS:
        return _SCRIPTS[base]
    likely = get_global("likely_subtags").get(base)
    return str(likely.split("_", maxsplit=2)[1]) if likely else None
