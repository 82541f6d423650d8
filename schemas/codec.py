"""Records to bytes and back: JSON with a version in each record, older versions upgraded on the way in.

A record is a frozen struct. On the wire it is one JSON object whose `v` is the version of its shape. A reader knows
its own version and every older one; a newer one is refused with `Newer`, since guessing at it could lose fields.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import msgspec

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]


class Undecodable(ValueError):
    """Bytes that are not the record expected. The message says why, for a dead letter."""


class Newer(Undecodable):
    """A record of a version that this program does not know yet: upgrade Kabar."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The base of everything that crosses a topic.

    `VERSION` is the shape's number, `UPGRADES[n]` turns a plain object of version n into one of version n + 1.
    A new field with a default needs neither.
    """

    VERSION: ClassVar[int] = 1
    UPGRADES: ClassVar[dict[int, Upgrade]] = {}

    v: int = 1

    def encode(self) -> bytes:
        """This record as UTF-8 JSON."""
        return _encoder.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The record that these bytes hold, upgraded when it is of an older version.

        Raises:
            Newer: the record's version is above this program's.
            Undecodable: not JSON, not UTF-8, nested too deep, a field is missing, or a field has the wrong type.
        """
        decoder = _decoders.get(cls)
        if decoder is None:
            decoder = _decoders[cls] = msgspec.json.Decoder(cls)
        try:
            record: Self = decoder.decode(data)
        except RecursionError as error:
            raise Undecodable("nested too deep") from error
        except msgspec.DecodeError as error:
            if cls.UPGRADES and isinstance(error, msgspec.ValidationError):
                return cls._upgrade(data)
            raise Undecodable(str(error)) from error
        except UnicodeDecodeError as error:
            raise Undecodable(f"not UTF-8: {error}") from error
        if record.v == cls.VERSION:
            return record
        return cls._upgrade(data)

    @classmethod
    def _upgrade(cls, data: bytes) -> Self:
        try:
            plain = msgspec.json.decode(data)
        except UnicodeDecodeError as error:  # in a field that the record has not, which the first reading passed over
            raise Undecodable(f"not UTF-8: {error}") from error
        if not isinstance(plain, dict):
            raise Undecodable(f"not a JSON object but {type(plain).__name__}")
        version = plain.get("v", 1)
        if version > cls.VERSION:
            raise Newer(f"a {cls.__name__} of version {version}; this Kabar knows up to {cls.VERSION}")
        while version < cls.VERSION:
            plain = cls.UPGRADES.get(version, _unchanged)(plain)
            version += 1
            plain["v"] = version
        try:
            return msgspec.convert(plain, cls)
        except msgspec.ValidationError as error:
            raise Undecodable(str(error)) from error


def _unchanged(plain: dict[str, Any]) -> dict[str, Any]:
    return plain


_encoder = msgspec.json.Encoder()
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def now() -> datetime:
    """This moment in UTC, cut to milliseconds, as Elasticsearch and Kafka keep it."""
    return from_millis(int(datetime.now(UTC).timestamp() * 1000))


def millis(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_millis(value: int) -> datetime:
    """The UTC moment of so many milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1000, UTC)
