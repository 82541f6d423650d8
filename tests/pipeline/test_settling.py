"""Records in company: none lost, none twice, in order, no more than a batch holds, and one alone at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import chain

import pytest

from pipeline.settling import BATCH_SIZE, Company


class Stream:
    """Stands for a Faust stream: events as they come, or as fast as they are taken."""

    def __init__(self, events: int, pause: float = 0.0, error: Exception | None = None) -> None:
        self._events, self._pause, self._error = events, pause, error

    async def events(self) -> AsyncIterator[int]:
        """The numbers from 0."""
        for number in range(self._events):
            await asyncio.sleep(self._pause)
            yield number
        if self._error:
            raise self._error


async def _batches(company: Company, work: float = 0.0) -> list[list[int]]:
    batches = []
    while events := await company.take():
        batches.append(events)
        await asyncio.sleep(work)
    return batches


def test_a_backlog_comes_whole_in_order_and_in_full_batches() -> None:
    """After what came first, the rest of a thousand that wait are full batches."""

    async def run() -> list[list[int]]:
        return await _batches(Company(Stream(1_000), 5.0), work=0.001)

    batches = asyncio.run(run())
    assert [len(batch) for batch in batches[1:-1]] == [BATCH_SIZE] * 4
    assert list(chain(*batches)) == list(range(1_000))


def test_one_alone_goes_at_once_and_what_follows_soon_goes_together() -> None:
    """The first does not wait for company; those that come within the pause after it are one batch."""

    async def run() -> tuple[float, list[int], list[int]]:
        company = Company(Stream(10, pause=0.01), 10.0)
        begun = time.monotonic()
        first = await company.take()
        waited = time.monotonic() - begun
        return waited, first, await company.take()

    waited, first, then = asyncio.run(run())
    assert first == [0]
    assert waited < 5.0
    assert then == list(range(1, 10))


def test_what_comes_during_the_work_is_the_next_batch() -> None:
    """Work of any length loses nothing and holds the stream where a batch is full."""

    async def run() -> list[list[int]]:
        return await _batches(Company(Stream(300, pause=0.0001), 0.0), work=0.1)

    batches = asyncio.run(run())
    assert list(chain(*batches)) == list(range(300))
    assert max(map(len, batches)) <= BATCH_SIZE


def test_what_the_stream_raises_comes_after_what_it_gave() -> None:
    """The error is not swallowed with the task that met it, nor are the events before it."""

    async def run() -> list[int]:
        company = Company(Stream(1, error=ValueError("broken")), 0.05)
        taken = await company.take()
        with pytest.raises(ValueError, match="broken"):
            await _batches(company)
        return taken

    assert asyncio.run(run()) == [0]


def test_after_the_end_nobody_takes() -> None:
    """A step that stops leaves no task that still reads."""

    async def run() -> bool:
        company = Company(Stream(1_000, pause=0.01), 0.0)
        await company.take()
        company.close()
        await asyncio.sleep(0.05)
        return len(asyncio.all_tasks()) == 1

    assert asyncio.run(run())
