"""What a producer does, kept in memory: the double for `connectors.feeds.registry.Sender`."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Kept:
    """Everything sent, in order, as (topic, key, value, partition); None marks a flush."""

    records: list[tuple[str, str, bytes | None, int | None] | None] = field(default_factory=list)

    def send(self, topic: str, key: str, value: bytes | None, *, partition: int | None = None) -> None:
        """Keep one record."""
        self.records.append((topic, key, value, partition))

    def flush(self) -> None:
        """Mark a flush."""
        self.records.append(None)

    def on(self, topic: str) -> list[bytes]:
        """The values sent to a topic."""
        return [r[2] for r in self.records if r and r[0] == topic and r[2] is not None]
