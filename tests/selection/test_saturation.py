"""The search finds the rate where a service gives in, in few steps, and says when it did not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helmert.selection.saturation import search

rates = st.floats(min_value=0.5, max_value=500.0)


@given(limit=rates, start=rates)
def test_a_sharp_limit_is_found_within_ten_per_cent(limit: float, start: float) -> None:
    tried: list[float] = []

    def holds(rate: float) -> bool:
        tried.append(rate)
        return rate <= limit

    found = search(holds, start=start, most=40)
    assert found.complete
    assert found.holds is not None
    assert found.fails is not None
    assert found.holds <= limit < found.fails <= 1.1 * found.holds
    assert found.tried == len(tried) == len(set(tried)) <= 16


@given(start=rates, most=st.integers(min_value=1, max_value=12))
def test_a_service_that_stands_nothing_has_no_rate(start: float, most: int) -> None:
    found = search(lambda rate: rate < 0, start=start, most=most)
    assert (found.holds, found.tried, found.complete) == (None, most, False)


@given(start=rates, most=st.integers(min_value=1, max_value=12))
def test_a_service_that_stands_everything_is_bounded_by_what_was_tried(start: float, most: int) -> None:
    found = search(lambda rate: rate > 0, start=start, most=most)
    assert found.holds == start * 2.0 ** (most - 1)
    assert (found.fails, found.complete) == (None, False)


@given(limit=rates, known=rates, start=st.floats(min_value=1.1, max_value=50.0))
def test_what_is_known_of_a_rate_is_not_tried_again(limit: float, known: float, start: float) -> None:
    tried: list[float] = []

    def holds(rate: float) -> bool:
        tried.append(rate)
        return rate <= limit

    if known <= limit:
        found = search(holds, start=known * start, low=known, most=40)
    else:
        found = search(holds, start=known / start, high=known, most=40)
    assert found.holds is not None
    assert found.fails is not None
    assert found.holds <= limit < found.fails <= 1.1 * found.holds
    assert known not in tried
    assert found.tried == len(tried) + 1


def test_the_search_ends_when_the_time_is_up() -> None:
    seconds = iter([10.0, 6.0, 2.0])
    found = search(lambda rate: rate < 25, start=10.0, may_go_on=lambda rate: rate > 0 and next(seconds) > 5.0)
    assert (found.holds, found.fails, found.tried, found.complete) == (20.0, None, 2, False)


@given(start=rates, outcomes=st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_moody_service_is_given_the_benefit_of_no_doubt(start: float, outcomes: list[bool]) -> None:
    seen: dict[float, bool] = {}

    def holds(rate: float) -> bool:
        seen[rate] = outcomes[len(seen)]
        return seen[rate]

    found = search(holds, start=start)
    if found.holds is not None and found.fails is not None:
        assert found.holds < found.fails
        assert seen[found.holds]
        assert not seen[found.fails]
