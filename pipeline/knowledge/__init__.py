"""Whom and what the news names: people in public office, organisations, and places, in many scripts."""

from pipeline.knowledge.entity import Entity, Knowledge, Limited
from pipeline.knowledge.load import find_figure, load

__all__ = ["Entity", "Knowledge", "Limited", "find_figure", "load"]
