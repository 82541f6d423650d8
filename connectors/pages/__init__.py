"""The pages of items: fetched with the manners that feeds have, for the step `extract`.

    news.wanted ─► members (thread) ─► hosts (one line a host) ─► robots, spacing, fetch ─► news.pages

`wants` says which items want their page, `hosts` keeps the lines, `fetcher` acts; `python -m connectors.pages` is the
process. Several share the hosts as one consumer group.
"""
