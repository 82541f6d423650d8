"""One record of Kafka as the steps see it, apart from any client."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One record as read. `timestamp_ms` is the broker's or producer's, milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    timestamp_ms: int
