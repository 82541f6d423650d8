"""A length of time as an option: `90m`, `12h`, `7d`."""

from datetime import timedelta

import click

from pipeline.rules.schedule import Unreadable, read_span


class Span(click.ParamType):
    """Reads what `pipeline.rules.schedule.read_span` reads."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The length, or a sentence that says how to write it."""
        if isinstance(value, timedelta):
            return value
        try:
            return read_span(str(value))
        except Unreadable as error:
            self.fail(str(error), param, ctx)


SPAN = Span()
