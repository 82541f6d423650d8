"""How any client connects, and what the clients of this package have in common."""

from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition  # noqa: TID251
from kafka.errors import KafkaError  # noqa: TID251

from schemas.errors import BrokerError
from schemas.message import Message
from schemas.settings import Settings
from schemas.topics import MESSAGE_BYTES

POLL_MS = 200
RECONNECT_MS = 2_000


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


class Closing:
    """Something that is closed at the end of a `with`."""

    def close(self) -> None:
        """Let go of the connection."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Closed, whatever happened."""
        self.close()


def open_consumer(settings: Settings, *, group_id: str | None, **more: object) -> KafkaConsumer:
    """A consumer from the beginning that commits nothing by itself.

    Raises:
        BrokerError: Kafka does not answer.
    """
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
        raise BrokerError("Kafka at {} does not answer", settings.kafka, cause=error) from error


def partitions_of(client: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """The partitions of a topic.

    Raises:
        BrokerError: there is no such topic.
    """
    found = client.partitions_for_topic(topic)
    if not found:
        raise BrokerError("topic {} does not exist; `kabar up` creates it", topic)
    return [TopicPartition(topic, number) for number in sorted(found)]


def assign(client: KafkaConsumer, topic: str, partition: int | None = None) -> list[TopicPartition]:
    """Give a consumer a topic, or one partition of it, from the beginning."""
    partitions = partitions_of(client, topic) if partition is None else [TopicPartition(topic, partition)]
    client.assign(partitions)
    client.seek_to_beginning(*partitions)
    return partitions


def message_of(record: Any) -> Message:  # noqa: ANN401 - kafka-python has no types
    """A client's record as one of ours."""
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=None if record.key is None else record.key.decode("utf-8", "replace"),
        value=record.value,
        timestamp_ms=record.timestamp,
    )
