"""Which topics there are, how far they go, and where groups stand in them."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition  # noqa: TID251
from kafka.admin import NewTopic  # noqa: TID251
from kafka.errors import (  # noqa: TID251
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
)

from schemas.broker.connection import Closing, client_config, open_consumer, partitions_of
from schemas.errors import BrokerError
from schemas.settings import Settings
from schemas.topics import Topic

COORDINATOR_SECONDS = 15.0


class Admin(Closing):
    """Creates topics and says where groups stand."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        try:
            self._client = KafkaAdminClient(**client_config(settings))
        except KafkaError as error:
            raise BrokerError("Kafka at {} does not answer", settings.kafka, cause=error) from error

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
                raise BrokerError("topic {} could not be created", topic.name, cause=error) from error
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
                    raise BrokerError("group {} has no coordinator", group, cause=error) from error
                time.sleep(0.2)
            except KafkaError as error:
                raise BrokerError("group {} could not be read", group, cause=error) from error
            else:
                return found

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def end_offsets(settings: Settings, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The offset after the last record of each (topic, partition)."""
    return _offsets(settings, topics, KafkaConsumer.end_offsets)


def begin_offsets(settings: Settings, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The offset of the first record that each (topic, partition) still has."""
    return _offsets(settings, topics, KafkaConsumer.beginning_offsets)


def _offsets(settings: Settings, topics: Sequence[str], ask: Callable[..., Any]) -> dict[tuple[str, int], int]:
    client = open_consumer(settings, group_id=None)
    try:
        found = ask(client, [p for topic in topics for p in partitions_of(client, topic)])
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}
    except KafkaError as error:
        raise BrokerError("Kafka at {} does not answer", settings.kafka, cause=error) from error
    finally:
        client.close()


def begin_group(settings: Settings, group: str, topic: str, since_ms: int) -> None:
    """Let a group that never committed begin with what came at or after a time (ms since 1970).

    What it committed before stays. Call it before any member joins: a group with members refuses it.
    """
    client = open_consumer(settings, group_id=group)
    try:
        partitions = partitions_of(client, topic)
        client.assign(partitions)
        new = [partition for partition in partitions if client.committed(partition) is None]
        if not new:
            return
        ends = client.end_offsets(new)
        found = client.offsets_for_times(dict.fromkeys(new, since_ms))
        starts = {p: found[p].offset if found.get(p) else ends[p] for p in new}
        client.commit({p: OffsetAndMetadata(offset, "", -1) for p, offset in starts.items()})
    except KafkaError as error:
        raise BrokerError("group {} could not begin", group, cause=error) from error
    finally:
        client.close()


def lag(settings: Settings, groups: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each group, how many records of its topics it has not committed yet.

    The ends are asked for last: what one group has made of its records for the next is then among them, so that zeros
    everywhere mean that nothing was on its way.
    """
    with Admin(settings) as admin:
        done = {group: admin.committed(group) for group in groups}
    ends = end_offsets(settings, sorted({topic for topics in groups.values() for topic in topics}))
    return {
        group: sum(end - done[group].get(tp, 0) for tp, end in ends.items() if tp[0] in topics)
        for group, topics in groups.items()
    }
