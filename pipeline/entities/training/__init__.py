"""How the tagger's models and lists are made, by the commands of its MODEL.md. Nothing here is used at run time."""
