"""`build_app(settings, step)`: one step wired into its Faust app.

The way of an item, in the order of `STEPS`:

news.items, news.backfill ─► enrich  ─► news.enriched
news.enriched             ─► stories ─► news.documents
news.documents            ─► index   ─► Elasticsearch
news.documents            ─► alert   ─► news.matches
news.matches              ─► notify  ─► news.alerts
news.alerts               ─► webhook ─► the user's own service
"""

from typing import Any

from pipeline.alert import Alerter
from pipeline.decision import Decider
from pipeline.enrich import Enricher
from pipeline.entities import Recogniser
from pipeline.figures import TrackedFigures
from pipeline.index import Indexer
from pipeline.knowledge import load
from pipeline.notify import Notifier
from pipeline.stories.agent import StoryDecider
from pipeline.streaming import (
    BatchHandler,
    Progress,
    attach_batches,
    attach_decider,
    attach_watchdog,
    create_app,
)
from pipeline.webhook import WebhookSink
from schemas.settings import Settings
from schemas.steps import BY_NAME


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
        attach_decider(app, settings, step, decider, progress)
    else:
        attach_batches(app, step, _handler(settings, name, progress), progress)
    attach_watchdog(app, settings, step, progress)
    return app


def _decider(settings: Settings, name: str) -> Decider | None:
    if name == "enrich":
        return Enricher(live_recogniser(settings).mentions)
    if name == "stories":
        return StoryDecider(settings.story_days)
    if name == "notify":
        return Notifier()
    return None


def _handler(settings: Settings, name: str, progress: Progress) -> BatchHandler:
    if name == "index":
        return Indexer(settings, progress)
    if name == "alert":
        return Alerter(TrackedFigures(settings))
    return WebhookSink(settings, progress)


def live_recogniser(settings: Settings) -> Recogniser:
    """A recogniser of the knowledge base and of everyone tracked, which follows the changes by itself."""
    recogniser = Recogniser(load().entities)
    tracked = TrackedFigures(
        settings, lambda key, figure: recogniser.untrack(key) if figure is None else recogniser.track(figure)
    )
    tracked.wait()
    return recogniser
