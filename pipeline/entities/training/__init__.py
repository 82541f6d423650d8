"""How the tagger's models and lists are made: `make train-entities`. Nothing here is used at run time."""
