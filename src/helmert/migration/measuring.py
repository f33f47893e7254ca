"""Measure on the real index what the gate's limits are about: latency, index recall, completeness.

Nothing is measured that no limit asks for: every measurement asks the model and the index again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from helmert.evaluation import (
    LIMITS,
    EvalSet,
    GatePolicy,
    Limit,
    Measure,
    Measurement,
    Run,
    percentile_measurement,
    score,
    share_measurement,
)
from helmert.evaluation.chunks import Fold
from helmert.migration.completeness import Comparison
from helmert.migration.context import Context
from helmert.registry import IndexRecord
from helmert.spaces import require_same
from helmert.types import Hit, Query

DEPTH = 10
"""How many hits a timed search asks for, and how many of the exact ones an index has to find."""
TIE_ROOM = 10
"""Exact hits looked at beyond the depth, so that any of those tied with the last one counts as found."""
LARGEST = 1000
"""Queries asked for one measurement; of a larger set, evenly spread ones."""
WARM_UP = 5
"""Queries that are asked before the clock runs: the first ones load what later ones find ready."""
BATCH = 128
QUALITY = Measure.parse(f"recall@{DEPTH}")
"""What the loss of the index is told in, beside the loss of the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLoss:
    """Quality of one index as it answers and by exact search, on the same queries: what the index loses.

    The rest of what is missing is the model's. A model that is blamed for a badly tuned index is changed for nothing.
    """

    index: str
    as_it_answers: float
    by_exact_search: float
    queries: int

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"measure": str(QUALITY), **asdict(self)}

    def __str__(self) -> str:
        lost = self.by_exact_search - self.as_it_answers
        return (
            f"{QUALITY} of {self.index} is {self.as_it_answers:.3f} as the index answers and "
            f"{self.by_exact_search:.3f} by exact search: the index loses {lost:.3f}, the model the rest."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measurements by the name of their limit."""

    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    index_loss: IndexLoss | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """Answers of one index to the same vectors, as it answers and by exact search."""

    queries: tuple[Query, ...]
    plain: list[list[Hit]]
    exact: list[list[Hit]]


def limits_of(policy: GatePolicy) -> frozenset[str]:
    """The names of the limits that a policy sets."""
    return frozenset(rule.name for rule in policy.rules if isinstance(rule, Limit))


def measure_limits(
    candidate: IndexRecord,
    incumbent: IndexRecord | None,
    evalset: EvalSet | None,
    wanted: Collection[str],
    context: Context,
    *,
    fold: Fold | None = None,
) -> Measured:
    """Measure what is wanted on the candidate, as far as there is something to measure it with.

    Latency and index recall need labelled queries, completeness an incumbent whose documents are the ones to have.
    `fold` is how the candidate's hits count for the labels, where its rows are chunks of the labelled documents.
    Raises `DifferentSpace` when the candidate's model does not make its space, and what model and store raise.
    """
    level = context.policy.gate.level
    found: dict[str, Measurement | None] = {}
    loss = None
    if evalset is not None and evalset.answerable:
        queries = _spread(evalset.answerable)
        found |= _latencies(candidate, queries, [name for name in LIMITS if name in wanted], context)
        if "index_recall" in wanted:
            both = _ask_both(candidate, queries, context, fold.room if fold else 0)
            how = f"their first {DEPTH} hits against those of exact search on the same index"
            found["index_recall"] = share_measurement(_overlaps(both), level=level, how=how)
            loss = _index_loss(candidate.name, both, evalset, fold)
    if "completeness" in wanted and incumbent is not None:
        found["completeness"] = _completeness(candidate, incumbent, context)
    return Measured(measurements={name: one for name, one in found.items() if one is not None}, index_loss=loss)


def service_times(index: IndexRecord, queries: Sequence[Query], context: Context) -> list[float]:
    """Milliseconds from a query's text to its hits, one query after the other (closed loop, one client)."""
    return [seconds * 1000.0 for seconds in _timed(index, queries, context)]


def completeness_measurement(expected: int, differences: Mapping[str, int]) -> Measurement:
    """The share of the expected documents that the proof found as they should be. A count, so it is exact."""
    wrong = sum(differences.get(kind, 0) for kind in ("missing", "stale", "foreign", "duplicate"))
    return Measurement(
        value=max(0, expected - wrong) / expected if expected else 1.0,
        samples=expected,
        how="compared one by one by id, text and space",
    )


def _latencies(
    index: IndexRecord, queries: Sequence[Query], wanted: Sequence[str], context: Context
) -> Mapping[str, Measurement | None]:
    quantiles = {name: quantile for name in wanted if (quantile := LIMITS[name].quantile) is not None}
    if not quantiles:
        return {}
    milliseconds = service_times(index, queries, context)
    how = f"embedded and searched one at a time, {min(WARM_UP, len(queries))} more before them to warm up"
    level = context.policy.gate.level
    return {name: percentile_measurement(milliseconds, q, level=level, how=how) for name, q in quantiles.items()}


def _spread(queries: Sequence[Query]) -> tuple[Query, ...]:
    """At most `LARGEST` of them, evenly spread, always the same ones."""
    return tuple(queries[:: max(1, math.ceil(len(queries) / LARGEST))])


def _timed(index: IndexRecord, queries: Sequence[Query], context: Context) -> Iterator[float]:
    store, embedder = context.store(index.store), context.embedder(index.model)
    space = context.registry.spaces.get(index.space)
    require_same(space, embedder.space, doing=f"time {index.name} with {embedder.space.model}")
    for number, query in enumerate((*queries[:WARM_UP], *queries)):
        begun = context.seconds()
        vectors = embedder.embed_queries([query.text]).vectors
        store.search(index.name, vectors, DEPTH, space=space.vector_hash)
        passed = context.seconds() - begun
        if number >= min(WARM_UP, len(queries)):
            yield passed


def _ask_both(index: IndexRecord, queries: Sequence[Query], context: Context, room: int) -> _Both:
    store, embedder = context.store(index.store), context.embedder(index.model)
    space = context.registry.spaces.get(index.space)
    require_same(space, embedder.space, doing=f"measure {index.name} with {embedder.space.model}")
    both = _Both(queries=tuple(queries), plain=[], exact=[])
    for start in range(0, len(queries), BATCH):
        vectors = embedder.embed_queries([query.text for query in queries[start : start + BATCH]]).vectors
        depth, stamp = DEPTH + TIE_ROOM + room, space.vector_hash
        both.plain.extend(store.search(index.name, vectors, depth, space=stamp))
        both.exact.extend(store.search(index.name, vectors, depth, space=stamp, exact=True))
    return both


def _overlaps(both: _Both) -> list[float]:
    """Share of the exact first hits that are among the plain first ones; 1 for a query that has none."""
    shares = []
    for plain, exact in zip(both.plain, both.exact, strict=True):
        due = min(DEPTH, len(exact))
        last = exact[due - 1].score if due else 0.0
        equally_good = {hit.id for hit in exact if hit.score >= last}
        found = sum(hit.id in equally_good for hit in plain[:DEPTH])
        shares.append(min(found, due) / due if due else 1.0)
    return shares


def _index_loss(index: str, both: _Both, evalset: EvalSet, fold: Fold | None) -> IndexLoss:
    asked = {query.id for query in both.queries}
    qrels = {query: grades for query, grades in evalset.qrels.items() if query in asked}
    part = EvalSet(name=evalset.name, queries=both.queries, qrels=qrels)
    ids = [query.id for query in both.queries]
    runs = [Run.from_hits(ids, hits) for hits in (both.plain, both.exact)]
    seen = [fold.apply(run) for run in runs] if fold else runs
    plain, exact = (score(run, part, [QUALITY]).mean(QUALITY) for run in seen)
    return IndexLoss(index=index, as_it_answers=plain, by_exact_search=exact, queries=len(ids))


def _completeness(candidate: IndexRecord, incumbent: IndexRecord, context: Context) -> Measurement:
    """Of the documents that the incumbent holds, without those that are on their way."""
    position = min(candidate.applied_seq, incumbent.applied_seq)
    with Comparison(
        context.store(incumbent.store).scan(incumbent.name, batch=10_000),
        context.store(candidate.store).scan(candidate.name, batch=10_000),
        space=candidate.vector_hash,
        moving=lambda: context.registry.journal.ids_after(candidate.collection, position),
    ) as comparison:
        proof = comparison.proof
    return completeness_measurement(proof.expected, proof.differences)
