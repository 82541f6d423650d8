"""Kabar's judge of languages and those it stands beside, behind one function each: a text in, a code out."""

from collections.abc import Callable
from typing import Final, NamedTuple

import langdetect
import lingua
import py3langid
import pycld2

from pipeline.language import detect

UND: Final = "und"
_CODES: Final = {"no": "nb", "iw": "he", "jw": "jv", "fil": "tl", "zh-cn": "zh", "zh-tw": "zh", "zh-Hant": "zh"}


class Answer(NamedTuple):
    """A code without script, and the probability where the judge says one."""

    code: str
    confidence: float | None = None


Judge = Callable[[str], Answer]


def judges() -> dict[str, Judge]:
    """All judges, ready: models loaded, seeds set."""
    langdetect.DetectorFactory.seed = 0
    everything = lingua.LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models().build()

    def by_lingua(text: str) -> Answer:
        found = everything.detect_language_of(text)
        return Answer(found.iso_code_639_1.name.lower() if found else UND)

    made: dict[str, Judge] = {
        "Kabar": by_kabar,
        "langdetect": by_langdetect,
        "lingua": by_lingua,
        "py3langid": lambda text: _answer(py3langid.classify(text)[0]),
        "pycld2": by_pycld2,
    }
    for judge in made.values():
        judge("The models are loaded with the first text that is judged.")
    return made


def by_kabar(text: str) -> Answer:
    """Kabar, as `kabar enrich` asks it: the text as a title, without a hint."""
    found = detect(text, "", "") if len(text) <= 200 else detect("", "", text)
    return _answer(found.code)._replace(confidence=found.confidence)


def by_langdetect(text: str) -> Answer:
    """langdetect, seeded; it raises where it finds no letters."""
    try:
        return _answer(langdetect.detect(text))
    except langdetect.LangDetectException:
        return Answer(UND)


def by_pycld2(text: str) -> Answer:
    """CLD2 with its best effort for short texts; it raises on some control characters."""
    try:
        return _answer(pycld2.detect(text.encode("utf-8", "ignore"), isPlainText=True, bestEffort=True)[2][0][1])
    except pycld2.error:
        return Answer(UND)


def _answer(code: str) -> Answer:
    code = _CODES.get(code, code)
    return Answer(UND if code == "un" else code.split("-", maxsplit=1)[0])
