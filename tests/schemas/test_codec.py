"""Records on the wire: versions, upgrades, refusals."""

from typing import Any, ClassVar

import pytest

from schemas.codec import Newer, Record, Undecodable, Upgrade, from_millis, millis, now


def _split(plain: dict[str, Any]) -> dict[str, Any]:
    first, last = plain.pop("name").split(" ", 1)
    return {**plain, "first": first, "last": last}


class _Person(Record, frozen=True, kw_only=True):
    VERSION: ClassVar[int] = 2
    UPGRADES: ClassVar[dict[int, Upgrade]] = {1: _split}

    v: int = 2
    first: str
    last: str


def test_an_older_version_is_upgraded() -> None:
    """A record of version 1 decodes as one of version 2, by the upgrade that the type names."""
    assert _Person.decode(b'{"v":1,"name":"Choe Son Hui"}') == _Person(first="Choe", last="Son Hui")


def test_a_newer_version_is_refused() -> None:
    """A record of a version that this program does not know is not guessed at."""
    with pytest.raises(Newer, match="version 3"):
        _Person.decode(b'{"v":3,"first":"a","last":"b"}')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"v":2,"first":"a"}',
        b'{"v":2,"first":1,"last":"b"}',
        b'{"v":2,"first":"caf\xe9","last":"b"}',
        b'{"v":1,"name":"a b","other":"caf\xe9"}',
    ],
)
def test_what_is_no_record_is_undecodable(data: bytes) -> None:
    """Anything else raises the one error that dead letters are made of."""
    with pytest.raises(Undecodable):
        _Person.decode(data)


def test_times_keep_milliseconds() -> None:
    """A moment survives the way to Kafka's milliseconds and back."""
    moment = now()
    assert from_millis(millis(moment)) == moment
