"""Whether what stands beside an ambiguous name says that the figure is meant."""

from functools import lru_cache

from pipeline.figures import Tracked
from pipeline.reasons import because, clauses
from pipeline.rules.facts import Facts, fold, fold_text
from schemas.document import Mention

# How far from an ambiguous name a word of its context may stand, in code points; title and lead are read as one.
WINDOW = 300


def context_of(facts: Facts, figure: Tracked, mention: Mention) -> str | None:
    """What decided that a mention is the figure's: empty where its name needs nothing, None where nothing did."""
    if not figure.ambiguous or not is_ambiguous(figure, mention):
        return ""
    for other in facts.named.get(figure.id, ()):
        if not is_ambiguous(figure, other):
            return because("also named {}", other.text)
    near = _near(facts, mention)
    for word in figure.context:
        folded = fold(word)
        if f" {folded} " in near or (folded in near and not folded.isascii()):
            return because("beside “{}”", word)
        if folded in facts.keys or word in facts.keys:
            return because("named with {}", word)
    return None


def is_ambiguous(figure: Tracked, mention: Mention) -> bool:
    """Whether a mention is of a name that others have too."""
    names = _folded(figure.ambiguous)
    if fold(mention.text) in names:
        return True
    # An inflected form: the reason tells the alias.
    first = clauses(mention.why)[:1]
    return any(clause.text == "case form {}" and fold(clause.value) in names for clause in first)


def _near(facts: Facts, mention: Mention) -> str:
    item = facts.item
    around = item.body[max(0, mention.start - WINDOW) : mention.end + WINDOW] if mention.field == "body" else ""
    lead = item.body[: facts.lead_end]
    return f" {fold_text(f'{item.title} {item.summary} {lead} {around}')} "


@lru_cache(maxsize=65_536)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold(name) for name in names)
