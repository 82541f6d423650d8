"""The poller as a process of a test."""

# Without the pace of backfills: no steps run here that would take what other tests have left on the topics.
POLLER = "from connectors.feeds.poller import run; from schemas.settings import load_settings; run(load_settings())"
