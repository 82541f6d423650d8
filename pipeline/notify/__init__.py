"""Step 5, `notify`: has this been told before, and when is it to be told?

Reads `news.matches` and `news.timers` by rule id. `decide.py` has the ledger and the ways of telling, `activity.py`
spikes and silences, `watches.py` whose, `rows.py` what is kept, `timers.py` when something falls due.
"""

from pipeline.notify.decide import Notifier

__all__ = ["Notifier"]
