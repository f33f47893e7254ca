"""Vectors in fewer bytes: length one after truncation, zero vectors, and how far codes may be off."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helmert.models.providers.wordllama import open_embedder
from helmert.selection.quantisation import (
    Calibration,
    as_float16,
    as_signs,
    bytes_per_vector,
    shortened,
    without_direction,
)
from helmert.selection.scorecard import Quantisation
from helmert.types import Vectors
from tests.selection.worlds import texts

QUANTISATIONS: tuple[Quantisation, ...] = get_args(Quantisation)
VALUES = st.floats(min_value=-10, max_value=10, width=32, allow_subnormal=False)


def cloud(rows: int, dims: int, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).standard_normal((rows, dims)).astype(np.float32)


@given(arrays(np.float32, (5, 8), elements=VALUES), st.integers(1, 8))
def test_a_shortened_vector_has_length_one_or_is_zero(vectors: Vectors, dims: int) -> None:
    cut = shortened(vectors, dims)
    assert cut.shape == (5, dims)
    lengths = np.linalg.norm(cut.astype(np.float64), axis=1)
    lost = without_direction(cut)
    np.testing.assert_allclose(lengths[~lost], 1.0, atol=1e-6)
    assert (lengths[lost] == 0).all()
    assert np.isfinite(cut).all()


def test_a_vector_whose_kept_part_is_zero_stays_zero_without_a_warning() -> None:
    vectors = np.array([[0, 0, 1, 1], [1, 0, 0, 0]], dtype=np.float32)
    np.testing.assert_array_equal(shortened(vectors, 2), [[0, 0], [1, 0]])


def test_shortening_leaves_the_full_vectors_alone() -> None:
    vectors = cloud(4, 6)
    before = vectors.copy()
    shortened(vectors, 6)
    shortened(vectors, 3, layer_norm=True)
    np.testing.assert_array_equal(vectors, before)


@given(st.floats(0.125, 50, width=32), st.floats(-5, 5, width=32))
def test_layer_norm_does_not_see_shift_and_scale_of_the_full_vector(scale: float, shift: float) -> None:
    vectors = cloud(6, 16)
    moved = (vectors * np.float32(scale) + np.float32(shift)).astype(np.float32)
    np.testing.assert_allclose(shortened(vectors, 8, layer_norm=True), shortened(moved, 8, layer_norm=True), atol=1e-4)


def test_layer_norm_is_over_the_full_vector_and_not_over_what_is_kept() -> None:
    vectors = cloud(6, 16)
    by_hand = vectors - vectors.mean(axis=1, keepdims=True)
    by_hand = (by_hand / by_hand.std(axis=1, keepdims=True))[:, :4]
    by_hand /= np.linalg.norm(by_hand, axis=1, keepdims=True)
    np.testing.assert_allclose(shortened(vectors, 4, layer_norm=True), by_hand, atol=1e-5)
    assert not np.allclose(shortened(vectors, 4), by_hand)


@pytest.mark.parametrize("dims", [64, 128])
def test_a_large_wordllama_cut_short_is_the_small_wordllama(tmp_path: Path, dims: int) -> None:
    asked = [*texts(20), "def mean(xs): return sum(xs) / len(xs)", "東京の春"]
    large = open_embedder({"dims": 256}, tmp_path).embed_documents(asked).vectors
    small = open_embedder({"dims": dims}, tmp_path).embed_documents(asked).vectors
    np.testing.assert_allclose(shortened(large, dims), small, atol=1e-6)


def test_half_precision_loses_what_half_precision_loses() -> None:
    vectors = cloud(10, 8)
    np.testing.assert_array_equal(as_float16(vectors), vectors.astype(np.float16).astype(np.float32))


@given(st.integers(0, 1000))
def test_int8_is_off_by_at_most_half_a_level_inside_the_range(seed: int) -> None:
    vectors = cloud(300, 6, seed)
    calibration = Calibration.of(vectors, np.random.default_rng(0))
    decoded = calibration.decode(calibration.encode(vectors))
    high = calibration.low + 255 * calibration.step
    inside = (vectors >= calibration.low) & (vectors <= high)
    assert inside.mean() > 0.99
    off = np.abs(decoded - vectors)
    assert (off <= 0.501 * calibration.step + 1e-6)[inside].all()
    assert (decoded >= calibration.low - 1e-6).all()
    assert (decoded <= high + 1e-5).all()


def test_one_outlier_does_not_widen_the_levels_of_all() -> None:
    vectors = cloud(5000, 4)
    spoilt = vectors.copy()
    spoilt[0, 0] = 1e6
    steps = [Calibration.of(each, np.random.default_rng(0)).step[0] for each in (vectors, spoilt)]
    assert steps[1] == pytest.approx(steps[0], rel=0.1)


def test_a_dimension_that_never_changes_is_kept_as_it_is() -> None:
    vectors = cloud(50, 3)
    vectors[:, 1] = 0.25
    calibration = Calibration.of(vectors, np.random.default_rng(0))
    np.testing.assert_allclose(calibration.decode(calibration.encode(vectors))[:, 1], 0.25)


@given(st.integers(0, 1000), st.integers(1, 70))
def test_the_product_of_signs_is_dims_less_twice_the_hamming_distance(seed: int, dims: int) -> None:
    left, right = cloud(4, dims, seed), cloud(5, dims, seed + 1)
    hamming = ((left > 0)[:, None, :] != (right > 0)[None, :, :]).sum(axis=2)
    np.testing.assert_array_equal(as_signs(left) @ as_signs(right).T, dims - 2 * hamming)


def test_bytes_are_what_would_be_kept() -> None:
    kept = {name: bytes_per_vector(name, 100, 50) for name in QUANTISATIONS}
    assert kept == {
        "float32": (400, 400),
        "float16": (200, 200),
        "int8": (116, 116),
        "binary": (13, 13),
        "binary+rescore": (129, 13),
    }


def test_dimensions_that_few_documents_use_keep_their_range() -> None:
    rng = np.random.default_rng(3)
    vectors = np.zeros((5000, 8), dtype=np.float32)
    vectors[:, 0] = 1.0
    rows = rng.choice(5000, 3, replace=False)
    vectors[rows, 5] = (0.2, 0.5, 0.9)
    calibration = Calibration.of(vectors, rng)
    decoded = calibration.decode(calibration.encode(vectors))
    assert np.abs(decoded - vectors).max() < 0.01
