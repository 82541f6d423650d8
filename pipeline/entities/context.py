"""What stands beside a name, and whether it speaks against it: another first name, a language, a common noun."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final
from unicodedata import category

from pipeline.entities.tagger.letters import keys_of
from pipeline.entities.tagger.lexicon import (
    CALENDAR,
    FAMILY_NAME,
    FIRST_NAME,
    LANGUAGE,
    ORGANISATION_HEAD,
    PLACE,
    PLACE_HEAD,
    RARE,
    TITLE,
    lexicon,
)

_POSSESSIVE: Final = re.compile(r"['’]s? \Z")
AFTER: Final = re.compile(r"[ -]([^\W\d_][\w\u0900-\u0dff]*)")
SENTENCE: Final = re.compile(r"(?:^|[.!?…:;\n\r\"“”„«»()\[\]–—|]|[.!?] ) *$")
WINDOW: Final = 40
# Small words within a surname: the first name stands before them.
_PARTICLES: Final = frozenset("von van der den de da di du del della dos das la le ter ten zu al el".split())  # noqa: SIM905 - a list of words
# Languages with a list of frequent words whose words have few forms, so that what is not on it is strange.
_FEW_FORMS: Final = frozenset({"en", "id", "es", "fr", "it", "pt", "nl", "sv"})
# Of the digits that stand for how frequent a word is, that of the 3,000th.
_UNUSUAL: Final = 4
# In French a space stands before it.
_COLON: Final = re.compile('[ \u00a0\u202f]?[:：](?=[ \u00a0\n«„“"])')
_OPENING: Final = re.compile("[ \u00a0\"'«»“”„]*")
# Shorter words for an office (`re`, `roi`) are whole.
_LEAST_BEGINNING: Final = 5
_JOINING: Final = frozenset("-·・‐")
_JUNIORS: Final = frozenset({"jr", "jnr", "junior", "hijo", "fils", "filho"})
_TWO_SURNAMES: Final = frozenset({"es", "pt", "gl", "ca"})
_LISTED_AS: Final = {"ms": "id"}
# Languages of Latin letters without a list, whose titles are few and known.
_PLAIN: Final = frozenset({"af", "sw", "so", "ha", "ca", "gl", "sq"})
_SAINTS: Final = frozenset(
    "saint st sint sankt san santo santa são szent svatý svatá święty święta sveti свети святой святий άγιος".split()  # noqa: SIM905 - a list of words
)
_PATRONYMIC: Final = re.compile(r"(?:ович|евич|йович|івна|ївна|овна|евна|ovich|evich|ovych|ivna|ovna|evna)\Z")
# `bahasa Korea`, `tiếng Nga`, `ภาษาไทย` are languages, not countries.
_LANGUAGE_WORDS: Final = frozenset({"bahasa", "berbahasa", "tiếng", "ภาษา"})
_TITLE_CASE: Final = 0.7
_ENOUGH_WORDS: Final = 5


@lru_cache(maxsize=1)
def titles() -> frozenset[str]:
    """Words before a person's name that are no part of it (`Presiden`, `Minister`), case-folded; see `titles.tsv`."""
    text = (files("pipeline.entities") / "titles.tsv").read_text("utf-8")
    return frozenset(text.casefold().split())


@lru_cache(maxsize=1)
def common_given_names() -> frozenset[str]:
    """First names of about ninety countries in their scripts, case-folded.

    `tests.benchmarks.given_names` made `given.tsv`; `given-more.tsv` was written by hand, a language a line.
    """
    text = (files("pipeline.entities") / "given.tsv").read_text("utf-8")
    return frozenset((*text.split(), *_listed("given-more.tsv")[""]))


def _listed(name: str) -> dict[str, list[str]]:
    """The words of a table with a language a line; what of scripts without spaces stands `before` or `behind` apart."""
    listed: dict[str, list[str]] = {"before": [], "behind": [], "": []}
    for row in (files("pipeline.entities") / name).read_text("utf-8").splitlines():
        if not row.startswith("#"):
            language, _, words_ = row.partition("\t")
            listed.get(language, listed[""]).extend(words_.split())
    return listed


def by_place(name: str) -> dict[str, list[str]]:
    """The words of a table with a line for each place where they stand, or for each language."""
    rows = (files("pipeline.entities") / name).read_text("utf-8").splitlines()
    return {place: words.split() for place, _, words in (row.partition("\t") for row in rows) if place[0] != "#"}


