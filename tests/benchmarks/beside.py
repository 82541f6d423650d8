"""Something that goes on beside a measurement."""

import threading
from types import TracebackType
from typing import Self


class Beside:
    """Work in a thread of its own for as long as a `with` block lasts: `_work` ends soon after `_stop` is set."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        raise NotImplementedError
