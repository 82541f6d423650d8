"""Events made again from the rows of all groups: the first telling of each story, in the order of time."""

from pipeline.stories.events import Events, Told
from pipeline.stories.state import Row
from pipeline.stories.window import story_number_of


class RestoringEvents:
    """Takes rows in any order, and gives events what they knew."""

    def __init__(self) -> None:
        self._told: list[tuple[int, str, int, Told]] = []
        self._joined: dict[int, tuple[int, int]] = {}

    def add(self, row: Row) -> None:
        """One row of any group."""
        moment = row.first_seen // 1000
        story = story_number_of(row.story)
        event = story if row.event is None else story_number_of(row.event)
        if event != story:
            _, last = self._joined.get(story, (event, 0))
            self._joined[story] = event, max(last, moment)
        if row.telling:
            self._told.append((row.entered, row.group, row.joined, Told(story, event, row.group, moment, row.telling)))

    def give(self, events: Events) -> None:
        """Let events go on from here, once all rows are there."""
        self._told.sort(key=lambda entry: entry[:3])
        events.restore((told for _, _, _, told in self._told), self._joined)
