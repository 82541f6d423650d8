"""Records into Kafka."""

from collections.abc import Iterable
from typing import Any

from kafka import KafkaProducer  # noqa: TID251
from kafka.errors import KafkaError, MessageSizeTooLargeError  # noqa: TID251
from kafka.partitioner.default import murmur2  # noqa: TID251

from schemas.broker.connection import Closing, client_config
from schemas.errors import BrokerError, TooLarge
from schemas.settings import Settings
from schemas.topics import MESSAGE_BYTES


def partition_for(key: str, partitions: int) -> int:
    """The partition of a key: murmur2, as the Java client, kafka-python and aiokafka have it."""
    number: int = murmur2(key.encode()) & 0x7FFFFFFF
    return number % partitions


class Producer(Closing):
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
            raise BrokerError("Kafka at {} does not answer", settings.kafka, cause=error) from error
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
            raise BrokerError("Kafka refused a record for {}", topic, cause=error) from error
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
            raise BrokerError("Kafka did not take what was sent", cause=error) from error

    def close(self) -> None:
        """Let go of the connection; what was not flushed may be lost."""
        self._client.close(timeout=5)


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
