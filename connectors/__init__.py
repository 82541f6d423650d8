"""Where news comes from: each kind of source yields items and knows nothing of what follows.

    feeds/poller ──► fetch ──► parse/ ──────────► feeds/decide ──► send ──► news.items, or news.backfill (quiet)
      news.feeds     guard     rss atom json      new, changed       └────► news.deadletters (refused)
      news.feed-state          sitemap            or unchanged
                               └► entries                └──► news.feed-state, once Kafka has the items
    files ── JSON Lines, text, HTML, feeds, folders, standard input ──► send

`protocol` is what all sources share; `text`, `dates` and `urls` clean what they say; `opml` reads lists of feeds;
`check` tries one feed now. Deciding (`feeds/decide`, everything in `parse/`) is pure; acting is `feeds/poller`.
"""
