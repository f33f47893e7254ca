"""Power: the published tables, the formulas turned round, and what makes no sense."""

from __future__ import annotations

import numpy as np
import pytest

from helmert.errors import UsageError
from helmert.evaluation.statistics import (
    TYPICAL_SPREADS,
    Aim,
    design_effect,
    detectable_difference,
    queries_for_margin,
    queries_to_exclude_rare_losses,
    sd_of,
)

CORRELATIONS = [0.0, 0.2, 0.45, 0.6, 0.7, 0.8, 0.9, 0.95]
DETECTABLE = {
    50: [22.8, 20.4, 16.9, 14.4, 12.5, 10.2, 7.2, 5.1],
    100: [16.0, 14.3, 11.9, 10.1, 8.8, 7.1, 5.1, 3.6],
    200: [11.3, 10.1, 8.3, 7.1, 6.2, 5.0, 3.6, 2.5],
    300: [9.2, 8.2, 6.8, 5.8, 5.0, 4.1, 2.9, 2.1],
    500: [7.1, 6.4, 5.3, 4.5, 3.9, 3.2, 2.2, 1.6],
    1000: [5.0, 4.5, 3.7, 3.2, 2.7, 2.2, 1.6, 1.1],
    2000: [3.5, 3.2, 2.6, 2.2, 1.9, 1.6, 1.1, 0.8],
    5000: [2.2, 2.0, 1.7, 1.4, 1.2, 1.0, 0.7, 0.5],
}
"""Points of recall with one relevant document, baseline 0.8, two-sided 5%, power 0.8."""
SPREADS = [0.10, 0.16, 0.25, 0.30, 0.40]
NON_INFERIOR = {
    0.01: [619, 1583, 3865, 5565, 9893],
    0.02: [155, 396, 967, 1392, 2474],
    0.03: [69, 176, 430, 619, 1100],
    0.05: [25, 64, 155, 223, 396],
}
"""Queries, one-sided 5%, power 0.8, true difference 0."""


@pytest.mark.parametrize("queries", DETECTABLE)
def test_the_table_of_detectable_differences(queries: int) -> None:
    ours = [100 * detectable_difference(queries, sd_of(0.8, rho)) for rho in CORRELATIONS]
    assert ours == pytest.approx(DETECTABLE[queries], abs=0.0501)


@pytest.mark.parametrize(("sd", "points"), [(0.1, 2.0), (0.16, 3.2), (0.2, 4.0), (0.25, 5.0), (0.3, 6.0), (0.4, 8.0)])
def test_the_detectable_differences_of_graded_measures(sd: float, points: float) -> None:
    assert 100 * detectable_difference(200, sd) == pytest.approx(points, abs=0.0501)


@pytest.mark.parametrize("margin", NON_INFERIOR)
def test_the_table_of_queries_for_non_inferiority(margin: float) -> None:
    assert [queries_for_margin(margin, sd, level=0.90) for sd in SPREADS] == NON_INFERIOR[margin]


def test_the_gate_asks_for_a_little_more_than_a_one_sided_test_at_5_percent() -> None:
    assert queries_for_margin(0.02, 0.25) / queries_for_margin(0.02, 0.25, level=0.90) == pytest.approx(1.27, abs=0.01)


@pytest.mark.parametrize("sd", SPREADS)
@pytest.mark.parametrize("margin", [0.02, 0.05])
def test_needed_queries_and_detectable_difference_are_each_others_inverse(margin: float, sd: float) -> None:
    needed = queries_for_margin(margin, sd, kind="difference")
    assert detectable_difference(needed, sd) <= margin < detectable_difference(needed - 1, sd)


@pytest.mark.parametrize("kind", ["non-inferior", "superior", "difference"])
def test_more_is_needed_for_less(kind: Aim) -> None:
    needs = [queries_for_margin(margin, 0.3, kind=kind) for margin in (0.1, 0.05, 0.02, 0.01)]
    assert needs == sorted(set(needs))
    assert queries_for_margin(0.05, 0.2, kind=kind) < queries_for_margin(0.05, 0.3, kind=kind)
    assert queries_for_margin(0.05, 0.3, kind=kind) < queries_for_margin(0.05, 0.3, kind=kind, power=0.9)


def test_the_spread_of_one_relevant_document() -> None:
    """Against simulated pairs of correlated zeros and ones."""
    rng = np.random.default_rng(0)
    shared, mixed = rng.random(400_000), rng.random(400_000)
    old = shared < 0.8
    new = np.where(rng.random(400_000) < 0.6, old, mixed < 0.8)
    correlation = float(np.corrcoef(old, new)[0, 1])
    assert sd_of(0.8, correlation) == pytest.approx(float((new.astype(int) - old).std()), rel=0.01)


def test_rare_losses() -> None:
    assert queries_to_exclude_rare_losses(0.02) == 189
    assert queries_to_exclude_rare_losses(0.05) == 73


def test_design_effects() -> None:
    assert design_effect([]) == 1.0
    assert design_effect([1, 1, 1]) == 1.0
    assert design_effect([4.5] * 30, correlation=0.37) == pytest.approx(2.3, abs=0.01)
    assert design_effect([1, 9], correlation=0.5) == pytest.approx(1 + (82 / 10 - 1) / 2)


def test_typical_spreads_are_in_order_and_ndcg_varies_least() -> None:
    assert all(0 < one.low < one.middle < one.high < 1 for one in TYPICAL_SPREADS)
    assert min(TYPICAL_SPREADS, key=lambda one: one.middle).measure == "nDCG@10"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: detectable_difference(1, 0.2),
        lambda: detectable_difference(100, 0.0),
        lambda: detectable_difference(100, 0.2, power=1.0),
        lambda: detectable_difference(100, 0.2, level=95),
        lambda: queries_for_margin(0.0, 0.2),
        lambda: queries_for_margin(2.0, 0.2),
        lambda: queries_for_margin(0.02, 1.5),
        lambda: queries_for_margin(0.02, 0.2, kind="better"),  # type: ignore[arg-type]
        lambda: sd_of(1.0, 0.5),
        lambda: sd_of(0.5, 1.0),
        lambda: queries_to_exclude_rare_losses(0.0),
        lambda: design_effect([0]),
        lambda: design_effect([2], correlation=2.0),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(UsageError):
        wrong()
