"""The one module that speaks to Kafka through kafka-python: sending, reading, following, administering.

Promises: `Producer.flush` returns only when the brokers have everything that was sent (acks=all, idempotent, so a
retry is not a second record). `GroupConsumer` commits only when told to. Every client error leaves here as
`BrokerError`, with a message that says what to do.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import structlog
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition  # noqa: TID251
from kafka.admin import NewTopic  # noqa: TID251
from kafka.errors import (  # noqa: TID251
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    MessageSizeTooLargeError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
)
from kafka.partitioner.default import murmur2  # noqa: TID251

from schemas.errors import BrokerError, TooLarge
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import MESSAGE_BYTES, Topic

log = structlog.get_logger()

POLL_MS = 200
RECONNECT_MS = 2_000
JOIN_SECONDS = 3.0
COORDINATOR_SECONDS = 15.0


def partition_for(key: str, partitions: int) -> int:
    """The partition of a key: murmur2, as the Java client, kafka-python and aiokafka have it."""
    number: int = murmur2(key.encode()) & 0x7FFFFFFF
    return number % partitions


def client_config(settings: Settings) -> dict[str, Any]:
    """Address and security for any kafka-python client.

    Raises:
        BrokerError: no address is set.
    """
    if not settings.kafka:
        raise BrokerError("no Kafka address: start `kabar up` first, or set KABAR_KAFKA to host:port")
    config: dict[str, Any] = {
        "bootstrap_servers": settings.kafka.split(","),
        "security_protocol": settings.kafka_security,
        "client_id": "kabar",
        # The default waits up to 30 s before it looks again for a broker that went away.
        "reconnect_backoff_max_ms": RECONNECT_MS,
    }
    if settings.kafka_ca:
        config["ssl_cafile"] = str(settings.kafka_ca)
    if settings.kafka_security.startswith("SASL"):
        config["sasl_mechanism"] = settings.kafka_mechanism
        config["sasl_plain_username"] = settings.kafka_user
        password = settings.kafka_password
        config["sasl_plain_password"] = password.get_secret_value() if password else None
    return config


class _Closing:
    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class Producer(_Closing):
    """Sends records; buffered until `flush`."""

    def __init__(self, settings: Settings) -> None:
        try:
            self._client = KafkaProducer(
                **client_config(settings),
                acks="all",
                linger_ms=5,
                max_request_size=MESSAGE_BYTES,
                compression_type="gzip",
            )
        except KafkaError as error:
            raise BrokerError(f"Kafka at {settings.kafka} does not answer ({error})") from error
        self._pending: list[Any] = []

    def send(self, topic: str, key: str, value: bytes | None, *, partition: int | None = None) -> None:
        """Buffer one record; a None value is a tombstone.

        Raises:
            TooLarge: over 11 MiB.
            BrokerError: Kafka does not take it.
        """
        if value is not None and len(value) > MESSAGE_BYTES - 1024:
            raise TooLarge(f"{len(value):,} bytes; a record may have {MESSAGE_BYTES - 1024:,}")
        try:
            self._pending.append(self._client.send(topic, key=key.encode(), value=value, partition=partition))
        except MessageSizeTooLargeError as error:
            raise TooLarge(str(error)) from error
        except KafkaError as error:
            raise BrokerError(f"Kafka refused a record for {topic}: {error}") from error
        if len(self._pending) >= 10_000:  # noqa: PLR2004 - bounds the memory of an import
            self.flush()

    def flush(self) -> None:
        """Wait until Kafka has everything sent so far.

        Raises:
            BrokerError: it does not have it all; what was sent since the last flush must be sent again.
        """
        pending, self._pending = self._pending, []
        try:
            self._client.flush()
            for future in pending:
                future.get(timeout=60)
        except KafkaError as error:
            raise BrokerError(f"Kafka did not take what was sent: {error}") from error

    def close(self) -> None:
        """Let go of the connection; what was not flushed may be lost."""
        self._client.close(timeout=5)


class GroupConsumer(_Closing):
    """One member of a consumer group: partitions are shared, offsets are committed by hand.

    `instance` names a member that has its partitions again at once when it comes back after a kill. `at_most` records
    are handed over at a time.
    """

    def __init__(
        self,
        settings: Settings,
        group: str,
        topics: Sequence[str],
        *,
        instance: str | None = None,
        at_most: int = 500,
    ) -> None:
        more = {"group_instance_id": instance} if instance else {}
        self._client = _consumer(
            settings,
            group_id=group,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_records=at_most,
            **more,
        )
        self._client.subscribe(list(topics))

    def poll(self, timeout_seconds: float) -> list[Message]:
        """What has come; empty after the timeout (at least `JOIN_SECONDS` as long as nothing is assigned)."""
        # The client drops a search for the group's coordinator when the time is over, and begins anew with the next
        # poll: on a busy machine short polls alone never joined.
        seconds = timeout_seconds if self._client.assignment() else max(timeout_seconds, JOIN_SECONDS)
        batches = self._client.poll(timeout_ms=int(seconds * 1000))
        return [_message(record) for batch in batches.values() for record in batch]

    def hold(self, *, on: bool) -> None:
        """Read nothing while `on`, and stay in the group; `poll` must go on being called."""
        assigned = self._client.assignment()
        (self._client.pause if on else self._client.resume)(*assigned)

    def assigned(self) -> set[tuple[str, int]]:
        """The (topic, partition) pairs that this member has now."""
        return {(tp.topic, tp.partition) for tp in self._client.assignment()}

    def commit(self, positions: Mapping[tuple[str, int], int] | None = None) -> None:
        """Commit these positions (the next offset to read of each topic and partition).

        Without any, the position after all that `poll` returned.
        """
        offsets = None
        if positions is not None:
            offsets = {TopicPartition(*tp): OffsetAndMetadata(offset, "", -1) for tp, offset in positions.items()}
        try:
            self._client.commit(offsets)
        except KafkaError as error:
            raise BrokerError(f"the position could not be committed: {error}") from error

    def close(self) -> None:
        """Leave the group."""
        self._client.close()


class Follower(_Closing):
    """A thread that reads a compacted topic from its beginning and then follows it.

    `on_change(key, value)` is called in that thread for each record, value None for a tombstone. `caught_up` is set
    once everything that was there at the start has been handed over. With `from_end`, it begins with what comes next.
    `on_batch()` is called after each lot of changes, and before `caught_up` is set, for what is better done once.
    A failure of the broker is tried again after a second, for a process that followed no more would not show it.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        on_change: Callable[[str, bytes | None], None],
        *,
        from_end: bool = False,
        on_batch: Callable[[], None] = lambda: None,
    ) -> None:
        self._topic = topic
        self._on_batch = on_batch
        self.caught_up = threading.Event()
        self._stop = threading.Event()
        self._on_change = on_change
        self._client = _consumer(settings, group_id=None, fetch_max_wait_ms=POLL_MS, max_poll_records=5_000)
        self._partitions = _assign(self._client, topic)
        if from_end:
            self._client.seek_to_end(*self._partitions)
            for partition in self._partitions:
                self._client.position(partition)  # the client looks the end up here, not before
        self._ends: dict[TopicPartition, int] = {}
        self._moved = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"follow {topic}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except KafkaError as error:
                log.warning("a topic cannot be followed; trying again", topic=self._topic, error=str(error))
                self._stop.wait(1.0)
        self._client.close()

    def _read(self) -> None:
        if not self._ends:
            self._ends = self._client.end_offsets(self._partitions)
        batches = self._client.poll(timeout_ms=POLL_MS)
        for batch in batches.values():
            for record in batch:
                self._on_change((record.key or b"").decode("utf-8", "replace"), record.value)
        if batches:
            self._on_batch()
            self._moved = time.monotonic()
        if not self.caught_up.is_set() and all(self._client.position(p) >= e for p, e in self._ends.items()):
            self.caught_up.set()

    def wait(self, seconds: float) -> None:
        """Block until everything that was there at the start has been handed over, however much it is.

        Raises:
            BrokerError: for so many seconds nothing of it came.
        """
        begun = time.monotonic()
        while not self.caught_up.wait(max(0.0, min(1.0, seconds))):
            if time.monotonic() - max(begun, self._moved) >= seconds:
                raise BrokerError(f"{self._topic} cannot be read: nothing of it came for {seconds:.0f} s")

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(timeout=5)


