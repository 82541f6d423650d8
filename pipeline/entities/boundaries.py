"""Where a name may begin and end inside running text, script by script.

A name is refused where a letter or digit of its own script adjoins it, except: scripts without spaces between words;
particles behind Hangul; the prefixes and, in, to, like, from, the, that … of Arabic, Hebrew and Amharic; and the few
clitics of Indonesian and Malay, and those of Amharic, written on to a name. Apostrophes and hyphens are spaces by then,
so `Putin'in` and `Putin's` end where the name ends.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Han, kana, Thai, Lao, Burmese, Khmer, Tibetan: words stand without spaces.
UNSPACED: Final = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
_KATAKANA: Final = re.compile("[\u30a1-\u30faー]")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_ARABIC: Final = re.compile("[\u0620-\u06ff]")
_HEBREW: Final = re.compile("[\u05d0-\u05ea]")
_ETHIOPIC: Final = re.compile("[\u1200-\u135a]")

# Case, topic and conjunction particles and titles that are written on to a name in Korean.
_PARTICLES: Final = re.compile(
    "(?:은|는|이|가|을|를|의|에|에서|에게|에게서|에는|에도|에서는|에서도|와|과|와의|과의|도|로|로의|으로|으로의|만|만의|부터|까지|께|께서|한테|보다|처럼|"
    "이나|나|이라|라|이라고|라고|이며|며|이라는|라는|이라며|라며|으로부터|로부터|으로서|로서|까지도|에겐|께선|에게만|와도|과도|"
    "이었던|였던|이라면|라면|씨를|씨와|씨도|씨에게|측과|측에서|측도|이고|란|이란|측|측은|측이|측에|씨|씨는|씨가|씨의|발|산|행|군|이다|다|인|들|들이|들은|들의|였다|이었다)"
)
_ARABIC_PREFIXES: Final = "و ف ب ك ل ال وب ول وك فب فل فك وال بال كال فال لل ولل وبال س"
_HEBREW_PREFIXES: Final = "ו ה ב ל מ ש כ וה וב ול ומ וש וכ שב של שה שמ מה כש לכ בה לה ושה כשה שבה"
# Of, to, in, from, about, like, towards, those of: `የትራምፕ` is Trump's.
_ETHIOPIC_PREFIXES: Final = "የ ለ በ ከ ስለ እንደ ወደ እነ የእነ ለእነ ከእነ እስከ"
_ETHIOPIC_CLITICS: Final = re.compile("(?:ንና|ንም|ን|ና|ም|ስ|ንስ)")
_MALAY_CLITICS: Final = re.compile("(?:nya|lah|kah|pun|ku|mu)")
_MALAY: Final = frozenset({"id", "ms", "jv", "su"})
_LONGEST_PREFIX: Final = 4
_LONGEST_TAIL: Final = 8


def is_spaced(name: str) -> bool:
    """Whether a folded name is found only after a space, so that it may be looked for together with it."""
    return not (_UNSPACED.search(name) or _ARABIC.match(name) or _HEBREW.match(name) or _ETHIOPIC.match(name))


def has_unspaced(name: str) -> bool:
    """Whether a folded name has a character of a script without spaces between words."""
    return _UNSPACED.search(name) is not None


def holds(text: str, start: int, end: int, language: str) -> bool:
    """Whether `text[start:end]` of a folded text stands as a name of its own."""
    first, last = text[start], text[end - 1]
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return (before == " " or _begins(text, start, first, before)) and (
        after == " " or _ends(text, end, last, after, language)
    )


def _begins(text: str, start: int, first: str, before: str) -> bool:
    if not _is_letter(before) or _group(before) != _group(first):
        return not before.isdigit() or _group(first) == "unspaced"
    if _KATAKANA.match(first):
        return not _KATAKANA.match(before)
    if _group(first) == "unspaced":
        return True
    allowed = _PREFIXES.get(_group(first))
    if allowed is None:
        return False
    begin = start
    while begin and start - begin <= _LONGEST_PREFIX and _is_letter(text[begin - 1]):
        begin -= 1
    return text[begin:start] in allowed


def _ends(text: str, end: int, last: str, after: str, language: str) -> bool:
    if not _is_letter(after) or _group(after) != _group(last):
        return not after.isdigit() or _group(last) == "unspaced"
    if _KATAKANA.match(last):
        return not _KATAKANA.match(after)
    group = _group(last)
    if group == "unspaced":
        return True
    stop = end
    while stop < len(text) and stop - end <= _LONGEST_TAIL and _is_letter(text[stop]):
        stop += 1
    if group == "hangul":
        tail = _HANGUL_TAIL.match(text, end, stop)
        return tail is not None and _PARTICLES.fullmatch(tail.group()) is not None
    if group == "ethiopic":
        return _ETHIOPIC_CLITICS.fullmatch(text, end, stop) is not None
    return group == "latin" and language in _MALAY and _MALAY_CLITICS.fullmatch(text, end, stop) is not None


_HANGUL_TAIL: Final = re.compile("[\uac00-\ud7a3]+")
_GROUPS: Final = (
    ("unspaced", _UNSPACED), ("hangul", _HANGUL), ("arabic", _ARABIC), ("hebrew", _HEBREW), ("ethiopic", _ETHIOPIC),
)  # fmt: skip
_PREFIXES: Final = {
    "arabic": frozenset(_ARABIC_PREFIXES.split(" ")),
    "hebrew": frozenset(_HEBREW_PREFIXES.split(" ")),
    "ethiopic": frozenset(_ETHIOPIC_PREFIXES.split(" ")),
}


@lru_cache(maxsize=4096)
def _group(character: str) -> str:
    """The kind of script of a letter, as far as boundaries differ."""
    for group, letters in _GROUPS:
        if letters.match(character):
            return group
    if character.isdigit():
        return "digit"
    return unicodedata.name(character, "?").split()[0].lower()


@lru_cache(maxsize=4096)
def _is_letter(character: str) -> bool:
    """Letters, digits and the vowel signs of Indic scripts."""
    return character.isalnum() or unicodedata.category(character).startswith("M")
