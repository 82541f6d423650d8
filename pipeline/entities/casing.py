"""Whether an occurrence is written like a name: `Nice` is a city, `nice` is not; `WHO` is one, `who` is not."""

import re
from typing import Final

# A name of fewer letters than this may be an acronym or a word when it is all capitals.
_SHORTEST_IN_CAPITALS: Final = 5
_SHORTEST_FOLDED: Final = 4
_LONGEST_ACRONYM: Final = 8
_LONGEST_EXACT: Final = 5
# A small word and one more.
_PARTICLE: Final = re.compile(r"[A-Z]\w{1,2} [A-Z]\w+")
_WORDS: Final = re.compile(r"[^\W\d_]+")


def is_acronym(written: str) -> bool:
    """Whether a name is written in capitals alone (`UN`, `U.S.`, `КНДР`, `G20`)."""
    return written.isupper() and len(written) <= _LONGEST_ACRONYM and " " not in written


def fits(written: str, surface: str) -> bool:
    """Whether `surface`, whose letters equal those of the name as `written`, has its capitals too.

    Scripts without capitals always fit. An acronym needs all of them; a short name with capitals inside (`PiS`, `AfD`)
    exactly its own; any other name that begins with one needs it, and at most one word may lack its capital. All
    capitals, as in headlines, do for names of five letters or more. Up to four letters the diacritics count too: `Irã`
    is Iran, `Ira` is somebody's first name.
    """
    if written == surface or written.lower() == written.upper():
        return True
    short = len(written) <= _SHORTEST_FOLDED and not written.isascii()
    if short and surface.casefold() != written.casefold():
        return False
    if surface.isupper():
        return is_acronym(written) or len(surface) >= _SHORTEST_IN_CAPITALS
    return not is_acronym(written) and not _is_exact(written) and _has_capitals(written, surface)


def fits_inflected(written: str, surface: str) -> bool:
    """Whether a form of a name has its capitals; in capitals alone it is taken from six letters on."""
    if written.lower() == written.upper():
        return True
    if surface.isupper():
        return len(surface) > _SHORTEST_IN_CAPITALS
    return not is_acronym(written) and _has_capitals(written, surface)


def _is_exact(written: str) -> bool:
    """Whether a name has capitals inside and is too short to be known without them."""
    return len(written) <= _LONGEST_EXACT and not written[1:].islower() and " " not in written


def _has_capitals(written: str, surface: str) -> bool:
    if written[0].isupper() and not surface[0].isupper():
        return False
    if _PARTICLE.fullmatch(written) and surface.rsplit(maxsplit=1)[-1][:1].islower():
        return False  # `De wever` is the weaver at the beginning of a sentence
    wanted = sum(word[0].isupper() for word in _WORDS.findall(written))
    found = sum(word[0].isupper() for word in _WORDS.findall(surface))
    return bool(wanted == 0 or found >= max(1, wanted - 1))
