"""A query that cannot be read."""

from schemas.said import Mistake, Said


class QueryError(Mistake):
    """The sentence says what to change; `start` and `end` are code points of the query as it was given.

    `str(error)` is the sentence alone, `pointed()` shows the query with a mark under the place.
    """

    def __init__(self, sentence: Said, query: str, start: int, end: int) -> None:
        super().__init__(sentence)
        self.query = query
        self.start = max(0, min(start, len(query)))
        self.end = max(self.start, min(end, len(query)))

    def pointed(self, width: int = 60) -> Said:
        """Three lines for a terminal: the sentence, the part of the query around the place, and the mark."""
        begin = max(0, self.start - width // 2)
        shown = self.query[begin : begin + width].translate(_ONE_COLUMN)
        mark = "^" * max(1, min(self.end, begin + width) - self.start)
        return Said("{}\n  {}\n  {}", (self.sentence, shown, " " * (self.start - begin) + mark))


_ONE_COLUMN = dict.fromkeys([*range(32), 127, *range(0x80, 0xA0), *range(0xD800, 0xE000)], " ")
