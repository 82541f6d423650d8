"""The one query syntax, of the command line, the web page, saved searches and alert rules: text to a tree.

`parse(text)` gives a tree of `ast` or raises `QueryError`, which points at the place. The tree is complete in itself:
`pipeline.search.compile` turns it into a request to the index, and whoever has one item in memory can evaluate it node
by node; `ast` says what each node means. `fields` lists what may stand before a colon.
"""

from pipeline.query.ast import Node
from pipeline.query.errors import QueryError
from pipeline.query.parser import parse
from pipeline.query.write import write

__all__ = ["Node", "QueryError", "parse", "write"]
