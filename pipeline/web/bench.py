"""The alias workbench as the page shows it: a figure's sentences judged, and its spellings tried on what is indexed.

The same recognition, context and rules as `kabar figures test`. Recognition of all names that are known takes some
1.6 s to make ready and 60 MB, so it is made for a check and let go, one at a time.
"""

import threading
from datetime import timedelta
from typing import Final

import msgspec

from pipeline.elastic import Index
from pipeline.entities import Recogniser
from pipeline.figures.dryrun import AliasUse, DryRun, dry_run
from pipeline.figures.workbench import Judged, check, tracking
from pipeline.knowledge import load
from pipeline.query.ast import Or, Text
from pipeline.search.compile import Context, compiled
from pipeline.search.names import Names
from schemas.alert import Figure
from schemas.codec import now

MOST_ITEMS: Final = 500
MOST_SPELLINGS: Final = 200
DAYS: Final = 30
_one_at_a_time: Final = threading.Lock()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check came to: the figure as it would be, its sentences, and its spellings in the newest items."""

    figure: Figure
    judged: tuple[Judged, ...]
    run: DryRun
    days: int = DAYS
    most: int = MOST_ITEMS

    @property
    def found(self) -> list[AliasUse]:
        """The spellings that were found, whether they alerted or lacked context."""
        return [use for use in self.run.uses if use.items or use.without_context]

    @property
    def wrong(self) -> int:
        """How many sentences come out otherwise than they say."""
        return sum(not one.is_right for one in self.judged)


def checked(index: Index, names: Names, figure: Figure) -> Checked:
    """Judge the sentences of a figure, and try it on the newest items that have one of its spellings."""
    names_ = list(dict.fromkeys((figure.name, *figure.aliases)))[:MOST_SPELLINGS]
    spellings = tuple(Text(text=name, phrase=True) for name in names_)
    # Inflected forms are asked for as stems, which is what a search for the words does.
    loose = tuple(msgspec.structs.replace(text, phrase=False) for text in spellings[:3])
    only = compiled(Or((*spellings, *loose)), Context(names, now()))
    with _one_at_a_time:
        recogniser = tracking(Recogniser(load().entities), [figure])
        judged = check(recogniser, figure)
        run = dry_run(index, recogniser, [figure], now() - timedelta(days=DAYS), only=only, most=MOST_ITEMS)
    return Checked(figure=figure, judged=tuple(judged), run=run)
