"""One sink at work, in a thread of its own.

alert ─► wanted here? settled before? ─► sent, eight at a time ─► written down ─► position committed
what was not taken ─► waits its turn beside what comes new; after a hundred such, nothing new is read
"""

import asyncio
import socket
import threading
import zlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from pipeline.sinks.attempts import Gone, Later, Outcome, Waiting, after
from pipeline.sinks.config import (
    EmailConfig,
    FeedConfig,
    FileConfig,
    Sink,
    SlackConfig,
    TeamsConfig,
    TopicConfig,
    WebhookConfig,
    wanted_by,
)
from pipeline.sinks.http import AT_A_TIME, HttpPlace
from pipeline.sinks.ledger import Deliveries
from pipeline.sinks.local import FeedPlace, FilePlace, TopicPlace
from pipeline.sinks.mail import MailPlace
from pipeline.sinks.place import Place
from schemas.alert import Alert, Delivery
from schemas.broker import GroupConsumer, Producer, begin_group, find_record
from schemas.codec import Undecodable, millis, now
from schemas.deadletter import dead_letter
from schemas.errors import BrokerError
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import ALERTS, DEADLETTERS, DELIVERIES

POLL_SECONDS = 0.2
BATCH = 32
WAITING_LIMIT = 100
RESTART_SECONDS = 2.0

log = structlog.get_logger()


def group_of(name: str) -> str:
    """The consumer group of a sink."""
    return f"kabar-sink-{name}"


def place_of(settings: Settings, sink: Sink) -> Place:
    """What sends to this sink."""
    match sink.config:
        case WebhookConfig() | SlackConfig() | TeamsConfig() as config:
            return HttpPlace(settings, config)
        case EmailConfig() as config:
            return MailPlace(config)
        case FeedConfig() as config:
            return FeedPlace(config)
        case FileConfig() as config:
            return FilePlace(config)
        case TopicConfig() as config:
            return TopicPlace(settings, config)


