"""What the outside systems can answer amiss, apart from the modules that speak to them: catching costs no client.

BrokerError         Kafka cannot be reached or refused; trying again later may help
TooLarge            a record over the size that the topics take; it belongs in the dead letters
IndexUnavailable    Elasticsearch does not answer or cannot now; trying again later may help
IndexRefused        Elasticsearch refuses the request itself; trying again is no use
"""


class BrokerError(RuntimeError):
    """Kafka cannot be reached or refused; trying again later may help."""


class TooLarge(ValueError):
    """A record over the size that the topics take; it belongs in the dead letters."""


class IndexUnavailable(RuntimeError):
    """Elasticsearch does not answer or cannot now; trying again later may help."""


class IndexRefused(ValueError):
    """Elasticsearch refuses the request itself."""
