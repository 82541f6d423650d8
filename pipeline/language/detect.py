"""In what language an item is: script first, then words, letter sequences and CLD2 as one sum, the feed's hint last.

sample ─► scripts ─┬─ one language's own script ──────────────────────────────► answer
                   ├─ Han: simplified or traditional by characters ───────────► answer
                   ├─ Devanagari: langdetect's profiles ──────────────────────► answer, or `und`
                   └─ Latin, Cyrillic, Arabic, Ethiopic: table + CLD2 ────────► answer, or `und`
                        └─ CLD2 sees two languages: sentence by sentence          └─ the hint, where it fits
"""

from dataclasses import dataclass, replace
from typing import Final

from pipeline.language import judge
from pipeline.language.calibration import calibration
from pipeline.language.groups import TAKEN_FOR, language_group
from pipeline.language.han import chinese
from pipeline.language.locales import canonical, script_of
from pipeline.language.parts import parts
from pipeline.language.passage import Passage, passage
from pipeline.language.profiles import probabilities, score
from pipeline.language.sample import sample
from pipeline.language.scripts import ALONE


@dataclass(frozen=True, slots=True)
class Language:
    """A language with the probability that it is right.

    `code` is BCP 47, `und` where the text cannot tell; then `reason` says why: `no letters`, `too short`, `only names`,
    `mixed`, `unsure` or `script unknown`. `second` is a further language of a mixed text, or the runner-up where it is
    close.
    """

    code: str
    confidence: float
    second: str | None = None
    reason: str | None = None


# The languages that langdetect tells apart within a script that the table has not, and how much text it needs for it.
_PROFILED: Final = {"Deva": ("hi", "mr", "ne")}
_PROFILED_LENGTH: Final = 240

# Fewer letters than this tell nothing in a script that many languages share.
_FEWEST_SHARED: Final = 8
_FEWEST_ALONE: Final = 2
_FEWEST_HAN: Final = 12
# A script or language below this share of all letters does not stand for the text.
_MAJORITY: Final = 0.6
_SECOND_SHARE: Final = 0.2
_KANA_SHARE: Final = 0.05
# Below this probability an answer is no better than saying nothing. Few words are often names and titles, which are
# the same everywhere, so they have to be surer. Chosen on the tuning half of the sentences.
_SURE: Final = 0.45
_SURE_OF_FEW: Final = 0.82
_FEW, _MANY = 4, 10
_CLOSE: Final = 0.12
_HINT_CONFIDENCE: Final = 0.5
_SUREST: Final = 0.999
# Texts of at most this many words may be names and nothing else.
_NAMES: Final = 6
# Shorter texts have no second language.
_FEWEST_MIXED: Final = 80
# A text of this many words is nearly always this clear when it is in one language.
_MIXED_WORDS: Final = 14
_CLEAR: Final = 0.97
# Softening of the profiles' product, whose n-grams overlap and so count threefold: probability = softmax(s / (a n^b)).
# a and b were fitted on 6,000 sentences in 50 languages (log loss 0.100): of answers near 0.9, 0.9 are right.
_SOFT_FACTOR: Final = 1.6
_SOFT_POWER: Final = 0.25


def detect(title: str, summary: str, body: str, hint: str | None = None) -> Language:
    """The language of an item.

    The same text has the same answer on any machine, in any order and in any thread. `hint` (the feed's language) is
    weak evidence: it decides where the text cannot, between close candidates, and between a language that is not told
    apart and those it is taken for; it never overrules clear text.
    """
    text = passage(sample(title, summary, body))
    wanted = canonical(hint)
    found = _of_text(text, wanted)
    return _with_hint(found, wanted, text) if wanted else found


def _of_text(text: Passage, hint: str | None) -> Language:
    shares = text.weights()
    if not shares:
        return Language("und", 0.0, reason="no letters")
    # Japanese is written in kana and Han together, Chinese without kana.
    if shares.get("Jpan", 0) > _KANA_SHARE * shares.get("Hani", 0):
        shares = {"Jpan": shares["Jpan"] + shares.pop("Hani", 0), **{k: v for k, v in shares.items() if k != "Jpan"}}
    total = sum(shares.values())
    (script, weight), *others = sorted(shares.items(), key=lambda pair: -pair[1])
    first = _of_script(text.only(script) if others else text, script, weight, hint)
    second = None
    if others and others[0][1] >= _SECOND_SHARE * total:
        other = _of_script(text.only(others[0][0]), others[0][0], others[0][1], None)
        second = other.code if other.code != "und" else None
    if weight < _MAJORITY * total and second is not None and first.code != "und":
        return Language("und", first.confidence * weight / total, first.code, "mixed")
    return replace(first, second=second or first.second)


def _of_script(text: Passage, script: str, weight: int, hint: str | None) -> Language:
    if script in ALONE:
        sure = 0.99 if weight > _FEWEST_SHARED else 0.9
        code = _of_special(text.text, script) or ALONE[script]
        return Language(code, sure) if weight >= _FEWEST_ALONE else Language("und", 0.0, reason="too short")
    if script == "Hani":
        return _of_han(text.text)
    if script not in judge.SCRIPTS and script not in _PROFILED:
        return Language("und", 0.0, reason="script unknown")
    if weight < _FEWEST_SHARED:
        return Language("und", 0.0, reason="too short")
    if script in judge.SCRIPTS:
        return _by_table(text, script, hint)
    return _by_profiles(text.text[:_PROFILED_LENGTH], _PROFILED[script])


