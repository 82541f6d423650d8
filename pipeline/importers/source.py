"""The bytes of a list: plain or gzipped, in pieces, with how far one is; and what was read and skipped."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import msgspec

# A line of a dump longer than this is skipped: the largest entities of Wikidata have 4 MB.
LINE_LIMIT = 64 * 1024 * 1024
GZIP = b"\x1f\x8b"
NAME_LIMIT = 200
NAMES_LIMIT = 500


class ImportProblem(ValueError):
    """The file is not what it is said to be; the message says what to do."""


class Read(msgspec.Struct):
    """What was read so far. `reasons` counts what was skipped."""

    read: int = 0
    names: int = 0
    skipped: int = 0
    percent: float = 0.0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """One record was of no use."""
        self.skipped += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


class Source:
    """A file to read through once, as lines of bytes or as text."""

    def __init__(self, path: Path, counts: Read) -> None:
        self.path = path
        self._counts = counts
        self._size = max(1, path.stat().st_size)

    @contextmanager
    def _open(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """The file as it lies there, and what is in it."""
        with self.path.open("rb") as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            if not packed:
                yield file, file
                return
            with gzip.GzipFile(fileobj=file) as stream:
                yield file, cast(IO[bytes], stream)

    def head(self, size: int = 65_536) -> bytes:
        """Its first bytes, unpacked."""
        try:
            with self._open() as (_file, stream):
                return stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise ImportProblem(f"{self.path} cannot be read: {error}") from error

    def lines(self) -> Iterator[bytes]:
        """Its lines, unpacked; those that are too long are skipped and counted."""
        with self._open() as (file, stream):
            try:
                while line := stream.readline(LINE_LIMIT):
                    self._counts.percent = min(100.0, file.tell() * 100 / self._size)
                    if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                        self._counts.skip("a line over 64 MiB")
                        while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                            pass
                        continue
                    yield line
            except (OSError, EOFError, zlib.error) as error:
                raise ImportProblem(f"{self.path} ends in the middle: {error}") from error

    def text(self) -> Iterator[str]:
        """Its lines as text; bytes that are no UTF-8 become replacement signs."""
        for number, line in enumerate(self.lines()):
            yield (line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line).decode("utf-8", "replace")

    def whole(self, limit: int = 512 * 1024 * 1024) -> bytes:
        """All of it, for formats that are one document.

        Raises:
            ImportProblem: it is too large to be read at once.
        """
        found = io.BytesIO()
        for line in self.lines():
            found.write(line)
            if found.tell() > limit:
                raise ImportProblem(f"{self.path} is over {limit >> 20} MiB; give it as JSON lines or CSV")
        return found.getvalue()


def clean_names(values: Any) -> list[str]:  # noqa: ANN401 - whatever a file has there
    """The usable names in a value or a list of values, each once: with a letter, on one line, not too long."""
    listed = values if isinstance(values, list | tuple) else [values]
    found: dict[str, None] = {}
    for value in listed:
        if isinstance(value, str):
            name = " ".join("".join(c if c.isprintable() else " " for c in value).split())
            if 1 < len(name) <= NAME_LIMIT and any(letter.isalpha() for letter in name):
                found[name] = None
    return list(found)[:NAMES_LIMIT]
