"""The statistical tagger: names that no list knows, by their letters, their capitals and their neighbours."""
