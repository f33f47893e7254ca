"""Requests hold what fits, in order, and nothing is lost between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helmert.models.base import Limits
from helmert.models.batching import split_costs, split_texts

costs_of = st.lists(st.integers(min_value=0, max_value=50), max_size=60)


@given(costs=costs_of, most=st.integers(1, 10), budget=st.integers(1, 80))
def test_slices_cover_everything_once_in_order(costs: list[int], most: int, budget: int) -> None:
    slices = list(split_costs(costs, most=most, budget=budget))
    assert [at for part in slices for at in range(part.start, part.stop)] == list(range(len(costs)))


@given(costs=costs_of, most=st.integers(1, 10), budget=st.integers(1, 80))
def test_no_slice_exceeds_a_limit_unless_one_entry_does(costs: list[int], most: int, budget: int) -> None:
    for part in split_costs(costs, most=most, budget=budget):
        inside = costs[part]
        assert 1 <= len(inside) <= most
        assert sum(inside) <= budget or len(inside) == 1


@given(costs=costs_of, most=st.integers(1, 10), budget=st.integers(1, 80))
def test_no_slice_could_have_taken_the_next_entry(costs: list[int], most: int, budget: int) -> None:
    slices = list(split_costs(costs, most=most, budget=budget))
    for part in slices[:-1]:
        longer = costs[part.start : part.stop + 1]
        assert len(longer) > most or sum(longer) > budget


@given(texts=st.lists(st.text(max_size=20), max_size=30), most=st.integers(1, 7))
def test_tokens_are_not_counted_where_they_do_not_matter(texts: list[str], most: int) -> None:
    def never(text: str) -> int:
        raise AssertionError(text)

    slices = list(split_texts(texts, Limits(batch_texts=most), never))
    assert [text for part in slices for text in texts[part]] == texts


@given(texts=st.lists(st.text(max_size=20), max_size=30), most=st.integers(1, 7), budget=st.integers(1, 40))
def test_texts_are_split_by_what_they_cost(texts: list[str], most: int, budget: int) -> None:
    limits = Limits(batch_texts=most, batch_tokens=budget)
    by_text = list(split_texts(texts, limits, len))
    assert by_text == list(split_costs([len(text) for text in texts], most=most, budget=budget))
