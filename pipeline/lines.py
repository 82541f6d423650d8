"""JSON Lines through a filter: one answer a line, whatever the line is."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec


def answers(
    lines: Iterable[bytes], answer: Callable[[dict[str, Any], int], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """`answer` of the object and number (from 1) of each line that is not blank, in order.

    `{"error": …}` stands for a line that is no JSON object.
    """
    for number, line in enumerate(lines, 1):
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
