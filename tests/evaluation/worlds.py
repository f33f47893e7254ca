"""Small evaluation sets and runs, written as dictionaries, and random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from helmert.evaluation import EvalSet, Measure, Run, score
from helmert.evaluation.ties import TiePolicy
from helmert.types import Hit, Query

Ranking = Mapping[str, float]
"""Document to score."""

DOCUMENTS = [f"d{number}" for number in range(10)]


def set_of(qrels: Mapping[str, Mapping[str, int | float]]) -> EvalSet:
    """An evaluation set with these judgements."""
    queries = tuple(Query(id=query, text=f"text of {query}") for query in qrels)
    return EvalSet(name="toy", queries=queries, qrels=qrels)


def run_of(rankings: Mapping[str, Ranking]) -> Run:
    """A run with these scores."""
    hits = [[Hit(id=doc, score=value) for doc, value in found.items()] for found in rankings.values()]
    return Run.from_hits(list(rankings), hits)


def values_of(
    run: Run, evalset: EvalSet, names: Sequence[str], ties: TiePolicy = "expected"
) -> dict[str, dict[str, float]]:
    """Measure name to query id to value."""
    measures = [Measure.parse(name) for name in names]
    scores = score(run, evalset, measures, ties=ties)
    return {
        name: dict(zip(scores.query_ids, scores.of(measure).tolist(), strict=True))
        for name, measure in zip(names, measures, strict=True)
    }


def value_of(ranking: Ranking, grades: Mapping[str, int | float], name: str, ties: TiePolicy = "expected") -> float:
    """The value of a single query."""
    return values_of(run_of({"q": ranking}), set_of({"q": grades}), [name], ties)[name]["q"]


GRADES = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1).filter(
    lambda grades: any(grades.values())
)
"""Judgements of one query, at least one of them positive."""


def rankings(score_of: st.SearchStrategy[float], max_size: int = 8) -> st.SearchStrategy[dict[str, float]]:
    """Documents with scores drawn from a strategy."""
    return st.dictionaries(st.sampled_from(DOCUMENTS), score_of, max_size=max_size)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Judgements and rankings without ties for a few queries; some queries may have an empty ranking."""
    qrels = draw(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), GRADES, min_size=1))
    found: dict[str, dict[str, float]] = {}
    for query in qrels:
        order = draw(st.lists(st.sampled_from(DOCUMENTS), unique=True))
        found[query] = {doc: float(len(order) - rank) for rank, doc in enumerate(order)}
    return qrels, found
