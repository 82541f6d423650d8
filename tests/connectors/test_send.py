"""Into Kafka: what goes where, and when it is waited for."""

import msgspec

from connectors.pacing import EVERY, LAG_LIMIT
from connectors.protocol import Refused
from connectors.send import Sent, send
from schemas.codec import now
from schemas.deadletter import DeadLetter
from schemas.item import Item
from schemas.topics import BACKFILL, DEADLETTERS, ITEMS
from tests.connectors.kept import Kept


def item(number: int) -> Item:
    """A small item."""
    return Item(id=f"i{number}", source="s", fetched_at=now(), title=f"Title {number}")


def test_items_and_refusals_go_to_their_topics() -> None:
    """Items by their id, refusals as dead letters; all of it is flushed before `send` returns."""
    kept = Kept()
    refused = Refused(reason="not JSON", origin="a.jsonl:2", raw=b"xx")
    assert send([item(1), refused, item(2)], kept) == Sent(sent=2, refused=1)
    assert [Item.decode(value).id for value in kept.on(ITEMS)] == ["i1", "i2"]
    (letter,) = (DeadLetter.decode(value) for value in kept.on(DEADLETTERS))
    assert (letter.reason, letter.origin, letter.step, letter.payload()) == ("not JSON", "a.jsonl:2", "ingest", b"xx")
    assert kept.records[-1] is None


def test_a_dead_letter_of_what_was_never_read_whole() -> None:
    """Length and hash are those of the whole, the sample is its beginning, and there is no payload."""
    kept = Kept()
    send([Refused(reason="too long", origin="a:1", raw=b"begin", length=20_000_000, sha256="ab")], kept)
    letter = DeadLetter.decode(kept.on(DEADLETTERS)[0])
    assert (letter.length, letter.sha256, letter.payload()) == (20_000_000, "ab", None)


def test_a_backfill_waits_while_the_pipeline_is_behind() -> None:
    """Before each 200 quiet items the lag is looked at, and nothing is sent while it is over 500."""
    kept, lags = Kept(), [LAG_LIMIT + 1, LAG_LIMIT, LAG_LIMIT, 0]
    seen: list[int] = []

    def lag() -> int:
        seen.append(len(kept.on(BACKFILL)))
        return lags.pop(0)

    assert send(map(item, range(2 * EVERY + 1)), kept, backfill=True, lag=lag).sent == 2 * EVERY + 1
    assert seen == [0, 0, EVERY, 2 * EVERY]
    assert kept.on(ITEMS) == []


def test_live_items_wait_for_nothing() -> None:
    """The lag is not even asked for."""

    def lag() -> int:
        raise AssertionError

    assert send([item(1)], Kept(), lag=lag).sent == 1


def test_each_is_told_once_it_is_buffered() -> None:
    """Progress can be shown from it."""
    told: list[Item | Refused] = []
    send([item(1), Refused(reason="r", origin="o")], Kept(), on_each=told.append)
    assert [type(each) for each in told] == [Item, Refused]
    assert msgspec.json.encode(told[0])
