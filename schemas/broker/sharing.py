"""How a group shares topics out whose partitions belong together, over processes of several machines.

Where two processes must not do the same thing at once, those of one machine can settle it there; so a partition goes to
a machine first, the same one for each topic, and there to one of the processes that read the topic.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor  # noqa: TID251
from kafka.protocol.consumer.metadata import (  # noqa: TID251
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)

VERSION = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a group: where it runs, and what it reads."""

    id: str
    place: str
    topics: frozenset[str]


def share(members: Sequence[Member], partitions: Mapping[str, Sequence[int]]) -> dict[str, dict[str, list[int]]]:
    """The partitions of each member, by topic.

    A place takes part with a reader of each topic; one that lacks some gets nothing, unless all do. So, where topics
    have the same partitions, the same place has the same of each.

    Args:
        members: all of the group.
        partitions: of each topic.
    """
    topics = sorted(frozenset().union(*(member.topics for member in members)))
    readers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for member in sorted(members, key=lambda member: member.id):
        for topic in member.topics:
            readers[member.place, topic].append(member.id)
    places = sorted({member.place for member in members})
    whole = [place for place in places if all((place, topic) in readers for topic in topics)]
    found: dict[str, dict[str, list[int]]] = {member.id: {} for member in members}
    for topic in topics:
        taking = whole or [place for place in places if (place, topic) in readers]
        for place, part in zip(taking, _parts(partitions[topic], len(taking)), strict=True):
            there = readers[place, topic]
            for reader, mine in zip(there, _parts(part, len(there)), strict=True):
                found[reader][topic] = mine
    return found


def _parts(numbers: Sequence[int], count: int) -> list[list[int]]:
    """So many neighbouring stretches of about the same length."""
    ordered, size = sorted(numbers), len(numbers)
    return [ordered[size * part // count : size * (part + 1) // count] for part in range(count)]


class ByPlace(AbstractPartitionAssignor):  # type: ignore[misc]  # kafka-python has no types
    """`share` for kafka-python: each member says its place, and whoever leads the group divides."""

    name = "kabar-place"

    def __init__(self, place: str) -> None:
        self._place = place

    def metadata(self, topics: Sequence[str]) -> Any:  # noqa: ANN401
        """What this member says of itself."""
        return ConsumerProtocolSubscription(VERSION, sorted(topics), self._place.encode())

    def assign(self, cluster: Any, members: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401
        """What each member gets."""
        group = [
            Member(member.member_id, (member.metadata.user_data or b"").decode(), frozenset(member.metadata.topics))
            for member in members
        ]
        known = {topic: cluster.partitions_for_topic(topic) for member in group for topic in member.topics}
        # Who leads has not heard yet of the topics that only others read. They have as many partitions as its own; if
        # not, the group divides them anew as soon as it hears.
        most: set[int] = max((found for found in known.values() if found), key=len, default=set())
        found = share(group, {topic: sorted(partitions or most) for topic, partitions in known.items()})
        return {
            member: ConsumerProtocolAssignment(VERSION, sorted(topics.items()), b"") for member, topics in found.items()
        }

    def on_assignment(self, assignment: Any, generation: int) -> None:  # noqa: ANN401
        """Nothing is kept."""
