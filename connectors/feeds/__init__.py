"""Feeds over HTTP: `decide` says what a poll means, `poller` acts, `schedule` knows who is next, `run` is the process.

python -m connectors.feeds
"""
