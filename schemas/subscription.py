"""What a hub was asked to send, and until when it does (WebSub).

Topic `news.subscriptions` (compacted, key: feed id).
"""

from datetime import datetime
from typing import Literal

from schemas.codec import Record


class Subscription(Record, frozen=True, kw_only=True):
    """One feed's subscription at its hub.

    `topic` is the feed's address as the hub knows it. `until` is the end of the lease while `status` is `active`;
    `due_at` is when the hub is to be asked (again). `failures` counts in a row; `reason` is the last one's, in words.
    """

    feed_id: str
    hub: str
    topic: str
    status: Literal["asked", "active", "denied", "failed"]
    due_at: datetime
    until: datetime | None = None
    failures: int = 0
    reason: str | None = None
