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

# Languages that no text tells, and those that their texts are taken for. A text judged to be the latter whose feed
# says the former is believed to be what the feed says.
TAKEN_FOR: Final = {
    "cnr": frozenset({"hr", "bs", "sr", "sr-Latn", "sr-Cyrl"}),
    "sr": frozenset({"hr", "bs"}),
    "prs": frozenset({"fa"}),
    "yue": frozenset({"zh-Hant", "zh-Hans"}),
    "wuu": frozenset({"zh-Hans", "zh-Hant"}),
    "bho": frozenset({"hi"}),
    "mai": frozenset({"hi", "ne"}),
    "ti": frozenset({"am"}),
    "dz": frozenset({"bo"}),
    "az": frozenset({"tr"}),
    "azb": frozenset({"fa"}),
    "pnb": frozenset({"ur"}),
    "ks": frozenset({"ur"}),
}


def language_group(code: str) -> str:
    """The group of a BCP 47 code, which is the key of the stories: `id-ms`, `zh`, …, or the code itself."""
    return _GROUP_OF.get(code) or _GROUP_OF.get(code.split("-", maxsplit=1)[0], code)


def groups() -> frozenset[str]:
    """The names of all groups with more than one language."""
    return frozenset(name for name, _ in _GROUPS)
