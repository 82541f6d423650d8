"""The one package that speaks to Kafka through kafka-python: sending, reading, following, administering.

    connection   address and security, consumers as all need them, records as `schemas.message.Message`
    sending      Producer, send_all, partition_for
    reading      GroupConsumer, read_all, read_between, read_newest, find_record
    sharing      share: which member of a group has what, where topics belong together
    following    Follower: a compacted topic, from its beginning and on
    standing     Admin, the ends and beginnings of topics, where groups stand

Promises: `Producer.flush` returns only when the brokers have everything that was sent (acks=all, idempotent, so a
retry is not a second record). `GroupConsumer` commits only when told to. Every client error leaves here as
`BrokerError`, with a message that says what to do.
"""

from schemas.broker.following import Follower
from schemas.broker.reading import GroupConsumer, find_record, read_all, read_between, read_newest
from schemas.broker.sending import Producer, partition_for, send_all
from schemas.broker.standing import Admin, begin_group, begin_offsets, end_offsets, lag

__all__ = [
    "Admin",
    "Follower",
    "GroupConsumer",
    "Producer",
    "begin_group",
    "begin_offsets",
    "end_offsets",
    "find_record",
    "lag",
    "partition_for",
    "read_all",
    "read_between",
    "read_newest",
    "send_all",
]
