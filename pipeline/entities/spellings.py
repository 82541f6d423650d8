"""Further spellings of a person of whom only the name is known: other scripts, without middle names, family name first.

Letters are put for letters by the standard romanisations, read backwards (BGN/PCGN for Cyrillic, the national systems
of Georgian and Armenian, ELOT 743, and how newspapers write foreign names in Arabic, Hebrew and Devanagari).
Where these give several forms all are looked for: only whole names of two words and more are made, so that one which
nobody writes finds nothing. First names that the knowledge base has are written as there (`John`, `Джон`). Korean,
Chinese and Japanese do not follow from the letters and are not made.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, product
from typing import Final

from pipeline.knowledge.tables import PEOPLE, tables

_MOST_WORDS: Final = 5
_MOST_FORMS: Final = 4
_MIDDLE: Final = re.compile(
    r"\w\.?|\w+(?:ovich|evich|ovna|evna|ович|евич|ич|овна|евна|ична|йович|івна|ївна)", re.IGNORECASE
)
# Letters to letters, the longest first; a tuple where several are usual.
_Letters = dict[str, tuple[str, ...]]


def _letters(listed: str) -> _Letters:
    """Of `sh:ш ch:ч y:ы,и`."""
    pairs = (entry.split(":") for entry in listed.split())
    return {latin: tuple(written.replace("_", "").split(",")) for latin, written in pairs}


_RUSSIAN: Final = _letters(
    "shch:щ sh:ш ch:ч zh:ж kh:х ts:ц ya:я yu:ю yo:ё ye:е ia:ия iy:ий ey:ей ay:ай oy:ой yy:ый a:а b:б c:к d:д e:е f:ф"
    " g:г h:х i:и j:дж k:к l:л m:м n:н o:о p:п q:к r:р s:с t:т u:у v:в w:в x:кс y:й z:з"
)
_UKRAINIAN: Final = _letters(
    "shch:щ sh:ш ch:ч zh:ж kh:х ts:ц ya:я yu:ю ye:є yi:ї iy:ій yy:ий ii:ій a:а b:б c:к d:д e:е f:ф g:г h:г i:і,и j:дж"
    " k:к l:л m:м n:н o:о p:п q:к r:р s:с t:т u:у v:в w:в x:кс y:и,й z:з"
)
_SERBIAN: Final = _letters(
    "dž:џ nj:њ lj:љ sh:ш ch:ч zh:ж kh:х ts:ц č:ч ć:ћ š:ш ž:ж đ:ђ a:а b:б c:ц d:д e:е f:ф g:г h:х i:и j:ј k:к l:л m:м"
    " n:н o:о p:п q:к r:р s:с t:т u:у v:в w:в x:кс y:и z:з"
)
_GREEK: Final = _letters(
    "th:θ sh:σ ch:τσ zh:ζ kh:χ ts:τσ dz:τζ ou:ου oo:ου a:α b:μπ c:κ d:ντ e:ε f:φ g:γκ h:χ i:ι j:τζ k:κ l:λ m:μ n:ν o:ο"
    " p:π q:κ r:ρ s:σ t:τ u:ου v:β w:ου x:ξ y:ι z:ζ"
)
_ARABIC: Final = _letters(
    "sh:ش ch:تش zh:ج kh:خ gh:غ th:ث dh:ذ ts:تس ou:و oo:و ee:ي a:ا,_ b:ب c:ك d:د e:ي,_ f:ف g:غ h:ه i:ي j:ج k:ك l:ل m:م"
    " n:ن o:و p:ب q:ق r:ر s:س t:ت u:و v:ف w:و x:كس y:ي z:ز"
)
_HEBREW: Final = _letters(
    "sh:ש ch:צ׳ zh:ז׳ kh:ח ts:צ th:ת ou:ו oo:ו ee:י a:_,א b:ב c:ק d:ד e:_ f:פ g:ג h:ה i:י j:ג׳ k:ק l:ל m:מ n:נ o:ו p:פ"
    " q:ק r:ר s:ס t:ט u:ו v:ו,ב w:ו x:קס y:י z:ז"
)
_GEORGIAN: Final = _letters(
    "sh:შ ch:ჩ zh:ჟ kh:ხ ts:ც dz:ძ gh:ღ a:ა b:ბ c:კ d:დ e:ე f:ფ g:გ h:ჰ i:ი j:ჯ k:კ l:ლ m:მ n:ნ o:ო p:პ q:ქ r:რ s:ს"
    " t:ტ u:უ v:ვ w:უ x:ქს y:ი z:ზ"
)
_ARMENIAN: Final = _letters(
    "sh:շ ch:չ zh:ժ kh:խ ts:ց dz:ձ gh:ղ ya:յա yu:յու a:ա b:բ c:կ d:դ e:ե f:ֆ g:գ h:հ i:ի j:ջ k:կ l:լ m:մ n:ն o:ո p:պ"
    " q:ք r:ր s:ս t:տ u:ու v:վ w:վ x:քս y:ի z:զ"
)
_CONSONANTS: Final = _letters(
    "sh:श ch:च zh:झ kh:ख gh:घ th:थ dh:ध ph:फ bh:भ ts:त्स b:ब c:क d:द,ड f:फ g:ग h:ह j:ज k:क l:ल m:म n:न p:प q:क r:र s:स"
    " t:त,ट v:व w:व x:क्स y:य z:ज"
)
_SIGNS: Final = _letters("aa:ा ee:ी oo:ू ai:ै au:ौ a:_,ा e:े i:ि,ी o:ो u:ु,ू")
_VOWELS: Final = _letters("aa:आ ee:ई oo:ऊ ai:ऐ au:औ a:अ,आ e:ए i:इ,ई o:ओ u:उ,ऊ")
_ROMAN: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "ђ": "đ", "е": "e", "ё": "e", "є": "ye", "ж": "zh",
    "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "y", "ј": "j", "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n",
    "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "ћ": "ć", "у": "u", "ў": "w", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "џ": "dž", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
    "ა": "a", "ბ": "b", "გ": "g", "დ": "d", "ე": "e", "ვ": "v", "ზ": "z", "თ": "t", "ი": "i", "კ": "k", "ლ": "l",
    "მ": "m", "ნ": "n", "ო": "o", "პ": "p", "ჟ": "zh", "რ": "r", "ს": "s", "ტ": "t", "უ": "u", "ფ": "p", "ქ": "k",
    "ღ": "gh", "ყ": "q", "შ": "sh", "ჩ": "ch", "ც": "ts", "ძ": "dz", "წ": "ts", "ჭ": "ch", "ხ": "kh", "ჯ": "j",
    "ჰ": "h",
    "ա": "a", "բ": "b", "գ": "g", "դ": "d", "ե": "e", "զ": "z", "է": "e", "ը": "y", "թ": "t", "ժ": "zh", "ի": "i",
    "լ": "l", "խ": "kh", "ծ": "ts", "կ": "k", "հ": "h", "ձ": "dz", "ղ": "gh", "ճ": "ch", "մ": "m", "յ": "y", "ն": "n",
    "շ": "sh", "ո": "o", "չ": "ch", "պ": "p", "ջ": "j", "ռ": "r", "ս": "s", "վ": "v", "տ": "t", "ր": "r", "ց": "ts",
    "ւ": "v", "փ": "p", "ք": "k", "օ": "o", "ֆ": "f",
}  # fmt: skip
_FINALS: Final = {"כ": "ך", "מ": "ם", "נ": "ן", "פ": "ף", "צ": "ץ"}
_FAMILY_FIRST: Final = frozenset({"KP", "KR", "CN", "TW", "HK", "HU", "VN", "JP"})
_ALPHABETS: Final = (
    ("CYRILLIC", _RUSSIAN),
    ("CYRILLIC", _UKRAINIAN),
    ("CYRILLIC", _SERBIAN),
    ("GREEK", _GREEK),
    ("ARMENIAN", _ARMENIAN),
)
# `Zelensky` ends in -ий in Russian.
_SKY: Final = re.compile("(?<=[sc]k)[yi]$|iy$")
_LATIN: Final = re.compile(r"[a-zäöüßčćšžđ' -]+")


def spellings(name: str) -> tuple[str, ...]:
    """Further spellings of a person's name, none twice; none for one word, or for scripts without a sure romanisation.

    The family name first is one of them (`Putin Vladimir`), the name without its middle name or initial another.
    """
    words = [word for word in name.replace(",", " ").split() if word]
    if not 1 < len(words) <= _MOST_WORDS:
        return ()
    made = dict.fromkeys(chain(_shapes(name, words), _scripts(_shortened(words))))
    return tuple(spelling for spelling in made if spelling != name)


def _shapes(name: str, words: list[str]) -> Iterator[str]:
    if "," in name:
        family, _, given = name.partition(",")
        yield f"{given.strip()} {family.strip()}"
    short = _shortened(words)
    yield " ".join(short)
    if len(short) == 2:  # noqa: PLR2004 - a first name and a family name
        yield " ".join(reversed(short))


def _shortened(words: list[str]) -> list[str]:
    """Without middle initials and patronymics."""
    middle = [word for word in words[1:-1] if not _MIDDLE.fullmatch(word)]
    return [words[0], *middle, words[-1]]


def _scripts(words: list[str]) -> Iterator[str]:
    roman = [romanised(word) for word in words]
    given = _given_names().get(roman[0], {})
    if not all(_LATIN.fullmatch(word) for word in roman):
        return
    if roman != [word.lower() for word in words]:
        yield _title(" ".join(roman))
        yield from (_title(" ".join(roman).replace(old, new)) for old, new in (("kh", "h"), ("y", "i")))
    for block, letters in _ALPHABETS:
        made = [_put(word, letters) for word in roman]
        if letters is _RUSSIAN:
            made[-1] = _put(_SKY.sub("iy", roman[-1]), letters)
        yield from map(_title, _joined([[*made[0], *given.get(block, ())], *made[1:]]))
    arabic = [_put(word, _ARABIC, first={"a": "أ", "e": "إ", "i": "إي", "o": "أو", "u": "أو"}) for word in roman]
    yield from _joined([[*arabic[0], *given.get("ARABIC", ())], *arabic[1:]])
    hebrew = [[_final(form) for form in _put(word, _HEBREW, first=dict.fromkeys("aeiou", "א"))] for word in roman]
    yield from _joined([[*hebrew[0], *given.get("HEBREW", ())], *hebrew[1:]])
    georgian = [_put(word, _GEORGIAN) for word in roman]
    named = [form if form[-1:] in "აეიოუ" else form + "ი" for form in georgian[-1]]
    yield from _joined([[*georgian[0], *given.get("GEORGIAN", ())], *georgian[1:-1], named])
    indian = [_devanagari(word) for word in roman]
    yield from _joined([[*indian[0], *given.get("DEVANAGARI", ())], *indian[1:]])


@lru_cache(maxsize=1)
def _given_names() -> dict[str, dict[str, tuple[str, ...]]]:
    """How known people's first names are written in each script, at most two ways, by the romanised name."""
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for entity in tables(PEOPLE):
        latin = entity.name.split()
        if entity.country in _FAMILY_FIRST:
            continue
        for alias in entity.aliases:
            words = alias.split()
            if len(words) == len(latin) > 1 and not alias.isascii():
                block = unicodedata.name(words[0][0], "?").split()[0]
                counts[romanised(latin[0]), block][words[0]] += 1
    found: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for (latin_name, block), names in counts.items():
        found[latin_name][block] = tuple(name for name, _ in names.most_common(2))
    return found


