"""A rule in a line, for people, in the words of a reader's language."""

from collections.abc import Callable
from typing import Final

from schemas.rule import DEFAULT_RULE, Rule, When

# What is one thing to tell of, and every other phrase that `describe` says: what a translation must have.
ONCE: Final[dict[When, str]] = {
    "story": "once a story", "item": "every outlet", "revision": "every revision", "event": "once an event",
    "enters": "entering a headline", "leaves": "leaving a headline", "spike": "on a spike",
    "silence": "not named for {} h",
}  # fmt: skip
PHRASES: Final = frozenset({
    *ONCE.values(), "or", "and", "group {}", "anyone tracked", "search {}", "in {}", "from {}", "naming {}",
    "in the {}", "title", "lead", "body", "together with {}", "at once", "at once and counted after {} min",
    "digest {} {}", "at most {} in {} min", "quiet {} {}",
})  # fmt: skip


def describe(rule: Rule, say: Callable[[str], str] = str) -> str:
    """The rule in a line; `say` gives a phrase of `PHRASES` in the reader's language."""
    conditions, tell = rule.conditions, rule.tell
    either = f" {say('or')} ".join
    whom = [*conditions.figure_names, *(say("group {}").format(group) for group in conditions.groups)]
    whom += [say("anyone tracked")] if conditions.any_figure or rule.id == DEFAULT_RULE else []
    words = [either(whom)] if whom else []
    words += [say("search {}").format(conditions.search)] if conditions.search else []
    parts = tuple(say(part) for part in conditions.parts)
    for phrase, values in (("in {}", conditions.languages), ("from {}", conditions.sources),
                           ("naming {}", conditions.places), ("in the {}", parts)):  # fmt: skip
        words += [say(phrase).format(either(values))] if values else []
    if conditions.together:
        words.append(say("together with {}").format(f" {say('and')} ".join(conditions.together)))
    words.append(say(ONCE[rule.when]).format(tell.silence_hours))
    words.append({
        "once": say("at once"),
        "count": say("at once and counted after {} min").format(tell.count_minutes),
        "digest": say("digest {} {}").format(tell.digest, tell.zone),
    }[tell.how])  # fmt: skip
    words += [say("at most {} in {} min").format(tell.cap, tell.cap_minutes)] if tell.cap else []
    words += [say("quiet {} {}").format(tell.quiet, tell.zone)] if tell.quiet else []
    return ", ".join(words)