@lru_cache(maxsize=1)
def _offices() -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Words for offices, beginnings of such; what of scripts without spaces stands before a name, and what behind."""
    listed = _listed("offices.tsv")
    beginnings = tuple({word for word in listed[""] if len(word) >= _LEAST_BEGINNING})
    return frozenset(listed[""]), beginnings, tuple(listed["before"]), tuple(listed["behind"])


def has_office(text: str, start: int, end: int) -> bool:
    """Whether the word for an office stands right beside a name: `President Marcos`, `库克首相`."""
    whole, beginnings, before, behind = _offices()
    word = word_before(text, start).casefold()
    if word in whole or word.startswith(beginnings):
        return True
    rest = text[end : end + WINDOW].lstrip(" ")
    return text[max(0, start - WINDOW) : start].rstrip().endswith(before) or rest.startswith(behind)


@lru_cache(maxsize=1)
def _professions() -> tuple[frozenset[str], tuple[str, ...]]:
    """Words for professions, and those of scripts without spaces, which stand right before a name."""
    listed = _listed("professions.tsv")
    return frozenset(listed[""]), tuple(listed["before"])


def has_profession(text: str, start: int) -> bool:
    """Whether the word for a profession that no one in public office has stands right before a full name."""
    spaced, joined = _professions()
    return word_before(text, start).casefold() in spaced or text[max(0, start - WINDOW) : start].endswith(joined)


def is_speaker(text: str, start: int, end: int) -> bool:
    """Whether a name alone opens a text and a colon follows, as in headlines of what someone says: `Rama: We …`."""
    return _OPENING.fullmatch(text, 0, start) is not None and _COLON.match(text, end) is not None


def word_before(text: str, start: int) -> str:
    """The word right before a position, one space between; empty where there is none."""
    end = start - 1
    if end < 1 or text[end] not in " \u00a0":
        return ""
    if text[end - 1] in ".'’":  # an abbreviated title or name: `Mr.`
        end -= 1
    begin = end
    # Vowel signs are no letters by Unicode's account, but parts of a word.
    while begin and end - begin < WINDOW and (text[begin - 1].isalpha() or category(text[begin - 1])[0] == "M"):
        begin -= 1
    return text[begin:end]


def names_language(text: str, start: int) -> bool:
    """Whether the place named at `start` stands for its language."""
    return word_before(text, start).lower() in _LANGUAGE_WORDS


def is_introduced(text: str, start: int, end: int) -> bool:
    """Whether a name is introduced as that of someone unknown: `bernama Joko Widodo`, `عمران خان نامی`."""
    before, behind, joined = _introductions()
    word = word_before(text, start).casefold()
    after = AFTER.match(text, end)
    return (
        word in before
        or (after is not None and after[1].casefold() in behind)
        or text[max(0, start - WINDOW) : start].endswith(joined)
    )


@lru_cache(maxsize=1)
def _introductions() -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    listed = by_place("introductions.tsv")
    return frozenset(listed["before"]), frozenset(listed["behind"]), tuple(listed["joined"])


def country_before(text: str, start: int) -> int:
    """Where a place ends whose possessive stands right before a position (`Australia's `); -1 where none does."""
    found = _POSSESSIVE.search(text, max(0, start - 3), start)
    return -1 if found is None else found.start()


def is_homonym(text: str, start: int, end: int, language: str) -> bool:
    """Whether a name alone may be a word of the language: no capital in the middle of a sentence says otherwise."""
    surface = text[start:end]
    if surface.casefold() not in _homonyms().get(language.partition("-")[0], ()):
        return False
    # A case ending behind an apostrophe is a name's in Turkish.
    if text[end : end + 1] in {"'", "’"}:
        return False
    capital = surface[:1] != surface[:1].lower()
    return not capital or SENTENCE.search(text, max(0, start - WINDOW), start) is not None


@lru_cache(maxsize=1)
def _homonyms() -> dict[str, frozenset[str]]:
    return {language: frozenset(words) for language, words in by_place("homonyms.tsv").items()}


def is_junior(text: str, end: int) -> bool:
    """Whether what follows says that a son is meant: `Trump Jr.`."""
    after = AFTER.match(text, end)
    return after is not None and after[1].lower() in _JUNIORS


def follows_on(text: str, end: int, *, title_case: bool) -> bool:
    """Whether a capitalised word follows, so that a family name which comes first is another's (`Kim Hyun-woo`)."""
    after = AFTER.match(text, end)
    if after is None or not after[1][0].isupper() or title_case:
        return False
    word = after[1].casefold()
    return word not in titles() and not _is_listed(word, CALENDAR)


