"""A group of two topics whose partitions belong together: the same place has the same of both; on the real broker."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Self

import pytest

from schemas.broker import Admin, GroupConsumer, send_all
from schemas.broker.sharing import Member, share
from schemas.settings import Settings
from schemas.topics import Topic
from tests.waiting import until

FEEDS, PAGES = "feeds", "pages"
EIGHT = {FEEDS: range(8), PAGES: range(8)}


def of(found: dict[str, dict[str, list[int]]], member: str) -> dict[str, list[int]]:
    """What a member got."""
    return {topic: numbers for topic, numbers in found[member].items() if numbers}


def member(name: str, place: str, *topics: str) -> Member:
    """One member."""
    return Member(name, place, frozenset(topics))


def test_a_place_has_the_same_partitions_of_both_topics() -> None:
    """Whatever its members are called."""
    found = share(
        [member("1", "b", FEEDS), member("2", "a", FEEDS), member("3", "a", PAGES), member("4", "b", PAGES)], EIGHT
    )
    assert of(found, "2") == {FEEDS: [0, 1, 2, 3]}
    assert of(found, "3") == {PAGES: [0, 1, 2, 3]}
    assert of(found, "1") == {FEEDS: [4, 5, 6, 7]}
    assert of(found, "4") == {PAGES: [4, 5, 6, 7]}


def test_members_of_one_place_share_what_it_has() -> None:
    """Each partition to one of them."""
    found = share(
        [*(member(f"f{n}", "a", FEEDS) for n in range(3)), member("p", "a", PAGES), member("both", "b", FEEDS, PAGES)],
        EIGHT,
    )
    assert sorted(n for name in ("f0", "f1", "f2") for n in of(found, name).get(FEEDS, [])) == [0, 1, 2, 3]
    assert of(found, "p") == {PAGES: [0, 1, 2, 3]}
    assert of(found, "both") == {FEEDS: [4, 5, 6, 7], PAGES: [4, 5, 6, 7]}


def test_a_place_that_lacks_a_reader_takes_no_part_unless_all_do() -> None:
    """Where no place has both, whoever reads a topic has it all the same."""
    lone, whole = member("lone", "a", FEEDS), member("whole", "b", FEEDS, PAGES)
    found = share([lone, whole], EIGHT)
    assert of(found, "lone") == {}
    assert of(found, "whole") == {topic: list(numbers) for topic, numbers in EIGHT.items()}
    apart = share([lone, member("other", "b", PAGES)], EIGHT)
    assert of(apart, "lone") == {FEEDS: list(range(8))}
    assert of(apart, "other") == {PAGES: list(range(8))}


@pytest.mark.parametrize("places", range(1, 12))
def test_every_partition_is_somebodys(places: int) -> None:
    """Once, however many places there are; the places' shares differ by one at most."""
    members = [member(f"{topic}{n}", str(n), topic) for n in range(places) for topic in EIGHT]
    found = share(members, EIGHT)
    for topic in EIGHT:
        parts = [found[f"{topic}{n}"][topic] for n in range(places)]
        assert sorted(number for part in parts for number in part) == list(range(8))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_group_without_members_has_nothing() -> None:
    """And says so."""
    assert share([], {}) == {}


TOPICS = tuple(Topic(name=f"test-shared-{name}", keyed_by="anything", partitions=8) for name in (FEEDS, PAGES))
GROUP = "test-shared"


@dataclass(slots=True)
class Reader:
    """A member of the group that polls in a thread; `has` are its partitions."""

    settings: Settings
    place: str
    topic: str
    has: frozenset[int] = frozenset()
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(20)
        self.has = frozenset()

    def _run(self) -> None:
        with GroupConsumer(self.settings, GROUP, [self.topic], place=self.place) as consumer:
            while not self._stop.is_set():
                consumer.poll(0.25)
                self.has = frozenset(number for _, number in consumer.assigned())


@contextmanager
def place(settings: Settings, name: str) -> Iterator[tuple[Reader, Reader]]:
    """A machine with a reader of each topic."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(Reader(settings, name, topic.name)) for topic in TOPICS)
        yield one, other


def shared(*places: tuple[Reader, Reader]) -> bool:
    """Whether these have all, each place the same of both topics, and some of it."""
    return all(one.has and one.has == other.has for one, other in places) and (
        sorted(number for one, _ in places for number in one.has) == list(range(8))
    )


def test_places_come_and_go_and_always_have_the_same_of_both(kabar_settings: Settings) -> None:
    """Three machines join one after the other; one of them loses one process, and then all that it had."""
    with Admin(kabar_settings) as admin:
        admin.ensure_topics(TOPICS)
    for topic in TOPICS:
        send_all(kabar_settings, topic.name, [("key", b"1")])
    with place(kabar_settings, "a") as a:
        until(lambda: shared(a), seconds=30, what="one has all")
        with place(kabar_settings, "b") as b, place(kabar_settings, "c") as c:
            until(lambda: shared(a, b, c), seconds=30, what="three share")
            b[1].__exit__()
            until(lambda: shared(a, c) and not b[0].has, seconds=30, what="half a place has nothing")
        until(lambda: shared(a), seconds=30, what="the one that is left has all")
