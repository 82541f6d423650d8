"""The poller, killed at the one point that matters: Kafka has the items, and the state is about to be written."""

import os
import signal

from connectors.feeds.poller import run
from schemas.broker import Producer
from schemas.settings import load_settings
from schemas.topics import FEED_STATE


class Crashing(Producer):
    """A producer in whose hands the process dies before the first state is sent."""

    def send(self, topic: str, key: str, value: bytes | None, *, partition: int | None = None) -> None:
        """Send, or die."""
        if topic == FEED_STATE:
            os.kill(os.getpid(), signal.SIGKILL)
        super().send(topic, key, value, partition=partition)


if __name__ == "__main__":
    run(load_settings(), connect=Crashing)
