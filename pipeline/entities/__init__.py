"""Whom and what an item names: known people, organisations and places, and figures tracked live."""

from pipeline.entities.recognise import MENTION_LIMIT, Recogniser

__all__ = ["MENTION_LIMIT", "Recogniser"]