def send_all(settings: Settings, topic: str, records: Iterable[tuple[str, bytes | None]]) -> int:
    """Send these keys and values, taken one by one, and return how many they were once Kafka has them all.

    Raises:
        BrokerError: Kafka does not answer.
    """
    count = 0
    with Producer(settings) as producer:
        for key, value in records:
            producer.send(topic, key, value)
            count += 1
        producer.flush()
    return count


def read_all(
    settings: Settings, topic: str, partition: int | None = None, *, since_ms: int | None = None
) -> Iterator[Message]:
    """Every record from the beginning (or a time) to what is the end now, in order within each partition."""
    client = _consumer(settings, group_id=None, max_poll_records=2000)
    try:
        partitions = _assign(client, topic, partition)
        ends = client.end_offsets(partitions)
        if since_ms is not None:
            for tp, found in client.offsets_for_times(dict.fromkeys(partitions, since_ms)).items():
                client.seek(tp, found.offset if found else ends[tp])
        while any(client.position(p) < end for p, end in ends.items()):
            for tp, batch in client.poll(timeout_ms=POLL_MS).items():
                yield from (_message(record) for record in batch if record.offset < ends[tp])
    except KafkaError as error:
        raise BrokerError(f"{topic} could not be read: {error}") from error
    finally:
        client.close()


