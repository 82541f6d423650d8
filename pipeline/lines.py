"""JSON Lines through a filter: one answer a line, whatever the line is."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

import msgspec

# A batch ends with the line that fills it.
_LINES = 64
_BYTES = 1_000_000
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Batch(msgspec.Struct, frozen=True):
    """Some lines, and the number of the first."""

    first: int
    lines: tuple[bytes, ...]


def in_batches(lines: Iterable[bytes], most: int = _LINES) -> Iterator[Batch]:
    """The lines, so many at a time, or a megabyte."""
    first, size = 1, 0
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        size += len(line)
        if len(held) == most or size >= _BYTES:
            yield Batch(first, tuple(held))
            first, held, size = first + len(held), [], 0
    if held:
        yield Batch(first, tuple(held))


def in_order(
    pool: Executor, function: Callable[[_Given], _Made], given: Iterable[_Given], ahead: int
) -> Iterator[_Made]:
    """What `function` makes of each in a pool, in order; at most `ahead` are given before the first is taken."""
    waiting: deque[Future[_Made]] = deque()
    for one in given:
        waiting.append(pool.submit(function, one))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def answers(
    lines: Iterable[bytes], answer: Callable[[dict[str, Any], int], dict[str, Any]], first: int = 1
) -> Iterator[dict[str, Any]]:
    """`answer` of the object and number (the first line's is `first`) of each line that is not blank, in order.

    `{"error": …}` stands for a line that is no JSON object.
    """
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            plain = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield {"error": f"line {number} is not JSON: {error}"}
            continue
        if not isinstance(plain, dict):
            yield {"error": f"line {number} is not a JSON object"}
            continue
        yield answer(plain, number)
