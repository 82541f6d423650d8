"""Records out of Kafka: as a member of a group, or all there are."""

from collections.abc import Iterator, Mapping, Sequence

from kafka import OffsetAndMetadata, TopicPartition  # noqa: TID251
from kafka.coordinator.assignors.range import RangePartitionAssignor  # noqa: TID251
from kafka.errors import KafkaError  # noqa: TID251

from schemas.broker.connection import POLL_MS, Closing, assign, message_of, open_consumer
from schemas.broker.sharing import ByPlace
from schemas.errors import BrokerError
from schemas.message import Message
from schemas.settings import Settings

JOIN_SECONDS = 3.0


class GroupConsumer(Closing):
    """One member of a consumer group: partitions are shared, offsets are committed by hand.

    `instance` names a member that has its partitions again at once when it comes back after a kill. `at_most` records
    are handed over at a time. Of members that say their `place`, the same place has the same partitions of all topics,
    whichever of its members reads which (see `schemas.broker.sharing`).
    """

    def __init__(  # noqa: PLR0913 - options by name, each with a default
        self,
        settings: Settings,
        group: str,
        topics: Sequence[str],
        *,
        instance: str | None = None,
        place: str | None = None,
        at_most: int = 500,
    ) -> None:
        more: dict[str, object] = {"group_instance_id": instance} if instance else {}
        if place is not None:
            # The second is for members of before that say no place.
            more["partition_assignment_strategy"] = [ByPlace(place), RangePartitionAssignor]
        self._client = open_consumer(
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
        return [message_of(record) for batch in batches.values() for record in batch]

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
            raise BrokerError("the position could not be committed", cause=error) from error

    def close(self) -> None:
        """Leave the group."""
        self._client.close()


def read_all(
    settings: Settings, topic: str, partition: int | None = None, *, since_ms: int | None = None
) -> Iterator[Message]:
    """Every record from the beginning (or a time) to what is the end now, in order within each partition."""
    client = open_consumer(settings, group_id=None, max_poll_records=2000)
    try:
        partitions = assign(client, topic, partition)
        ends = client.end_offsets(partitions)
        if since_ms is not None:
            for tp, found in client.offsets_for_times(dict.fromkeys(partitions, since_ms)).items():
                client.seek(tp, found.offset if found else ends[tp])
        while any(client.position(p) < end for p, end in ends.items()):
            for tp, batch in client.poll(timeout_ms=POLL_MS).items():
                yield from (message_of(record) for record in batch if record.offset < ends[tp])
    except KafkaError as error:
        raise BrokerError("{} could not be read", topic, cause=error) from error
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
    client = open_consumer(settings, group_id=None, max_poll_records=max(1, min(limit, 500)))
    found: list[Message] = []
    try:
        partitions = {tp.partition: tp for tp in assign(client, topic)}
        beginnings = client.beginning_offsets(list(partitions.values()))
        goals = {tp: ends.get(number, 0) for number, tp in partitions.items()}
        positions = {}
        for number, tp in partitions.items():
            positions[tp] = max(starts.get(number, 0), beginnings[tp])
            client.seek(tp, positions[tp])
        while len(found) < limit and any(positions[tp] < goal for tp, goal in goals.items()):
            for tp, batch in client.poll(timeout_ms=POLL_MS).items():
                wanted = [record for record in batch if record.offset < goals[tp]]
                found += map(message_of, wanted)
                # Offsets may have gaps; a batch that reaches the goal has all before it.
                positions[tp] = min(batch[-1].offset + 1, max(goals[tp], positions[tp])) if batch else positions[tp]
            for tp, goal in goals.items():
                if positions[tp] < goal <= client.position(tp):
                    positions[tp] = goal
    except KafkaError as error:
        raise BrokerError("{} could not be read", topic, cause=error) from error
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


def find_record(settings: Settings, topic: str, partition: int, offset: int, key: str) -> Message | None:
    """The record of a key at an offset or, where compaction took that one away, the next one of the key."""
    client = open_consumer(settings, group_id=None)
    try:
        (tp,) = assign(client, topic, partition)
        end = client.end_offsets([tp])[tp]
        client.seek(tp, offset)
        while client.position(tp) < end:
            for record in client.poll(timeout_ms=POLL_MS).get(tp, ()):
                message = message_of(record)
                if message.key == key and message.value is not None:
                    return message
    except KafkaError as error:
        raise BrokerError("{} could not be read", topic, cause=error) from error
    finally:
        client.close()
    return None
