"""Fingerprints: an honest model is recognised, another one under the same name is found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from helmert.spaces.probes import PROBE_SET, PROBES, Fingerprint, Likeness, judge, record
from helmert.types import Vectors


def toy(seed: int, *, noise: float = 0.0, dims: int = 64, noise_seed: int = 0) -> Callable[[Sequence[str]], Vectors]:
    """A model that gives each text its own fixed unit vector, plus call-to-call noise."""
    shaking = np.random.default_rng(noise_seed)

    def embed(texts: Sequence[str]) -> Vectors:
        rows = [np.random.default_rng([seed, *text.encode()[:40], len(text)]).normal(size=dims) for text in texts]
        vectors = np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)
        vectors += noise * shaking.normal(size=vectors.shape)
        return np.asarray(vectors, dtype=np.float32)

    return embed


def test_the_same_model_is_identical() -> None:
    verdict = judge(record(toy(1)), toy(1)(PROBES))
    assert verdict.likeness is Likeness.IDENTICAL


@pytest.mark.parametrize("noise_seed", range(1, 21))
def test_an_honest_model_with_noise_is_equivalent(noise_seed: int) -> None:
    reference = record(toy(1, noise=0.004))
    verdict = judge(reference, toy(1, noise=0.004, noise_seed=noise_seed)(PROBES))
    assert verdict.likeness is Likeness.EQUIVALENT
    assert reference.noise.max() > 1e-4


def test_another_model_of_the_same_width_is_different() -> None:
    verdict = judge(record(toy(1)), toy(2)(PROBES))
    assert verdict.likeness is Likeness.DIFFERENT
    assert verdict.worst > 0.1


def test_another_width_is_different() -> None:
    assert judge(record(toy(1)), toy(1, dims=32)(PROBES)).likeness is Likeness.DIFFERENT


def test_a_change_that_touches_one_kind_of_text_is_named() -> None:
    reference = record(toy(1))
    now = toy(1)(PROBES)
    now[13] = toy(2)(PROBES)[13]
    verdict = judge(reference, now)
    assert verdict.likeness is Likeness.DIFFERENT
    assert PROBES[13][:10] in verdict.reason


def test_another_probe_set_gives_no_verdict() -> None:
    taken = record(toy(1))
    old = Fingerprint(probe_set="probes-0", vectors=taken.vectors, noise=taken.noise)
    assert judge(old, taken.vectors).likeness is Likeness.UNKNOWN
    assert taken.probe_set == PROBE_SET


def test_nan_answers_are_different_not_identical() -> None:
    now = toy(1)(PROBES)
    now[0] = np.nan
    assert judge(record(toy(1)), now).likeness is Likeness.DIFFERENT


def test_probes_are_distinct() -> None:
    assert len(set(PROBES)) == len(PROBES)
