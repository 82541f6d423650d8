"""What could not be handled, at any step, with its reason and where it came from.

Topic `news.deadletters` (compacted, key: `id`).
"""

import base64
from datetime import datetime
from hashlib import sha256

from schemas.codec import Record, now

SAMPLE_BYTES = 256 * 1024


class DeadLetter(Record, frozen=True, kw_only=True):
    """One record set aside. `id` is its origin, so that a repeat after a crash is the same dead letter.

    `sample` is base64 of the first 256 KiB, `length` and `sha256` are those of the whole.
    """

    id: str
    step: str
    reason: str
    origin: str
    key: str | None
    length: int
    sha256: str
    sample: str
    at: datetime
    retried_at: datetime | None = None

    def payload(self) -> bytes | None:
        """The whole record, or None where only its beginning was kept."""
        data = base64.b64decode(self.sample)
        return data if len(data) == self.length else None


def dead_letter(*, step: str, reason: str, origin: str, key: bytes | None, value: bytes) -> DeadLetter:
    """A dead letter for these bytes. `origin` is `topic/partition/offset`, or the file or feed it came from."""
    return DeadLetter(
        id=f"{step}:{origin}",
        step=step,
        reason=reason[:2000],
        origin=origin,
        key=None if key is None else key.decode("utf-8", "replace")[:1000],
        length=len(value),
        sha256=sha256(value).hexdigest(),
        sample=base64.b64encode(value[:SAMPLE_BYTES]).decode("ascii"),
        at=now(),
    )
