"""Ways to store a vector in fewer bytes, all computed from full vectors that were paid once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from helmert.models.scaling import to_unit_length
from helmert.selection.scorecard import Quantisation
from helmert.types import Vectors

CLIPPED = 0.001
"""Share of the values of a dimension that lies outside the calibrated range at each end and is clipped to it."""
LEVELS = 255
CALIBRATION_ROWS = 50_000
"""Documents that quantiles are taken of; more change nothing."""
EPSILON = 1e-12
"""A vector shorter than this has no direction."""


def shortened(vectors: Vectors, dims: int, *, layer_norm: bool = False) -> Vectors:
    """The first `dims` dimensions at length one. Rows whose part is all zero stay zero.

    With `layer_norm` every full vector is first shifted to mean 0 and scaled to variance 1, as some models were
    trained to be before truncation (nomic-embed-text-v1.5).

    Args:
        vectors: Shape (n, full dims).
        dims: How many to keep.
        layer_norm: Whether to normalise the layer before.

    Returns:
        Shape (n, dims), float32.
    """
    full = vectors
    if layer_norm:
        wide = vectors.astype(np.float64)
        wide -= wide.mean(axis=1, keepdims=True)
        spread = wide.std(axis=1, keepdims=True)
        full = (wide / np.where(spread > EPSILON, spread, 1.0)).astype(np.float32)
    part = np.array(full[:, :dims], dtype=np.float32, order="C")
    part[without_direction(part)] = 0.0
    return to_unit_length(part)


def without_direction(vectors: Vectors) -> NDArray[np.bool_]:
    """True for rows that are zero to rounding. They point nowhere and can be ranked by nothing."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    return np.asarray(squares < EPSILON**2)


def as_float16(vectors: Vectors) -> Vectors:
    """What is left of vectors that were stored in half precision. Shape as given."""
    return vectors.astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """The range of each dimension that 256 levels are spread over."""

    low: NDArray[np.float32]
    """Shape (dims,): the quantile `CLIPPED`."""
    step: NDArray[np.float32]
    """Shape (dims,): width of one level, above 0."""

    @classmethod
    def of(cls, vectors: Vectors, rng: np.random.Generator) -> Self:
        """The range between the quantiles `CLIPPED` and 1 - `CLIPPED` of every dimension of these documents.

        Where these are equal, few documents use the dimension; it keeps its whole range.
        """
        rows = vectors
        if len(rows) > CALIBRATION_ROWS:
            rows = rows[np.sort(rng.choice(len(rows), CALIBRATION_ROWS, replace=False))]
        low, high = np.quantile(rows, [CLIPPED, 1.0 - CLIPPED], axis=0).astype(np.float32)
        rare = low == high
        low = np.where(rare, rows.min(axis=0), low)
        high = np.where(rare, rows.max(axis=0), high)
        step = (high - low) / np.float32(LEVELS)
        return cls(low=low, step=np.where(step > 0, step, np.float32(1.0)))

    def encode(self, vectors: Vectors) -> NDArray[np.uint8]:
        """The level of every value, clipped to the range. Shape as given."""
        levels = np.rint((vectors - self.low) / self.step)
        codes: NDArray[np.uint8] = np.clip(levels, 0, LEVELS).astype(np.uint8)
        return codes

    def decode(self, codes: NDArray[np.uint8]) -> Vectors:
        """The middle of every level: what a search computes with. Shape as given."""
        decoded: Vectors = codes.astype(np.float32) * self.step + self.low
        return decoded


def as_signs(vectors: Vectors) -> Vectors:
    """+1 where a value is above 0, else -1: one bit per dimension, as numbers that a matrix product takes.

    The product of two such vectors is dims - 2 * (Hamming distance), exact in float32 up to 16 million dimensions.
    """
    return np.where(vectors > 0, np.float32(1.0), np.float32(-1.0))


def bytes_per_vector(quantisation: Quantisation, dims: int, documents: int) -> tuple[float, float]:
    """Bytes that are kept of each vector, and those of them that a search walks through.

    The calibration of int8, two float32 per dimension, is shared by all documents. Binary with rescoring keeps
    the bits, which are searched, and the int8 codes, of which only the shortlist is read and which may lie on disk.
    """
    bits = float(-(-dims // 8))
    int8 = dims + 8.0 * dims / documents
    match quantisation:
        case "float32":
            return 4.0 * dims, 4.0 * dims
        case "float16":
            return 2.0 * dims, 2.0 * dims
        case "int8":
            return int8, int8
        case "binary":
            return bits, bits
        case "binary+rescore":
            return bits + int8, bits