def romanised(word: str) -> str:
    """A word of Cyrillic, Greek, Georgian or Armenian in small Latin letters without diacritics; others as they are."""
    made = "".join(_ROMAN.get(letter, letter) for letter in unicodedata.normalize("NFC", word.lower()))
    bare = unicodedata.normalize("NFKD", made) if not set(made) & set("čćšžđ") else made
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _put(word: str, letters: _Letters, first: dict[str, str] | None = None) -> list[str]:
    """The forms of a word in other letters, the likeliest first."""
    choices: list[tuple[str, ...]] = []
    position = 0
    while position < len(word):
        for length in range(4, 0, -1):
            part = word[position : position + length]
            if part in letters and len(part) == length:
                initial = first.get(part) if first and not position else None
                choices.append((initial,) if initial else letters[part])
                position += length
                break
        else:
            position += 1  # an apostrophe or a hyphen
    return _some(choices)


def _some(choices: list[tuple[str, ...]]) -> list[str]:
    """The first of every choice, then each other one alone and together."""
    plain = ["".join(choice[0] for choice in choices)]
    plain += ["".join(choice[-1] for choice in choices)]
    for number, choice in enumerate(choices):
        if len(choice) > 1:
            plain.append("".join(c[-1 if n == number else 0] for n, c in enumerate(choices)))
    return list(dict.fromkeys(form for form in plain if form))[:_MOST_FORMS]


def _devanagari(word: str) -> list[str]:
    choices: list[tuple[str, ...]] = []
    position, after_consonant = 0, False
    while position < len(word):
        consonant = next((p for n in (2, 1) if (p := word[position : position + n]) in _CONSONANTS and len(p) == n), "")
        vowels = _SIGNS if after_consonant else _VOWELS
        vowel = next((p for n in (2, 1) if (p := word[position : position + n]) in vowels and len(p) == n), "")
        if consonant:
            choices.extend([("्",)] if after_consonant else [])
            choices.append(_CONSONANTS[consonant])
        elif vowel:
            choices.append(vowels[vowel])
        position += len(consonant or vowel) or 1
        after_consonant = bool(consonant)
    return _some(choices)


def _final(word: str) -> str:
    return word[:-1] + _FINALS.get(word[-1], word[-1]) if word else word


def _joined(words: list[list[str]]) -> Iterator[str]:
    if all(words):
        yield from (" ".join(chosen) for chosen in product(*words))


def _title(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.split())
