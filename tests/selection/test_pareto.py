"""The front: what nothing cheaper beats by more than chance, and what is worth its price."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.selection.pareto import Better, Point, apart, cheapest_tied, front, paired, steps
from helmert.selection.scorecard import Estimate


@st.composite
def clouds(draw: st.DrawFn) -> tuple[list[Point], Better]:
    """Points whose qualities differ by more than chance from a gap on that is drawn, too."""
    pairs = draw(
        st.lists(
            st.tuples(st.integers(min_value=1, max_value=8), st.integers(min_value=0, max_value=20)),
            min_size=1,
            max_size=12,
        )
    )
    gap = draw(st.integers(min_value=0, max_value=5))
    points = [Point(name=f"p{i}", cost=cost, quality=quality / 20) for i, (cost, quality) in enumerate(pairs)]
    quality = {point.name: point.quality * 20 for point in points}
    return points, lambda one, other: quality[one] - quality[other] > gap + 1e-9


@given(clouds())
def test_the_front_is_what_nothing_as_cheap_beats(cloud: tuple[list[Point], Better]) -> None:
    points, better = cloud
    found = front(points, better)
    for point in points:
        beaten = any(other.cost <= point.cost and better(other.name, point.name) for other in points)
        assert (point.name in found) == (not beaten)


@given(clouds())
def test_each_step_costs_more_and_is_better_by_more_than_chance(cloud: tuple[list[Point], Better]) -> None:
    points, better = cloud
    by_name = {point.name: point for point in points}
    found = steps(points, better)
    assert by_name[found[0]].cost == min(point.cost for point in points)
    assert all(better(later, earlier) for i, later in enumerate(found) for earlier in found[:i])
    assert [by_name[name].cost for name in found] == sorted(by_name[name].cost for name in found)
    for point in points:
        if point.name not in found:
            assert any(by_name[name].cost <= point.cost and not better(point.name, name) for name in found), (
                "whatever is left out ties with or loses to something no dearer"
            )


@given(clouds())
def test_the_cheapest_that_ties_with_the_best_is_advised(cloud: tuple[list[Point], Better]) -> None:
    points, better = cloud
    by_name = {point.name: point for point in points}
    chosen = by_name[cheapest_tied(points, better)]
    top = max(point.quality for point in points)
    assert not any(better(point.name, chosen.name) for point in points if point.quality == top)
    assert all(
        point.cost >= chosen.cost
        for point in points
        if not any(better(best.name, point.name) for best in points if best.quality == top)
    )


def test_a_tie_goes_to_the_cheaper_and_a_real_difference_does_not() -> None:
    rng = np.random.default_rng(4)
    base = rng.uniform(0.4, 0.6, size=200)
    values = {"float32": base + 0.001 * rng.standard_normal(200), "int8": base, "binary": base - 0.1}
    points = [
        Point(name=name, cost=cost, quality=float(values[name].mean()))
        for name, cost in (("float32", 1536.0), ("int8", 384.0), ("binary", 48.0))
    ]
    better = paired(values, level=0.95)
    assert front(points, better) == ("binary", "int8", "float32")
    assert steps(points, better) == ("binary", "int8")
    assert cheapest_tied(points, better) == "int8"


def test_intervals_that_touch_are_a_tie() -> None:
    better = apart(
        {
            "a": Estimate(value=0.5, low=0.4, high=0.6),
            "b": Estimate(value=0.65, low=0.6, high=0.7),
            "c": Estimate(value=0.8, low=0.71, high=0.9),
        }
    )
    assert not better("b", "a")
    assert better("c", "b")
    assert not better("a", "c")


def test_nothing_cannot_be_chosen_from() -> None:
    better = apart({})
    with pytest.raises(UsageError, match="nothing to choose"):
        cheapest_tied([], better)
    assert front([], better) == steps([], better) == ()
