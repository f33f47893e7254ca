"""Measures of retrieval quality, one module per family with its formula and source.

A new family is a module with a `Family` and an entry in `measure.FAMILIES`. May import the judged ranking and
ties of the room above it in the tree, `errors`, and numpy.
"""

from helmert.evaluation.measures.family import Family
from helmert.evaluation.measures.measure import FAMILIES, Measure, known_measures

__all__ = ["FAMILIES", "Family", "Measure", "known_measures"]
