"""Who is tracked: `live.py` follows them, `workbench.py` tries their names out, `dryrun.py` over what is indexed."""

from pipeline.figures.live import (
    Change,
    Tracked,
    TrackedFigures,
    find_tracked,
    forget_figures,
    local_id,
    save_figures,
    slim,
    tracked_now,
    tracked_or_none,
)

__all__ = [
    "Change",
    "Tracked",
    "TrackedFigures",
    "find_tracked",
    "forget_figures",
    "local_id",
    "save_figures",
    "slim",
    "tracked_now",
    "tracked_or_none",
]
