"""Evaluation sets to files, in the form that `helmert.evaluation.readers` reads back as an equal set."""

from helmert.evaluation.writers.accepting import accept_evalset
from helmert.evaluation.writers.appending import append_labels
from helmert.evaluation.writers.folder import write_evalset

__all__ = ["accept_evalset", "append_labels", "write_evalset"]
