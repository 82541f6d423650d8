"""Step 0, `extract`: the page of an item becomes its text, unless it is a wall.

    news.pages ─► reader (a child process: trafilatura, resiliparse) ─► judge ─► news.items, or news.backfill

`decide` is the step, `judge` says whether a page's text is the item's article, `memory` is what is kept of a host.
"""