def _by_table(text: Passage, script: str, hint: str | None) -> Language:
    """The table's and CLD2's answer where it is sure enough for so many words."""
    found = judge.judge(text, script, hint)
    (code, probability), *others = found.ranked
    runner = others[0][0] if others and others[0][1] >= _CLOSE else None
    if len(text.text) >= _FEWEST_MIXED and (mixed := _of_parts(text.text, script, found)) is not None:
        return mixed
    if found.words <= _NAMES and judge.only_names(text.text, code):
        return Language("und", probability, code, "only names")
    if (probability if found.words <= _FEW else _of_group(found)) < needed(found.words):
        return Language("und", probability, code, "too short" if found.words <= _FEW else "unsure")
    return Language(code, min(calibration().told(probability), _SUREST), runner)


def _of_parts(text: str, script: str, found: judge.Verdict) -> Language | None:
    """A first and a second language by sentences, where there may be two; None where the sentences are of one."""
    (first, share), *others = found.votes.shares or (("und", 0.0),)
    seen = bool(others) and others[0][1] >= _SECOND_SHARE and language_group(first) != language_group(others[0][0])
    if not seen and (found.words < _MIXED_WORDS or _clear(found)):
        return None
    told = parts(text, script)
    total = sum(told.values())
    (code, most), *rest = told.most_common(2) or [("und", 0)]
    if not rest or rest[0][1] < _SECOND_SHARE * total:
        return None
    if most < _MAJORITY * total:
        return Language("und", most / total, code, "mixed")
    return Language(code, min(_SUREST, max(share, most / total)), rest[0][0])


def _clear(found: judge.Verdict) -> bool:
    """Whether nearly all of the probability is on one language and its neighbours."""
    return _of_group(found) > _CLEAR


def _of_group(found: judge.Verdict) -> float:
    """What the first language and its neighbours have together: which of them it is may stay less sure."""
    group = language_group(found.ranked[0][0])
    return sum(probability for code, probability in found.ranked if language_group(code) == group)


def needed(words: int) -> float:
    """How probable an answer from so many words has to be."""
    share = min(1.0, max(0.0, (words - _FEW) / (_MANY - _FEW)))
    return _SURE_OF_FEW + share * (_SURE - _SURE_OF_FEW)


def _by_profiles(text: str, languages: tuple[str, ...]) -> Language:
    scores = score(text, languages)
    if not scores.known:
        return Language("und", 0.0, reason="unsure")
    ranked = probabilities(scores, _SOFT_FACTOR * scores.known**_SOFT_POWER).most_common(2)
    code, probability = ranked[0]
    runner = ranked[1][0] if len(ranked) > 1 and ranked[1][1] >= _CLOSE else None
    if probability < needed(text.count(" ") + 1):
        return Language("und", probability, code, "unsure")
    return Language(code, min(probability, _SUREST), runner)


def _of_han(text: str) -> Language:
    code, share = chinese(text)
    number = sum(character.isalpha() for character in text)
    if number < _FEWEST_ALONE:
        return Language("und", 0.0, reason="too short")
    if code is None:
        # Han alone without a telling character: most likely Chinese, of either script; short Japanese too.
        return (
            Language("zh-Hans", _HINT_CONFIDENCE)
            if number >= _FEWEST_HAN
            else Language("und", 0.4, "zh-Hans", "too short")
        )
    return Language(code, 0.6 + 0.39 * share * min(1.0, number / _FEWEST_HAN))


# Letters of one language within a script that the profiles do not tell apart.
_SPECIAL: Final = {"Beng": (("as", "ৰৱ"),), "Hebr": (("yi", "ײװױײַאַאָ"),)}


def _of_special(text: str, script: str) -> str | None:
    for code, letters in _SPECIAL.get(script, ()):
        points = set(letters) - set("אי")
        if sum(character in points for character in text) >= max(2, len(text) // 100):
            return code
    return None


def _with_hint(found: Language, hint: str, text: Passage) -> Language:
    if found.code == hint or found.reason == "no letters" or language_base(found.code) == hint:
        return found
    if found.code == "und":
        return _believed(found, hint, text)
    if found.code in TAKEN_FOR.get(hint, frozenset()):
        return Language(hint, min(found.confidence, 0.8), found.code)
    if found.code.startswith("zh-") and hint == "ja" and found.confidence <= _HINT_CONFIDENCE:
        return Language("ja", _HINT_CONFIDENCE, found.code)
    return found


def language_base(code: str) -> str:
    """A code without its script."""
    return code.split("-", maxsplit=1)[0]


def _believed(found: Language, hint: str, text: Passage) -> Language:
    """A text that cannot tell is in the hinted language where that is written in the text's script."""
    script = script_of(hint)
    written = next(iter(text.weights()))
    if script == written or {script, written} <= {"Jpan", "Hani"} or (hint == "sr" and written == "Latn"):
        code = {"Latn": "sr-Latn", "Cyrl": "sr-Cyrl"}.get(written, hint) if hint == "sr" else hint
        return Language(code, _HINT_CONFIDENCE, found.second)
    return found