def goes_before(text: str, start: int, given: frozenset[str], *, title_case: bool, language: str) -> bool:
    """Whether a first name comes before a family name that comes last (`Lyudmila Putin`, `Heiko von der Leyen`).

    That is so for a first name that is known, and for an unknown capitalised word that is no title and either does not
    begin a sentence or is none of the language's frequent words. Where every word is capitalised, or none is as in
    scripts without capitals, only known first names tell.
    """
    before = word_before(text, start)
    while before in _PARTICLES:
        start -= len(before) + 1
        before = word_before(text, start)
    if not before or _is_small(before[0]):
        return False
    if before.casefold() in given or is_first_name(before.lower(), language):
        return True
    if not before[0].isupper():
        return False
    if title_case or before.isupper() or before.casefold() in titles():
        return False
    begin = start - len(before) - 1
    if begin > 0 and SENTENCE.search(text, max(0, begin - WINDOW), begin) is None:
        return True
    return _is_strange(before.lower(), language)


def _is_small(letter: str) -> bool:
    """Whether a letter is a small one; Georgian ones are by Unicode's account, but a name has no others."""
    return letter.islower() and letter.title() != letter


def is_first_name(word: str, language: str) -> bool:
    """Whether a word is on a list of first names, and not so frequent a word as `will` or `may`."""
    return _is_listed(word, FIRST_NAME) and int(lexicon().rank(keys_of([word]), language)[0]) >= _UNUSUAL


def is_half(text: str, start: int, end: int) -> bool:
    """Whether a name is a half of a longer one: `Innes-Stubb`, `Lagarde-Enval`, `梅伊·馬斯克`."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return (before[-1:] in _JOINING and before[:1].isalpha()) or (after[:1] in _JOINING and after[1:].isupper())


def is_given_name(word: str) -> bool:
    """Whether a word is on a list of first names: what looks like a case of `Niel` may be `Niels`."""
    return _is_listed(word.lower(), FIRST_NAME)


def before_family_name(text: str, end: int, language: str) -> bool:
    """Whether a family name follows, so that what looks like one is a first name (`Erdogan Zobel`)."""
    after = AFTER.match(text, end)
    if after is None or not after[1][0].isupper():
        return False
    word = after[1].lower()
    return _is_listed(word, FAMILY_NAME) and int(lexicon().rank(keys_of([word]), language)[0]) >= _UNUSUAL


def goes_on(text: str, end: int, language: str) -> bool:
    """Whether a full name goes on behind its end, so that it is another's: `Nicolás Maduro Guerra`, `… Jr.`."""
    after = AFTER.match(text, end)
    if after is None or not after[1][0].isupper():
        return False
    word = after[1].lower()
    return word in _JUNIORS or (language in _TWO_SURNAMES and _is_listed(word, FAMILY_NAME))


@lru_cache(maxsize=65_536)
def _is_listed(word: str, flag: int) -> bool:
    return int(lexicon().flags.get(keys_of([word]))[0]) & flag > 0


def _is_strange(word: str, language: str) -> bool:
    """Whether a word is none of the 30,000 most frequent, in languages whose words have few forms.

    In a language without a list it is strange where no language has it, nor a list of titles: `Duduzile Zuma`.
    """
    listed = _LISTED_AS.get(language, language)
    known, keys = lexicon(), keys_of([word])
    if listed in known.languages:
        return listed in _FEW_FORMS and int(known.rank(keys, listed)[0]) >= RARE
    named = int(known.flags.get(keys)[0]) & (TITLE | ORGANISATION_HEAD | PLACE | PLACE_HEAD | CALENDAR | LANGUAGE)
    return (
        language in _PLAIN
        and word.isascii()
        and not named
        and all(int(known.rank(keys, other)[0]) >= RARE for other in known.languages)
    )


def is_saint(text: str, start: int) -> bool:
    """Whether a saint is named: `Szent Orbán napján`."""
    return word_before(text, start).casefold() in _SAINTS


def is_family_first(text: str, end: int, language: str) -> bool:
    """Whether what follows a surname makes it another's: a first name in Hungarian, a father's name in Slavic texts."""
    after = AFTER.match(text, end)
    if after is None or not after[1][0].isupper():
        return False
    if language == "hu":
        return _is_listed(after[1].lower(), FIRST_NAME)
    return _PATRONYMIC.search(after[1]) is not None


def is_title_case(text: str, language: str) -> bool:
    """Whether nearly every word of a text is capitalised, as in headlines, or its language capitalises all nouns."""
    if language in {"de", "lb"}:
        return True
    words = re.findall(r"[^\W\d_]{4,}", text[:1000])
    capitalised = sum(word[0].isupper() for word in words)
    return len(words) >= _ENOUGH_WORDS and capitalised >= _TITLE_CASE * len(words)
