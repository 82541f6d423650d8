"""The second step: does an item repeat an earlier text, which story does it belong to, and which event is that of.

    enriched ─► fingerprint ─► window ─┬─ known item      ─► as decided; a revision renews its fingerprint
                (pure)        (state)  ├─ a copy          ─► duplicate_of the first, the first's story
                                       ├─ near a story    ─► that story
                                       └─ else            ─► a new story, named after the item
                                 │
                                 └─► Outcome: the placement, and the rows to write before the offset is committed

`fingerprint` says what is kept of a text, `copies` when two texts are copies, `arrivals` which may be, `clusters` how
near an item is to a story (`vectors`), `events` which stories of other languages tell the same (`tellings`), `chains`
indexes all of these, `window` decides, `state` is what survives a crash, `restoring` makes a window of it again. No
Faust and no Kafka in any of them: `agent` is the shell that gives them a stream and a table.
"""