def read_between(
    settings: Settings, topic: str, starts: Mapping[int, int], ends: Mapping[int, int], limit: int
) -> tuple[list[Message], dict[int, int]]:
    """Records of partitions from `starts` up to before `ends`, at most about `limit`, and where to go on.

    A start before what the topic still has is taken as its beginning.

    Raises:
        BrokerError: the topic cannot be read.
    """
    client = _consumer(settings, group_id=None, max_poll_records=max(1, min(limit, 500)))
    found: list[Message] = []
    try:
        partitions = {tp.partition: tp for tp in _assign(client, topic)}
        beginnings = client.beginning_offsets(list(partitions.values()))
        goals = {tp: ends.get(number, 0) for number, tp in partitions.items()}
        positions = {}
        for number, tp in partitions.items():
            positions[tp] = max(starts.get(number, 0), beginnings[tp])
            client.seek(tp, positions[tp])
        while len(found) < limit and any(positions[tp] < goal for tp, goal in goals.items()):
            for tp, batch in client.poll(timeout_ms=POLL_MS).items():
                wanted = [record for record in batch if record.offset < goals[tp]]
                found += map(_message, wanted)
                # Offsets may have gaps; a batch that reaches the goal has all before it.
                positions[tp] = min(batch[-1].offset + 1, max(goals[tp], positions[tp])) if batch else positions[tp]
            for tp, goal in goals.items():
                if positions[tp] < goal <= client.position(tp):
                    positions[tp] = goal
    except KafkaError as error:
        raise BrokerError(f"{topic} could not be read: {error}") from error
    else:
        return found, {tp.partition: position for tp, position in positions.items()}
    finally:
        client.close()


def read_newest(settings: Settings, topic: str, partition: int | None = None) -> dict[str, bytes]:
    """What a compacted topic says now: the newest value of each key, without those that were removed.

    The order is that of the newest records, within each partition.
    """
    newest: dict[str, bytes] = {}
    for message in read_all(settings, topic, partition):
        if message.key is not None:
            newest.pop(message.key, None)
            if message.value is not None:
                newest[message.key] = message.value
    return newest


class Admin(_Closing):
    """Creates topics and says where groups stand."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        try:
            self._client = KafkaAdminClient(**client_config(settings))
        except KafkaError as error:
            raise BrokerError(f"Kafka at {settings.kafka} does not answer ({error})") from error

    def ensure_topics(self, topics: Sequence[Topic]) -> list[str]:
        """Create those that do not exist; returns their names."""
        existing = set(self._client.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        for topic in missing:
            new = NewTopic(
                name=topic.name,
                num_partitions=topic.partitions or self._settings.partitions,
                replication_factor=self._settings.replication,
                topic_configs=topic.config(),
            )
            try:
                self._client.create_topics([new])
            except TopicAlreadyExistsError:
                continue
            except KafkaError as error:
                raise BrokerError(f"topic {topic.name} could not be created: {error}") from error
        if missing:
            self._client.wait_for_topics([topic.name for topic in missing])
        return [topic.name for topic in missing]

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """The committed offset of each (topic, partition) of a group; empty where it never committed."""
        found = self._committed(group)
        return {(tp.topic, tp.partition): meta.offset for tp, meta in found.items() if meta.offset >= 0}

    def _committed(self, group: str) -> dict[TopicPartition, Any]:
        deadline = time.monotonic() + COORDINATOR_SECONDS
        while True:
            try:
                found: dict[TopicPartition, Any] = self._client.list_group_offsets({group: None})[group]
            except (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError) as error:
                # The broker's topic of offsets is made when the first group asks for it, or is moving.
                if time.monotonic() > deadline:
                    raise BrokerError(f"group {group} has no coordinator: {error}") from error
                time.sleep(0.2)
            except KafkaError as error:
                raise BrokerError(f"group {group} could not be read: {error}") from error
            else:
                return found

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def end_offsets(settings: Settings, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The offset after the last record of each (topic, partition)."""
    client = _consumer(settings, group_id=None)
    try:
        ends = client.end_offsets([p for topic in topics for p in _partitions(client, topic)])
        return {(tp.topic, tp.partition): end for tp, end in ends.items()}
    except KafkaError as error:
        raise BrokerError(f"Kafka at {settings.kafka} does not answer ({error})") from error
    finally:
        client.close()


