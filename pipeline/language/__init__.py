"""In what language an item is: deterministic, bounded, and `und` where the text cannot tell."""

from pipeline.language.detect import Language, detect
from pipeline.language.groups import language_group

__all__ = ["Language", "detect", "language_group"]
