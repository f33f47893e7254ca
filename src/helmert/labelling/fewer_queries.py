"""Some of a set's queries, drawn at random, so that what they need fits into a small sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet
from helmert.types import Query


def fewer_queries(evalset: EvalSet, most: int, *, seed: int) -> EvalSet:
    """At most `most` queries with their labels, in the order of the set; the set itself when it has no more.

    Queries of one cluster are drawn together or not at all, since half a cluster is another cluster. Each
    combination of slices keeps its share: its clusters are put in a random order and given a place between 0 and 1,
    the first clusters of all combinations by that place are taken (systematic sampling within strata). A cluster that
    is larger than what is left is passed over. What was drawn does not depend on the order of the set.

    Raises:
        UsageError: `most` is below 1.
        Refused: every cluster holds more than `most` queries.
    """
    if most < 1:
        raise UsageError(f"A sample needs a query at least; got {most}.", next_step="--most-queries 200")
    if len(evalset.queries) <= most:
        return evalset
    kept: set[str] = set()
    for cluster in _drawn(evalset, seed):
        if len(kept) + len(cluster) <= most:
            kept.update(query.id for query in cluster)
    if not kept:
        smallest = min(map(len, _clusters(evalset)))
        raise Refused(
            f"The smallest cluster of {evalset.name!r} holds {smallest:,} queries, more than {most:,}; clusters are "
            "drawn together or not at all.",
            next_step=f"--most-queries {smallest}",
        )
    return replace(
        evalset,
        queries=tuple(query for query in evalset.queries if query.id in kept),
        qrels={query: grades for query, grades in evalset.qrels.items() if query in kept},
        query_facts={query: facts for query, facts in evalset.query_facts.items() if query in kept},
        label_facts={pair: facts for pair, facts in evalset.label_facts.items() if pair[0] in kept},
    )


def queries_that_fit(evalset: EvalSet, seed: int, fits: Callable[[EvalSet], bool]) -> int:
    """A number of queries, in two figures, of which the draw with this seed fits; 0 when no number does."""

    def good(most: int) -> bool:
        try:
            return fits(fewer_queries(evalset, most, seed=seed))
        except Refused:
            return True  # nothing is drawn, which fits, but is no advice

    low, high = 0, len(evalset.queries)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if good(middle) else (low, middle - 1)
    advice = _two_figures(low)
    while advice and not good(advice):
        advice = _two_figures(advice - 1)
    return advice if advice >= min(map(len, _clusters(evalset)), default=1) else 0


def _drawn(evalset: EvalSet, seed: int) -> list[list[Query]]:
    """All clusters in the order in which they are taken."""
    rng = np.random.default_rng(seed)
    clusters = _clusters(evalset)
    order = [clusters[row] for row in rng.permutation(len(clusters)).tolist()]
    strata = [_slices(evalset, cluster) for cluster in order]
    whole: Counter[object] = Counter()
    for stratum, cluster in zip(strata, order, strict=True):
        whole[stratum] += len(cluster)
    before: Counter[object] = Counter()
    places: list[float] = []
    for stratum, cluster, within in zip(strata, order, rng.random(len(order)).tolist(), strict=True):
        places.append((before[stratum] + within * len(cluster)) / whole[stratum])
        before[stratum] += len(cluster)
    return [order[row] for row in np.argsort(places, kind="stable").tolist()]


def _clusters(evalset: EvalSet) -> list[list[Query]]:
    """Queries by cluster, those without one alone; sorted by the first id of each."""
    found: dict[tuple[str, str], list[Query]] = {}
    for query in sorted(evalset.queries, key=lambda query: query.id):
        cluster = evalset.facts(query.id).cluster
        found.setdefault((cluster, "" if cluster else query.id), []).append(query)
    return list(found.values())


def _slices(evalset: EvalSet, cluster: Sequence[Query]) -> tuple[tuple[str, str], ...]:
    """The combination of slices that most queries of a cluster are in."""
    combinations = Counter(tuple(sorted(evalset.facts(query.id).slices.items())) for query in cluster)
    return max(sorted(combinations), key=lambda combination: combinations[combination])


def _two_figures(number: int) -> int:
    step = int("1" + "0" * max(0, len(str(number)) - 2))
    return number // step * step
