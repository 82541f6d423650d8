"""What the outside systems can answer amiss, apart from the modules that speak to them: catching costs no client.

BrokerError         Kafka cannot be reached or refused; trying again later may help
TooLarge            a record over the size that the topics take; it belongs in the dead letters
IndexUnavailable    Elasticsearch does not answer or cannot now; trying again later may help
IndexRefused        Elasticsearch refuses the request itself; trying again is no use
"""

from collections.abc import Callable


class Told(Exception):
    """An error whose sentence can be told in the reader's language.

    `text` is its English, with `{}` as in `str.format` for each of `values`; `cause` is what a server or a library
    said of it, in its own words. `str()` is the English with the cause in parentheses.
    """

    def __init__(self, text: str, *values: object, cause: object = "") -> None:
        self.text = text
        self.values = values
        self.cause = str(cause)
        sentence = self.told(str)
        super().__init__(f"{sentence} ({self.cause})" if self.cause else sentence)

    def told(self, say: Callable[[str], str]) -> str:
        """The sentence in the language of `say`, which gives a phrase for its English; without the cause."""
        # One without values may hold braces of its own, a path's for instance.
        return say(self.text).format(*self.values) if self.values else say(self.text)


class BrokerError(Told, RuntimeError):
    """Kafka cannot be reached or refused; trying again later may help."""


class TooLarge(ValueError):
    """A record over the size that the topics take; it belongs in the dead letters."""


class IndexUnavailable(Told, RuntimeError):
    """Elasticsearch does not answer or cannot now; trying again later may help."""


class IndexRefused(ValueError):
    """Elasticsearch refuses the request itself."""
