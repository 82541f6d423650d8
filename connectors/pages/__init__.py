"""The pages of items: fetched with the manners that feeds have, for the step `extract`.

    news.wanted ─► members (thread) ─► lines (one a host) ─► robots, turn, fetch ─► news.pages

`wants` says which items want their page, `lines` says who is next, `fetcher` acts; `python -m connectors.pages` is the
process. Several share the hosts as one consumer group.
"""