class Runner:
    """Keeps one sink going until `stop`; a failure of the broker starts it anew after two seconds."""

    def __init__(self, settings: Settings, sink: Sink, deliveries: Deliveries) -> None:
        self.sink = sink
        self._settings = settings
        self._deliveries = deliveries
        self._stopping = threading.Event()
        self._waiting: dict[str, Waiting] = {}
        self._thread = threading.Thread(target=self._keep_going, name=f"sink {sink.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end."""
        self._stopping.set()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    @property
    def is_disabled(self) -> bool:
        """Whether the receiver said that it is gone."""
        said = self._deliveries.of_sink(self.sink.name)
        return said is not None and said.state == "disabled"

    def _keep_going(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._run())
            except BrokerError as error:
                log.warning("a sink waits for Kafka", sink=self.sink.name, error=str(error))
            except Exception as error:  # noqa: BLE001 - one sink's mistake must not end the others
                log.warning("a sink failed; starting it anew", sink=self.sink.name, error=self.sink.redact(repr(error)))
            self._stopping.wait(RESTART_SECONDS)

    async def _run(self) -> None:
        place = place_of(self._settings, self.sink)
        await place.start()
        try:
            with Producer(self._settings) as producer:
                begin_group(self._settings, group_of(self.sink.name), ALERTS, self._known_since(producer))
                with GroupConsumer(
                    self._settings, group_of(self.sink.name), [ALERTS], instance=self._instance(), at_most=BATCH
                ) as consumer:
                    await self._consume(place, producer, consumer)
        finally:
            await place.stop()

    async def _consume(self, place: Place, producer: Producer, consumer: GroupConsumer) -> None:
        mine: set[int] = set()
        while not self._stopping.is_set():
            # In a thread, so that connections that the receiver closes meanwhile are seen to be closed.
            messages, owned = await asyncio.to_thread(self._read, consumer)
            if owned != mine:
                self._waiting = {n: w for n, w in self._waiting.items() if w.delivery.partition in owned}
                mine = owned
            # What waited when its partition became this member's, and what a user tries again.
            await asyncio.to_thread(self._take_over, mine)
            await self._settle(place, producer, [*self._new(messages, producer), *self._due()])
            if messages:
                await asyncio.to_thread(consumer.commit)

    def _read(self, consumer: GroupConsumer) -> tuple[list[Message], set[int]]:
        consumer.hold(on=len(self._waiting) >= WAITING_LIMIT)
        messages = consumer.poll(self._pause())
        return messages, {partition for _, partition in consumer.assigned()}

    def _pause(self) -> float:
        """How long to wait for something new: until the next that waits is due."""
        times = [w.delivery.next_at for w in self._waiting.values() if w.delivery.next_at is not None]
        if not times:
            return POLL_SECONDS
        return max(0.01, min(POLL_SECONDS, (min(times) - now()).total_seconds()))

    def _new(self, messages: Sequence[Message], producer: Producer) -> list[Waiting]:
        found: dict[str, Waiting] = {}
        for message in messages:
            if message.value is None:
                continue
            try:
                alert = Alert.decode(message.value)
            except Undecodable as error:
                _set_aside(producer, message, str(error))
                continue
            name = self.sink.name
            if not wanted_by(alert.match.tell.to, self.sink) or self._deliveries.is_settled(name, alert.id):
                continue
            if alert.id not in self._waiting:
                found[alert.id] = Waiting(alert, _untried(name, alert.id, message))
        return list(found.values())

    def _due(self) -> list[Waiting]:
        moment = now()
        return [w for w in self._waiting.values() if w.delivery.next_at is None or w.delivery.next_at <= moment]

    async def _settle(self, place: Place, producer: Producer, work: Sequence[Waiting]) -> None:
        """Try each, and write down what became of it."""
        room = asyncio.Semaphore(AT_A_TIME)

        async def attempt(waiting: Waiting) -> tuple[Waiting, Outcome]:
            async with room:
                if self.is_disabled:
                    return waiting, Gone("the sink is disabled; `kabar sinks enable` sends to it again")
                try:
                    return waiting, await place.send(waiting.alert)
                except BrokerError:
                    raise  # all of the sink waits for Kafka
                except Exception as error:  # noqa: BLE001 - one alert that cannot be told must not hold back the others
                    return waiting, Later(f"Kabar cannot tell it: {error!r}")

        for start in range(0, len(work), BATCH):
            if self._stopping.is_set():
                return
            for waiting, outcome in await asyncio.gather(*map(attempt, work[start : start + BATCH])):
                self._write_down(producer, waiting, outcome)
            producer.flush()

    def _write_down(self, producer: Producer, waiting: Waiting, outcome: Outcome) -> None:
        moment = now()
        delivery = after(outcome, waiting.alert, waiting.delivery, moment)
        delivery = msgspec.structs.replace(delivery, reason=self.sink.redact(delivery.reason))
        if isinstance(outcome, Gone) and not self.is_disabled:
            gone = Delivery(alert_id="", sink=self.sink.name, state="disabled", at=moment, reason=delivery.reason)
            self._deliveries.note(gone.key, gone)
            producer.send(DELIVERIES, gone.key, gone.encode())
            log.error("a sink is disabled", sink=self.sink.name, reason=delivery.reason)
        self._deliveries.note(delivery.key, delivery)
        producer.send(DELIVERIES, delivery.key, delivery.encode())
        number = waiting.alert.id
        if delivery.state == "retrying":
            self._waiting[number] = Waiting(waiting.alert, delivery)
            log.warning("an alert was not taken; trying again", sink=self.sink.name, alert=number,
                        attempts=delivery.attempts, reason=delivery.reason)  # fmt: skip
            return
        self._waiting.pop(number, None)
        if delivery.state == "set aside":
            log.error("alert set aside", sink=self.sink.name, alert=number, reason=delivery.reason)
        else:
            self._hurry(moment)

    def _hurry(self, moment: datetime) -> None:
        """The place takes alerts again: what waits need not wait longer."""
        for number, waiting in list(self._waiting.items()):
            if waiting.delivery.next_at is not None and waiting.delivery.next_at > moment:
                sooner = msgspec.structs.replace(waiting.delivery, next_at=moment)
                self._waiting[number] = Waiting(waiting.alert, sooner)

    def _take_over(self, partitions: set[int]) -> None:
        """What waits in partitions that are this member's, and is not known here yet."""
        for delivery in self._deliveries.waiting(self.sink.name):
            if delivery.partition in partitions and delivery.alert_id not in self._waiting:
                found = find_record(self._settings, ALERTS, delivery.partition, delivery.offset, delivery.alert_id)
                if found is not None and found.value is not None:
                    self._waiting[delivery.alert_id] = Waiting(Alert.decode(found.value), delivery)

    def _known_since(self, producer: Producer) -> int:
        """When this sink was first seen, ms: what was told before that is not sent to it."""
        said = self._deliveries.of_sink(self.sink.name)
        if said is None:
            said = Delivery(alert_id="", sink=self.sink.name, state="enabled", at=now())
            producer.send(DELIVERIES, said.key, said.encode())
            producer.flush()
        return millis(said.first_at or said.at)

    def _instance(self) -> str:
        where = format(zlib.crc32(str(self._settings.data_dir.absolute()).encode()), "x")
        return f"{socket.gethostname()}-sink-{self.sink.name}-{where}"


def _untried(sink: str, number: str, message: Message) -> Delivery:
    return Delivery(
        alert_id=number, sink=sink, state="retrying", at=now(), partition=message.partition, offset=message.offset
    )


def _set_aside(producer: Producer, message: Message, reason: str) -> None:
    letter = dead_letter(
        step="sinks",
        reason=reason,
        origin=f"{message.topic}/{message.partition}/{message.offset}",
        key=None if message.key is None else message.key.encode("utf-8", "replace"),
        value=message.value or b"",
    )
    producer.send(DEADLETTERS, letter.id, letter.encode())
