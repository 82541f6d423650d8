"""Figures out of the lists that the world keeps: one module a family of formats, all streaming.

`read_figures(path, format, counts)` yields figures as the file is read; what cannot be used is counted with its reason.
"""

from pipeline.importers.formats import FORMATS, read_figures
from pipeline.importers.source import ImportProblem, Read

__all__ = ["FORMATS", "ImportProblem", "Read", "read_figures"]