def begin_offsets(settings: Settings, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The offset of the first record that each (topic, partition) still has."""
    client = _consumer(settings, group_id=None)
    try:
        begins = client.beginning_offsets([p for topic in topics for p in _partitions(client, topic)])
        return {(tp.topic, tp.partition): begin for tp, begin in begins.items()}
    except KafkaError as error:
        raise BrokerError(f"Kafka at {settings.kafka} does not answer ({error})") from error
    finally:
        client.close()


def begin_group(settings: Settings, group: str, topic: str, since_ms: int) -> None:
    """Let a group that never committed begin with what came at or after a time (ms since 1970).

    What it committed before stays. Call it before any member joins: a group with members refuses it.
    """
    client = _consumer(settings, group_id=group)
    try:
        partitions = _partitions(client, topic)
        client.assign(partitions)
        new = [partition for partition in partitions if client.committed(partition) is None]
        if not new:
            return
        ends = client.end_offsets(new)
        found = client.offsets_for_times(dict.fromkeys(new, since_ms))
        starts = {p: found[p].offset if found.get(p) else ends[p] for p in new}
        client.commit({p: OffsetAndMetadata(offset, "", -1) for p, offset in starts.items()})
    except KafkaError as error:
        raise BrokerError(f"group {group} could not begin: {error}") from error
    finally:
        client.close()


def find_record(settings: Settings, topic: str, partition: int, offset: int, key: str) -> Message | None:
    """The record of a key at an offset or, where compaction took that one away, the next one of the key."""
    client = _consumer(settings, group_id=None)
    try:
        (tp,) = _assign(client, topic, partition)
        end = client.end_offsets([tp])[tp]
        client.seek(tp, offset)
        while client.position(tp) < end:
            for record in client.poll(timeout_ms=POLL_MS).get(tp, ()):
                message = _message(record)
                if message.key == key and message.value is not None:
                    return message
    except KafkaError as error:
        raise BrokerError(f"{topic} could not be read: {error}") from error
    finally:
        client.close()
    return None


def lag(settings: Settings, groups: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each group, how many records of its topics it has not committed yet."""
    ends = end_offsets(settings, sorted({topic for topics in groups.values() for topic in topics}))
    result = {}
    with Admin(settings) as admin:
        for group, topics in groups.items():
            done = admin.committed(group)
            result[group] = sum(end - done.get(tp, 0) for tp, end in ends.items() if tp[0] in topics)
    return result


def _consumer(settings: Settings, *, group_id: str | None, **more: object) -> KafkaConsumer:
    try:
        return KafkaConsumer(
            **client_config(settings),
            group_id=group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MESSAGE_BYTES,
            **more,
        )
    except KafkaError as error:
        raise BrokerError(f"Kafka at {settings.kafka} does not answer ({error})") from error


def _partitions(client: KafkaConsumer, topic: str) -> list[TopicPartition]:
    found = client.partitions_for_topic(topic)
    if not found:
        raise BrokerError(f"topic {topic} does not exist; `kabar up` creates it")
    return [TopicPartition(topic, number) for number in sorted(found)]


def _assign(client: KafkaConsumer, topic: str, partition: int | None = None) -> list[TopicPartition]:
    partitions = _partitions(client, topic) if partition is None else [TopicPartition(topic, partition)]
    client.assign(partitions)
    client.seek_to_beginning(*partitions)
    return partitions


def _message(record: Any) -> Message:  # noqa: ANN401 - kafka-python has no types
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=None if record.key is None else record.key.decode("utf-8", "replace"),
        value=record.value,
        timestamp_ms=record.timestamp,
    )
