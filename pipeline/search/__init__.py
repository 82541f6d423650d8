"""Search: what is asked of the index, and what it answers.

    Query ─► pipeline.query.parse ─► compile ─► request ─► the index ─► answer ─► Found
             text to a tree          (pure)     facets,                 hits, outlets,
                                                sort, pages             facets, did you mean

`searching` puts these together, and is what the command line, the API and the web page call; `export` walks through
all hits, `related` finds similar items and a figure's timeline. `names` knows who has which name.
"""

from pipeline.search.answer import FacetCount, Found, Hit, Outlet
from pipeline.search.names import Names
from pipeline.search.request import FACETS, Query, Sort
from pipeline.search.searching import search

__all__ = ["FACETS", "FacetCount", "Found", "Hit", "Names", "Outlet", "Query", "Sort", "search"]
