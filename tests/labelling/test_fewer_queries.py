"""Fewer queries: whole clusters, slices in proportion, each query as likely as the next, whatever the order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, QueryFacts
from helmert.labelling.fewer_queries import fewer_queries, queries_that_fit
from helmert.types import Query
from tests.evaluation.sets import evalsets


def set_of(facts: list[QueryFacts]) -> EvalSet:
    queries = tuple(Query(id=f"q{number:04}", text=f"text {number}") for number in range(len(facts)))
    ids = [query.id for query in queries]
    return EvalSet(
        name="many",
        queries=queries,
        qrels={query: {f"d-{query}": 1} for query in ids},
        query_facts=dict(zip(ids, facts, strict=True)),
    )


FACTS = st.builds(
    QueryFacts,
    cluster=st.sampled_from(["", "a", "b", "c"]),
    slices=st.sampled_from([{}, {"kind": "code"}, {"kind": "prose", "language": "de"}]),
)


@given(facts=st.lists(FACTS, min_size=1, max_size=40), most=st.integers(1, 40), seed=st.integers(0, 9))
def test_clusters_stay_whole_and_labels_stay_with_their_queries(facts: list[QueryFacts], most: int, seed: int) -> None:
    whole = set_of(facts)
    sizes = Counter(each.cluster for each in facts if each.cluster)
    try:
        drawn = fewer_queries(whole, most, seed=seed)
    except Refused:
        assert "" not in {each.cluster for each in facts}
        with pytest.raises(Refused, match=f"{min(sizes.values())} queries, more than {most}"):
            fewer_queries(whole, most, seed=seed)
        return
    assert 1 <= len(drawn.queries) <= most
    for cluster, size in Counter(drawn.facts(query.id).cluster for query in drawn.queries).items():
        assert not cluster or size == sizes[cluster]
    assert drawn.qrels == {query.id: whole.qrels[query.id] for query in drawn.queries}
    assert [query for query in whole.queries if query in drawn.queries] == list(drawn.queries)


@given(evalset=evalsets(), most=st.integers(1, 4), seed=st.integers(0, 3))
def test_the_order_of_the_set_has_no_part_in_the_draw(evalset: EvalSet, most: int, seed: int) -> None:
    turned = replace(evalset, queries=evalset.queries[::-1])
    try:
        drawn = fewer_queries(evalset, most, seed=seed)
    except Refused:
        with pytest.raises(Refused):
            fewer_queries(turned, most, seed=seed)
        return
    assert fewer_queries(turned, most, seed=seed).digest == drawn.digest


def test_slices_keep_their_proportion() -> None:
    kinds = ["code"] * 600 + ["prose"] * 300 + ["table"] * 100
    whole = set_of([QueryFacts(slices={"kind": kind}) for kind in kinds])
    for seed in range(5):
        drawn = fewer_queries(whole, 100, seed=seed)
        found = Counter(drawn.facts(query.id).slices["kind"] for query in drawn.queries)
        assert [abs(found[kind] - share) <= 2 for kind, share in (("code", 60), ("prose", 30), ("table", 10))] == [
            True
        ] * 3


def test_every_query_is_drawn_equally_often_also_that_of_a_rare_slice() -> None:
    whole = set_of([QueryFacts(slices={"kind": "rare" if number == 0 else "usual"}) for number in range(40)])
    counts = Counter(query.id for seed in range(600) for query in fewer_queries(whole, 10, seed=seed).queries)
    drawn = np.array([counts[query.id] for query in whole.queries])
    assert drawn.sum() == 6000
    assert np.abs(drawn - 150).max() < 5 * np.sqrt(150 * 0.75)


def test_a_set_that_is_small_enough_stays_what_it_is() -> None:
    whole = set_of([QueryFacts()] * 5)
    assert fewer_queries(whole, 5, seed=0) is whole
    with pytest.raises(UsageError, match="a query at least"):
        fewer_queries(whole, 0, seed=0)


@given(facts=st.lists(FACTS, min_size=1, max_size=40), room=st.integers(0, 40), seed=st.integers(0, 3))
def test_the_number_that_is_advised_fits(facts: list[QueryFacts], room: int, seed: int) -> None:
    whole = set_of(facts)
    advice = queries_that_fit(whole, seed, lambda part: len(part.qrels) <= room)
    if advice:
        assert 1 <= len(fewer_queries(whole, advice, seed=seed).qrels) <= room
