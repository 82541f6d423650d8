"""What was taken down, or left by age: it does not come back.

Topic `news.forgotten` (compacted, key: `kind:value`).
"""

from datetime import datetime
from typing import Literal

from schemas.codec import Record

ForgottenKind = Literal["item", "source", "figure", "expired"]


class Forgotten(Record, frozen=True, kw_only=True):
    """One line of the list. `value` is an item's id, a source's id, an entity's id, or the name of an index.

    `tombstones` were sent to the archive for it, or dead letters of it went that the books had counted; `revisions`
    were in an index that left by age or size. `by` is who asked, `reason` why.
    """

    kind: ForgottenKind
    value: str
    at: datetime
    by: str = ""
    reason: str = ""
    tombstones: int = 0
    revisions: int = 0

    @property
    def key(self) -> str:
        """The key of the topic."""
        return f"{self.kind}:{self.value}"
