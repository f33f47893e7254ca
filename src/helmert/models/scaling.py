"""Scaling vectors to length one."""

from __future__ import annotations

import numpy as np

from helmert.types import Vectors


def to_unit_length(vectors: Vectors) -> Vectors:
    """Each row divided by its length, in place where the array allows it. A zero row stays zero, for the
    checks to find.

    Args:
        vectors: shape (n, dims).

    Returns:
        Shape (n, dims), float32, C-contiguous.
    """
    scaled = np.ascontiguousarray(vectors, dtype=np.float32)
    # Values that are not finite pass through without a warning; `check_batch` names their row.
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", scaled, scaled, dtype=np.float64))
        norms[norms == 0.0] = 1.0
        scaled /= norms[:, None].astype(np.float32)
    return scaled
