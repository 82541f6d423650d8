"""In what language an item is: script first, then letters, then langdetect's profiles, and the feed's hint last.

sample ─► scripts ─┬─ one language's own script ───────────────────────────► answer
                   ├─ Han: simplified or traditional by characters ────────► answer
                   └─ Latin, Cyrillic, Arabic, Devanagari, Bengali, Hebrew
                         letters that one language has ────────────────────► answer
                         n-gram profiles of the languages of that script ──► answer, or `und`
                                                                                └─ the hint, where it fits
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from babel.core import get_global

from pipeline.language.groups import TAKEN_FOR, language_group
from pipeline.language.han import chinese
from pipeline.language.letters import by_letters
from pipeline.language.markers import by_words
from pipeline.language.profiles import probabilities, score
from pipeline.language.sample import sample
from pipeline.language.scripts import ALONE, only, weights


@dataclass(frozen=True, slots=True)
class Language:
    """A language with the probability that it is right.

    `code` is BCP 47, `und` where the text cannot tell; then `reason` says why: `no letters`, `too short`, `mixed`,
    `unsure` or `script unknown`. `second` is a further language of a mixed text, or the runner-up where it is close.
    """

    code: str
    confidence: float
    second: str | None = None
    reason: str | None = None


_LATIN: Final = "af ca cs cy da de en es et fi fr hr hu id it lt lv nb nl pl pt ro sk sl so sq sv sw tl tr vi"
# The languages that langdetect tells apart within a script. A script not listed here has no profile.
_PROFILED: Final = {
    "Cyrl": frozenset({"ru", "uk", "bg", "mk"}),
    "Arab": frozenset({"ar", "fa", "ur"}),
    "Deva": frozenset({"hi", "mr", "ne"}),
    "Beng": frozenset({"bn"}),
    "Hebr": frozenset({"he"}),
    "Latn": frozenset(_LATIN.split()),
}

_MARKED: Final = frozenset({"Latn", "Cyrl"})

# Fewer letters than this tell nothing in a script that many languages share.
_FEWEST_SHARED: Final = 12
_FEWEST_ALONE: Final = 2
# A script below this share of all letters does not stand for the text.
_MAJORITY: Final = 0.6
_SECOND_SHARE: Final = 0.2
_KANA_SHARE: Final = 0.05
# Below this probability an answer is no better than saying nothing.
_SURE: Final = 0.55
_CLOSE: Final = 0.12
_HINT_CONFIDENCE: Final = 0.5
# Softening of the profiles' product, whose n-grams overlap and so count threefold: probability = softmax(s / (a n^b)).
# a and b were fitted on 6,000 sentences in 50 languages (log loss 0.100): of answers near 0.9, 0.9 are right.
_SOFT_FACTOR: Final = 1.6
_SOFT_POWER: Final = 0.25


def detect(title: str, summary: str, body: str, hint: str | None = None) -> Language:
    """The language of an item.

    The same text has the same answer on any machine, in any order and in any thread. `hint` (the feed's language) is
    weak evidence: it decides where the text cannot, between close candidates, and between a language without a
    profile and those it is taken for; it never overrules clear text.
    """
    text = sample(title, summary, body)
    found = _of_text(text)
    wanted = _canonical(hint)
    return _with_hint(found, wanted, text) if wanted else found


def _of_text(text: str) -> Language:
    shares = weights(text)
    if not shares:
        return Language("und", 0.0, reason="no letters")
    # Japanese is written in kana and Han together, Chinese without kana.
    if shares["Jpan"] > _KANA_SHARE * shares["Hani"] and shares["Jpan"]:
        shares["Jpan"] += shares.pop("Hani", 0)
    total = sum(shares.values())
    (script, weight), *others = shares.most_common()
    first = _of_script(only(text, script) if others else text, script, weight)
    second = None
    if others and others[0][1] >= _SECOND_SHARE * total:
        other = _of_script(only(text, others[0][0]), others[0][0], others[0][1])
        second = other.code if other.code != "und" else None
    if weight < _MAJORITY * total and second is not None and first.code != "und":
        return Language("und", first.confidence * weight / total, first.code, "mixed")
    return replace(first, second=second or first.second)


def _of_script(text: str, script: str, weight: int) -> Language:
    if script in ALONE:
        sure = 0.99 if weight > _FEWEST_SHARED else 0.9
        return Language(ALONE[script], sure) if weight >= _FEWEST_ALONE else Language("und", 0.0, reason="too short")
    if script == "Hani":
        return _of_han(text)
    if script not in _PROFILED or weight < _FEWEST_SHARED:
        return Language("und", 0.0, reason="too short" if script in _PROFILED else "script unknown")
    lowered = text.lower() if _shouts(text) else text
    own = by_letters(lowered, script) or _of_special(lowered, script)
    if own is not None and own not in _PROFILED[script]:
        return Language(own, 0.95)
    return _by_profiles(lowered, script, frozenset({own}) if own else _PROFILED[script])


def _by_profiles(text: str, script: str, languages: frozenset[str]) -> Language:
    scores = score(text)
    if not scores.known:
        return Language("und", 0.0, reason="unsure")
    ranked = probabilities(scores, languages, _SOFT_FACTOR * scores.known**_SOFT_POWER).most_common(2)
    code, probability = ranked[0]
    runner = ranked[1][0] if len(ranked) > 1 and ranked[1][1] >= _CLOSE else None
    if (other := by_words(text, code, _PROFILED[script])) is not None and script in _MARKED:
        return Language(other.code, other.confidence, code)
    if probability < _SURE:
        return Language("und", probability, code, "unsure")
    return Language(code, min(probability, 0.999), runner)


def _of_han(text: str) -> Language:
    code, share = chinese(text)
    number = sum(character.isalpha() for character in text)
    if number < _FEWEST_ALONE:
        return Language("und", 0.0, reason="too short")
    if code is None:
        # Han alone without a telling character: most likely Chinese, of either script; short Japanese too.
        return (
            Language("zh-Hans", _HINT_CONFIDENCE)
            if number >= _FEWEST_SHARED
            else Language("und", 0.4, "zh-Hans", "too short")
        )
    return Language(code, 0.6 + 0.39 * share * min(1.0, number / _FEWEST_SHARED))


# Letters of one language within a script that by_letters does not treat.
_SPECIAL: Final = {"Beng": (("as", "ৰৱ"),), "Hebr": (("yi", "ײװױאַאָ"),)}


def _of_special(text: str, script: str) -> str | None:
    for code, letters in _SPECIAL.get(script, ()):
        points = set(letters) - set("א")
        if sum(character in points for character in text) >= max(2, len(text) // 100):
            return code
    return None


def _shouts(text: str) -> bool:
    """Whether most letters are capitals; langdetect skips words in capitals, so nothing would be left."""
    upper = sum(map(str.isupper, text))
    return upper > sum(map(str.islower, text))


def _with_hint(found: Language, hint: str, text: str) -> Language:
    if found.code == hint or found.reason == "no letters":
        return found
    if found.code == "und":
        return _believed(found, hint, text)
    if found.code in TAKEN_FOR.get(hint, frozenset()):
        return Language(hint, min(found.confidence, 0.8), found.code)
    if found.second == hint and (found.confidence < 1 - _CLOSE or language_group(found.code) == language_group(hint)):
        return Language(hint, max(1 - found.confidence, _HINT_CONFIDENCE), found.code)
    if found.code.startswith("zh-") and hint == "ja" and found.confidence <= _HINT_CONFIDENCE:
        return Language("ja", _HINT_CONFIDENCE, found.code)
    return found


def _believed(found: Language, hint: str, text: str) -> Language:
    """A text that cannot tell is in the hinted language where that is written in the text's script."""
    script = script_of(hint)
    written = weights(text).most_common(1)[0][0]
    if script == written or {script, written} <= {"Jpan", "Hani"}:
        return Language(hint, _HINT_CONFIDENCE, found.second)
    return found


def _canonical(hint: str | None) -> str | None:
    """A hint as BCP 47 in this project's form, or None: `in_ID` is `id`, `zh-TW` is `zh-Hant`, `no` is `nb`."""
    if not hint or hint == "und":
        return None
    parts = hint.strip()[:35].replace("_", "-").split("-")
    base = {"in": "id", "iw": "he", "ji": "yi", "no": "nb", "fil": "tl", "mo": "ro"}.get(
        parts[0].lower(), parts[0].lower()
    )
    if base == "zh":
        rest = {part.lower() for part in parts[1:]}
        return "zh-Hant" if rest & {"hant", "tw", "hk", "mo"} else "zh-Hans"
    return base if script_of(base) else None


@lru_cache(maxsize=512)
def script_of(language: str) -> str | None:
    """The script that a language is mostly written in (ISO 15924), by CLDR's likely subtags; None if unknown."""
    base = language.split("-", maxsplit=1)[0]
    if base == "zh":
        return "Hani"
    likely = get_global("likely_subtags").get(base)
    return str(likely.split("_", maxsplit=2)[1]) if likely else None
