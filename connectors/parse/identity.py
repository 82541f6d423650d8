"""Entries of one feed that its links or guids do not tell apart.

A status page whose entries all link to its home, a changelog whose entries differ after the `#`, a feed whose guids
are all one: taken by URL, all but the first of these would be lost.
"""

import dataclasses
from collections import Counter

from connectors.parse.entry import Entry

MANY = 3
SHARED_LINK = "link-shared"
SAME_GUID = "guid-duplicate"


def told_apart(entries: tuple[Entry, ...], home: str | None) -> tuple[Entry, ...]:
    """The same entries, those that share a URL or a guid with another of other text marked as such."""
    urls = Counter(entry.url for entry in entries if entry.url)
    guids = Counter(entry.guid for entry in entries if entry.guid)
    if (not urls or urls.most_common(1)[0][1] < 2) and (  # noqa: PLR2004 - the usual feed
        not guids or guids.most_common(1)[0][1] < 2  # noqa: PLR2004
    ) and home not in urls:  # fmt: skip
        return entries
    texts: dict[str | None, set[str]] = {}
    for entry in entries:
        for key in {entry.url, entry.guid}:
            texts.setdefault(key, set()).add(f"{entry.title}\x1f{entry.summary[:200]}{entry.body[:200]}")
    return tuple(_marked(entry, urls, guids, texts, home) for entry in entries)


def _marked(
    entry: Entry, urls: Counter[str], guids: Counter[str], texts: dict[str | None, set[str]], home: str | None
) -> Entry:
    names: tuple[str, ...] = ()
    shared = False
    many = entry.url and len(texts[entry.url]) > 1 and (urls[entry.url] >= MANY or entry.anchor)
    if many or (entry.url and entry.url == home and entry.guid and entry.guid != entry.url):
        names, shared = (SHARED_LINK,), True
    if entry.guid and guids[entry.guid] > 1 and len(texts[entry.guid]) > 1:
        names = (*names, SAME_GUID)
        shared = shared or entry.url is None
    if not names:
        return entry
    return dataclasses.replace(entry, shared=shared, repairs=tuple(dict.fromkeys((*entry.repairs, *names))))
