"""Reads articles in a child process that can be ended: no page, however made, can hold or break the one that asks.

    asker ── length, msgpack (html, url, known) ──► child ── length, msgpack (Article) ──► asker

A page that takes longer than `LIMIT_SECONDS`, or more memory than `LIMIT_BYTES`, ends the child, and a new one starts
at once. `python -m connectors.article_reader` is the child.
"""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from connectors.article import Article, read_article
from connectors.text import HTML_LIMIT

LIMIT_SECONDS = 4.0
START_SECONDS = 60.0
LIMIT_BYTES = 2_000_000_000
READY = b"ready\n"


class _Question(msgspec.Struct, frozen=True, array_like=True):
    html: str
    url: str | None
    known: str


class ArticleReader:
    """`connectors.article.read_article` behind a limit. For one thread; close it at the end."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit = limit_seconds
        self._child = _start()
        self._ready = False

    def read(self, html: str, url: str | None = None, *, known: str = "") -> Article | None:
        """The article of a page, or None for a page that ended the child."""
        question = _encoder.encode(_Question(html[:HTML_LIMIT], url, known))
        try:
            if not self._ready:
                with _limited(self._child, START_SECONDS):
                    self._ready = _pipe(self._child.stdout).readline() == READY
            with _limited(self._child, self._limit):
                _write(_pipe(self._child.stdin), question)
                answer = _read(_pipe(self._child.stdout))
        except OSError:
            answer = None
        if answer is None:
            self.close()
            self._child, self._ready = _start(), False
            return None
        return _decoder.decode(answer)

    def close(self) -> None:
        """End the child."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _start() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-W", "ignore", "-m", "connectors.article_reader"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module


@contextlib.contextmanager
def _limited(child: "subprocess.Popen[bytes]", seconds: float) -> Iterator[None]:
    # Ending the child ends the read that waits for it, on every platform.
    timer = threading.Timer(seconds, child.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _pipe(pipe: object) -> BinaryIO:
    return pipe  # type: ignore[return-value]  # both were asked for as pipes


def _write(pipe: BinaryIO, data: bytes) -> None:
    pipe.write(len(data).to_bytes(4, "big") + data)
    pipe.flush()


def _read(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(4)
    if len(head) < 4:  # noqa: PLR2004 - the length of a length
        return None
    length = int.from_bytes(head, "big")
    data = pipe.read(length)
    return data if len(data) == length else None


def main() -> None:
    """Answer until the asker is gone."""
    _limit_memory()
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not stand between answers
    read_article("<p>warm</p>")
    answers.write(READY)
    answers.flush()
    questions = msgspec.msgpack.Decoder(_Question)
    while (data := _read(sys.stdin.buffer)) is not None:
        question = questions.decode(data)
        _write(answers, _encoder.encode(read_article(question.html, question.url, known=question.known)))


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - POSIX only

        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    except (ImportError, ValueError, OSError):
        return  # where there is no such limit, the time is one


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Article)

if __name__ == "__main__":
    main()
