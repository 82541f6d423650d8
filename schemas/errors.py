"""What the outside systems can answer amiss, apart from the modules that speak to them: catching costs no client.

BrokerError         Kafka cannot be reached or refused; trying again later may help
TooLarge            a record over the size that the topics take; it belongs in the dead letters
IndexUnavailable    Elasticsearch does not answer or cannot now; trying again later may help
IndexRefused        Elasticsearch refuses the request itself; trying again is no use
"""

from schemas.said import Said


class Told(Exception):
    """An error whose sentence can be told in the reader's language.

    `text` and `values` are those of its `sentence`; `cause` is what a server or a library said of it, in its own words.
    `str()` is the English with the cause in parentheses.
    """

    def __init__(self, text: str, *values: object, cause: object = "") -> None:
        self.sentence = Said(text, values)
        self.cause = str(cause)
        super().__init__(f"{self.sentence} ({self.cause})" if self.cause else str(self.sentence))


class BrokerError(Told, RuntimeError):
    """Kafka cannot be reached or refused; trying again later may help."""


class TooLarge(ValueError):
    """A record over the size that the topics take; it belongs in the dead letters."""


class IndexUnavailable(Told, RuntimeError):
    """Elasticsearch does not answer or cannot now; trying again later may help."""


class IndexRefused(ValueError):
    """Elasticsearch refuses the request itself."""
