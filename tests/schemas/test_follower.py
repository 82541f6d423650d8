"""A compacted topic followed on the real broker."""

import threading

from schemas.broker import Admin, Follower, send_all
from schemas.settings import Settings
from schemas.topics import Topic

TOPIC = Topic(name="test-followed", keyed_by="anything", compacted=True, partitions=1)


def test_what_a_callback_raises_keeps_out_one_record_and_not_the_next(kabar_settings: Settings) -> None:
    """A record that cannot be used is passed over: those behind it come, and so does what is sent later."""
    seen: list[str] = []
    batches = 0
    last = threading.Event()

    def changed(key: str, _value: bytes | None) -> None:
        if key == "bad":
            raise ValueError(key)
        seen.append(key)
        if key == "later":
            last.set()

    def after_each_lot() -> None:
        nonlocal batches
        batches += 1
        raise RuntimeError("the lot cannot be used")

    with Admin(kabar_settings) as admin:
        admin.ensure_topics([TOPIC])
    send_all(kabar_settings, TOPIC.name, [("first", b"1"), ("bad", b"2"), ("second", b"3")])
    with Follower(kabar_settings, TOPIC.name, changed, on_batch=after_each_lot) as follower:
        follower.wait(20)
        send_all(kabar_settings, TOPIC.name, [("later", b"4")])
        assert last.wait(20)
    assert seen == ["first", "second", "later"]
    assert batches
