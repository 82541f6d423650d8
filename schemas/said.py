"""Sentences for people as values: told in the reader's language when they are shown, not when they are made."""

from collections.abc import Callable

import msgspec

Say = Callable[[str], str]


class Said(msgspec.Struct, frozen=True):
    """A sentence: its English, with `{}` as in `str.format` for each value; a value may be a sentence itself.

    `str()` is the English. A translation has the same places for the same values.
    """

    text: str
    values: tuple[object, ...] = ()

    def told(self, say: Say = str) -> str:
        """The sentence in the language of `say`, which gives a phrase for its English."""
        values = [value.told(say) if isinstance(value, Said) else value for value in self.values]
        # One without values may hold braces of its own, a path's for instance.
        return say(self.text).format(*values) if values else say(self.text)

    def __str__(self) -> str:
        """The sentence in English."""
        return self.told()


class Mistake(ValueError):
    """A mistake in what was asked for; the sentence says what to change."""

    def __init__(self, text: str | Said, *values: object) -> None:
        self.sentence = text if isinstance(text, Said) else Said(text, values)
        super().__init__(str(self.sentence))
