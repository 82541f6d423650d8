"""`build_app(settings, step)`: one step wired into its Faust app.

The way of an item, in the order of `STEPS`:

news.pages                ─► extract ─► news.items, news.backfill
news.items, news.backfill ─► enrich  ─► news.enriched
news.enriched             ─► stories ─► news.documents
news.documents            ─► index   ─► Elasticsearch
news.documents            ─► alert   ─► news.matches
news.matches, news.timers ─► notify  ─► news.alerts, news.withheld
"""

from collections.abc import Sequence
from typing import Any

from connectors.article_reader import ArticleReader
from pipeline.alert import Alerter
from pipeline.decision import Decider
from pipeline.enrich import Enricher
from pipeline.entities import Recogniser
from pipeline.entities.tagger.own import OwnModels
from pipeline.extract.decide import Extractor
from pipeline.figures import Change, TrackedFigures
from pipeline.forget import ForgottenList
from pipeline.index import Indexer
from pipeline.knowledge import load
from pipeline.notify import Notifier
from pipeline.notify.watches import LiveGroups
from pipeline.rules.book import RuleBook
from pipeline.rules.registry import LiveRules, LiveSnoozes
from pipeline.settling import Progress
from pipeline.stories.agent import StoryDecider
from pipeline.streaming import (
    BatchHandler,
    attach_batches,
    attach_decider,
    attach_sweep,
    attach_timers,
    attach_watchdog,
    create_app,
)
from pipeline.warm import warm_stories, warm_understanding
from schemas.rule import Tick
from schemas.settings import Settings
from schemas.steps import BY_NAME
from schemas.topics import DAY_MS, TIMERS, WEEK_MS

# Days that the ledger of `notify` keeps an alert of which nothing comes.
LEAST_KEPT_DAYS = 30.0


def build_app(settings: Settings, name: str) -> Any:  # noqa: ANN401 - a faust.App; Faust stays in pipeline.streaming
    """The Faust app of the step of that name, ready to run.

    Raises:
        KeyError: there is no such step.
    """
    step = BY_NAME[name]
    app = create_app(settings, step)
    progress = Progress()
    decider = _decider(settings, name)
    if decider is not None:
        table = attach_decider(app, settings, step, decider, progress)
        if isinstance(decider, Notifier):
            attach_timers(app, settings, decider, TIMERS, Tick(rule_id="").encode())
            attach_sweep(app, settings, step, decider, table)
    else:
        attach_batches(app, step, _handler(settings, name, progress), progress)
    attach_watchdog(app, settings, step, progress)
    return app


def _decider(settings: Settings, name: str) -> Decider | None:
    if name == "extract":
        reader = ArticleReader()
        return Extractor(lambda html, url, known: reader.read(html, url, known=known))
    if name == "enrich":
        forgotten = ForgottenList(settings)
        forgotten.wait()
        recogniser = live_recogniser(settings)
        warm_understanding(recogniser.mentions)
        return Enricher(recogniser.mentions, forgotten.holds)
    if name == "stories":
        warm_stories(settings.story_days)
        return StoryDecider(settings.story_days)
    if name == "notify":
        return live_notifier(settings)
    return None


def _handler(settings: Settings, name: str, progress: Progress) -> BatchHandler:
    if name == "index":
        return Indexer(settings, progress)
    return Alerter(settings)


def live_recogniser(settings: Settings) -> Recogniser:
    """A recogniser of the knowledge base and of everyone tracked, which follows the changes by itself."""
    recogniser = Recogniser(load().entities, own=OwnModels(settings.taggers))

    def changed(changes: Sequence[Change]) -> None:
        recogniser.track_all(figure for _, figure in changes if figure is not None)
        for key, figure in changes:
            if figure is None:
                recogniser.untrack(key)

    tracked = TrackedFigures(settings, changed)
    tracked.wait()
    return recogniser


def live_notifier(settings: Settings) -> Notifier:
    """A notifier that follows the rules, the groups of figures, what is snoozed and what was taken down."""
    book = RuleBook()
    rules, snoozes, forgotten = LiveRules(settings, book.change), LiveSnoozes(settings), ForgottenList(settings)
    groups = LiveGroups(settings)
    for followed in (rules, snoozes, forgotten, groups):
        followed.wait()
    # A story gets new items for `story_days` after its last one; `news.matches` gives again what is a week old at most.
    keep_days = max(LEAST_KEPT_DAYS, settings.story_days + WEEK_MS / DAY_MS + 1)
    return Notifier(snoozes.until, book.rule, book.silences, forgotten.holds_match, company=groups, keep_days=keep_days)
