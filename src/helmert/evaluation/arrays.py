"""The array types of this room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CodeArray = NDArray[np.int32]
"""Documents as numbers: positions in a run's vocabulary."""
BoolArray = NDArray[np.bool_]
