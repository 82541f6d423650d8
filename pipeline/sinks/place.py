"""What every kind of sink is: a place that takes one alert at a time and says what came of it."""

from typing import Protocol

from pipeline.sinks.attempts import Outcome
from schemas.alert import Alert


class Place(Protocol):
    """One open sink, used in one event loop."""

    async def start(self) -> None:
        """Open connections, inside the event loop."""

    async def send(self, alert: Alert) -> Outcome:
        """Send one alert; failures of the place are outcomes, never exceptions."""

    async def stop(self) -> None:
        """Close connections."""
