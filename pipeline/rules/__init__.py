"""Rules: which items they hold for, when their digests are due, and where they are kept.

`book.py` finds the rules that may hold for an item, `holds.py` asks each whether it does, `registry.py` keeps them.
"""
