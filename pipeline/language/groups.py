"""Languages that write nearly the same: one partition of stories for each group, and whom a hint may tell apart."""

from typing import Final

_GROUPS: Final = (
    ("id-ms", ("id", "ms", "zsm", "ind", "may")),
    ("zh", ("zh", "zh-Hans", "zh-Hant", "yue", "wuu")),
    ("bs-hr-sr-cnr", ("bs", "hr", "sr", "cnr", "sh", "sr-Latn", "sr-Cyrl")),
    ("da-nb", ("da", "nb", "nn", "no")),
    ("cs-sk", ("cs", "sk")),
    ("bg-mk", ("bg", "mk")),
    ("fa-prs", ("fa", "prs")),
    ("fil-tl", ("fil", "tl")),
    ("ro-mo", ("ro", "mo")),
)
_GROUP_OF: Final = {code: group for group, codes in _GROUPS for code in codes}

# Languages without a langdetect profile, and the languages with one that their texts are taken for. A text judged to
# be the latter whose feed says the former is believed to be what the feed says.
TAKEN_FOR: Final = {
    "ms": frozenset({"id"}),
    "zsm": frozenset({"id"}),
    "jv": frozenset({"id"}),
    "su": frozenset({"id"}),
    "bs": frozenset({"hr", "sl"}),
    "sr": frozenset({"hr", "sl", "mk"}),
    "cnr": frozenset({"hr", "sl", "sr", "mk"}),
    "nn": frozenset({"nb", "da"}),
    "gl": frozenset({"pt", "es"}),
    "oc": frozenset({"ca", "fr"}),
    "eu": frozenset({"et", "tl", "fi"}),
    "lb": frozenset({"de", "nl"}),
    "fy": frozenset({"nl", "af"}),
    "fo": frozenset({"da", "nb", "is"}),
    "ga": frozenset({"en", "cy"}),
    "az": frozenset({"tr"}),
    "tk": frozenset({"tr"}),
    "uz": frozenset({"tr", "so", "ru", "bg"}),
    "kk": frozenset({"ru", "bg", "uk", "mk"}),
    "ky": frozenset({"ru", "bg", "mk"}),
    "mn": frozenset({"ru", "bg", "mk"}),
    "tg": frozenset({"ru", "bg", "mk"}),
    "tt": frozenset({"ru", "bg"}),
    "be": frozenset({"ru", "uk", "bg"}),
    "ha": frozenset({"so", "tl", "sw", "id"}),
    "yo": frozenset({"vi", "so", "pt"}),
    "ig": frozenset({"vi", "so", "tl"}),
    "zu": frozenset({"sw", "so"}),
    "xh": frozenset({"sw", "so"}),
    "st": frozenset({"sw", "so", "tl"}),
    "tn": frozenset({"sw", "so", "tl"}),
    "sn": frozenset({"sw", "so"}),
    "rw": frozenset({"sw", "so"}),
    "lg": frozenset({"sw", "so"}),
    "prs": frozenset({"fa"}),
    "ps": frozenset({"fa", "ur", "ar"}),
    "ckb": frozenset({"fa", "ur", "ar"}),
    "sd": frozenset({"fa", "ur", "ar"}),
    "as": frozenset({"bn"}),
    "yi": frozenset({"he"}),
    "ti": frozenset({"am"}),
    "yue": frozenset({"zh-Hant", "zh-Hans"}),
    "bho": frozenset({"hi"}),
    "mai": frozenset({"hi", "ne"}),
    "fil": frozenset({"tl"}),
    "ceb": frozenset({"tl"}),
    "mt": frozenset({"it", "ro"}),
    "la": frozenset({"it", "ro"}),
    "ku": frozenset({"tr"}),
}


def language_group(code: str) -> str:
    """The group of a BCP 47 code, which is the key of the stories: `id-ms`, `zh`, …, or the code itself."""
    return _GROUP_OF.get(code) or _GROUP_OF.get(code.split("-", maxsplit=1)[0], code)


def groups() -> frozenset[str]:
    """The names of all groups with more than one language."""
    return frozenset(name for name, _ in _GROUPS)
