"""How Kabar's processes log: one JSON object a line, to standard error."""

import io
import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _Unfailing(io.TextIOBase):
    """Standard error, where nothing is raised for what a full disk does not take: no process ends for want of a log."""

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Do what can be done."""
        with suppress(OSError):
            sys.stderr.flush()


def configure() -> None:
    """Set structlog up for a process that nobody watches."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Unfailing())),
    )
