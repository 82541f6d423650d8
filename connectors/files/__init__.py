"""Files as a source: JSON Lines, JSON, ninjs, text, HTML, feeds, WARC, GDELT's lists, folders, standard input.

source ─► kinds: lines, whole (text, HTML, feed, JSON), warc, gdelt ─► Item or Refused, with the place reached
journal ── where each file was left, so that the next run goes on from there
watch ──── a folder's new and grown files, for ever
"""
