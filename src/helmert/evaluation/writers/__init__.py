"""Evaluation sets to files, in the form that `helmert.evaluation.readers` reads back as an equal set."""

from helmert.evaluation.writers.accepting import accept_evalset
from helmert.evaluation.writers.appending import Appending, append_labels
from helmert.evaluation.writers.folder import write_evalset

__all__ = ["Appending", "accept_evalset", "append_labels", "write_evalset"]
