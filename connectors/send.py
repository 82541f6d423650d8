"""Into Kafka: items to `news.items` or `news.backfill`, refusals to the dead letters.

Promises: when `send` returns, Kafka has everything. A repeat of the same items after a crash is harmless, since their
ids are the same.
"""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.feeds.registry import Sender
from connectors.pacing import Lag, is_turn, no_lag, wait_for_room
from connectors.pages.wants import wants_page
from connectors.protocol import Refused
from connectors.urls import host_of
from schemas.codec import now
from schemas.deadletter import SAMPLE_BYTES, DeadLetter, dead_letter
from schemas.errors import TooLarge
from schemas.item import Item
from schemas.page import FullText, Wanted
from schemas.topics import BACKFILL, DEADLETTERS, ITEMS, WANTED

CHECKPOINT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How many items Kafka has, and how many things became dead letters."""

    sent: int = 0
    refused: int = 0


def send(  # noqa: PLR0913 - options by name, each with a default
    items: Iterable[Item | Refused],
    producer: Sender,
    *,
    backfill: bool = False,
    step: str = "ingest",
    lag: Lag = no_lag,
    on_each: Callable[[Item | Refused], None] | None = None,
    full_text: FullText = "feed",
    checkpoint: Callable[[], None] | None = None,
) -> Sent:
    """Send everything of a source and wait until Kafka has it.

    Args:
        items: from any source.
        producer: `schemas.broker.Producer`.
        backfill: quiet items, which wait while the pipeline is behind.
        step: names the dead letters.
        lag: how many records wait downstream; looked at before each 200 items of a backfill.
        on_each: told of each item or refusal once it is buffered.
        full_text: which items want their page.
        checkpoint: called each time that Kafka has everything so far: at least each 500 items, and at the end.

    Raises:
        BrokerError: Kafka did not take it all; send all of it again.
    """
    sent = refused = 0
    for found in items:
        if backfill and isinstance(found, Item) and is_turn(sent):
            producer.flush()
            wait_for_room(lag)
        if put(found, producer, backfill=backfill, step=step, full_text=full_text):
            sent += 1
        else:
            refused += 1
        if on_each:
            on_each(found)
        if checkpoint and (sent + refused) % CHECKPOINT == 0:
            producer.flush()
            checkpoint()
    producer.flush()
    if checkpoint:
        checkpoint()
    return Sent(sent=sent, refused=refused)


def put(found: Item | Refused, producer: Sender, *, backfill: bool, step: str, full_text: FullText = "feed") -> bool:
    """Buffer one item, or its dead letter; returns whether it was an item that Kafka takes.

    An item whose page is wanted (`full_text`) goes to `news.wanted`, and on from there in any case.
    """
    if isinstance(found, Refused):
        _set_aside(letter(found, step), producer)
        return False
    topic, key, data = BACKFILL if backfill else ITEMS, found.id, found.encode()
    if wants_page(found, full_text):
        topic, key, data = WANTED, host_of(found.url or ""), Wanted(item=found, quiet=backfill).encode()
    try:
        producer.send(topic, key, data)
    except TooLarge as error:
        origin = found.url or found.guid or found.id
        _set_aside(
            dead_letter(step=step, reason=str(error), origin=origin, key=found.id.encode(), value=data), producer
        )
        return False
    return True


def letter(refused: Refused, step: str) -> DeadLetter:
    """The dead letter for a refusal; of something that was never read whole, with the length and hash of the whole."""
    whole = dead_letter(step=step, reason=refused.reason, origin=refused.origin, key=None, value=refused.raw)
    if refused.length is None or refused.sha256 is None:
        return whole
    return DeadLetter(
        id=whole.id,
        step=step,
        reason=whole.reason,
        origin=whole.origin,
        key=None,
        length=refused.length,
        sha256=refused.sha256,
        sample=base64.b64encode(refused.raw[:SAMPLE_BYTES]).decode("ascii"),
        at=now(),
    )


def _set_aside(dead: DeadLetter, producer: Sender) -> None:
    producer.send(DEADLETTERS, dead.id, dead.encode())
