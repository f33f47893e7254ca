"""How fast a run is scored, against pytrec_eval on the same run in the same process.

Both score six measures that mean the same in both. "Scored" begins with the object that each scores: a `Run` here, a
dictionary of dictionaries and a `RelevanceEvaluator` there. "From columns" begins with flat columns of ids and scores,
as searches give them, so that each also makes its object. The goal is judged on these two. A third ratio sets our
longer way against the rival's shorter one. The values of all queries must agree to 1e-9, else there is nothing to
compare.

Queries, judgements and documents are random, or with `--data` those of the collections; what is found is random in
both cases, with the relevant documents among it as often as in a mediocre search.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytrec_eval
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/measures.py`

from benchmarks import harness
from helmert.errors import UsageError
from helmert.evaluation import EvalSet, Measure, Run, read_evalset, score
from helmert.types import Query

GOAL = "100,000 queries x 100 hits, six measures: faster than pytrec_eval in the same run"
NAMES: Mapping[str, str] = {
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "hit@10": "success_10",
    "nDCG@10": "ndcg_cut_10",
    "nDCG@100": "ndcg_cut_100",
    "MRR": "recip_rank",
}
"""Each measure as it is called here and there."""
MEASURES = [Measure.parse(name) for name in NAMES]
HITS = 100
VOCABULARY = 50_000
"""Random documents."""
SEED = 20261101
TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What was found, as flat columns: `HITS` documents for each query, best first."""

    evalset: EvalSet
    queries: list[str]
    documents: list[str]
    scores: NDArray[np.float64]
    """No two of a query are equal, also as float32: on ties the two disagree on purpose."""

    def run(self) -> Run:
        """Our own input."""
        return Run.from_columns(self.queries, [HITS] * len(self.queries), self.documents, self.scores)

    def dictionary(self) -> dict[str, dict[str, float]]:
        """The rival's own input."""
        values = self.scores.tolist()
        return {
            query: dict(zip(self.documents[start : start + HITS], values[start : start + HITS], strict=True))
            for query, start in zip(self.queries, range(0, len(self.documents), HITS), strict=True)
        }

    @cached_property
    def qrels(self) -> dict[str, dict[str, int]]:
        """The judgements as the rival wants them: grades are whole numbers."""
        return {query: {id_: int(grade) for id_, grade in self.evalset.qrels[query].items()} for query in self.queries}

    def evaluator(self) -> Any:  # noqa: ANN401 - pytrec_eval has no types
        """The rival with its judgements."""
        return pytrec_eval.RelevanceEvaluator(self.qrels, set(NAMES.values()))


def random_evalset(queries: int, rng: np.random.Generator) -> EvalSet:
    """One to eight judged documents for each query, with grades from 1 to 3."""
    counts = rng.integers(1, 9, queries)
    documents = rng.integers(0, VOCABULARY, (queries, 8))
    grades = rng.integers(1, 4, (queries, 8))
    ids = [f"q{number}" for number in range(queries)]
    judged = {
        id_: {f"d{document}": int(grade) for document, grade in zip(found[:count], graded[:count], strict=True)}
        for id_, count, found, graded in zip(ids, counts, documents, grades, strict=True)
    }
    return EvalSet(name="random", queries=tuple(Query(id=id_, text=id_) for id_ in ids), qrels=judged)


def search_at_random(evalset: EvalSet, most: int, rng: np.random.Generator) -> Columns:
    """Random documents for each query, and each relevant one with a chance of one half at a random rank."""
    relevant = sorted(evalset.relevant_documents)
    others = [f"d{number}" for number in range(VOCABULARY - len(relevant))]
    pool = np.array(relevant + others, dtype=object)
    queries = [query.id for query in evalset.answerable[:most]]
    documents: list[str] = []
    for query in queries:
        drawn = dict.fromkeys(pool[rng.integers(0, len(pool), HITS + 40)])
        wanted = [id_ for id_ in evalset.qrels[query] if rng.random() < 0.5]
        places = rng.permutation(HITS)[: len(wanted)]
        found = [id_ for id_ in drawn if id_ not in evalset.qrels[query]][:HITS]
        for place, id_ in zip(places, wanted, strict=False):
            found[place] = id_
        documents += found
    scores = np.linspace(1.0, 0.0, HITS, endpoint=False)
    return Columns(evalset=evalset, queries=queries, documents=documents, scores=np.tile(scores, len(queries)))


def disagreement(columns: Columns) -> float:
    """The largest difference between any two values of the same query and measure."""
    scores = score(columns.run(), columns.evalset, MEASURES)
    theirs: dict[str, dict[str, float]] = columns.evaluator().evaluate(columns.dictionary())
    rows = {query: row for row, query in enumerate(scores.query_ids)}
    return max(
        abs(float(scores.of(measure)[rows[query]]) - theirs[query][name])
        for measure, name in zip(MEASURES, NAMES.values(), strict=True)
        for query in columns.queries
    )


def measure(columns: Columns, rounds: int) -> dict[str, Any]:
    """Both, from their own objects and from columns."""
    run, dictionary, evaluator = columns.run(), columns.dictionary(), columns.evaluator()

    def ours() -> Mapping[str, harness.Cost]:
        scored = harness.cost_of(lambda: score(run, columns.evalset, MEASURES))
        whole = harness.cost_of(lambda: score(columns.run(), columns.evalset, MEASURES))
        return {"scored": scored, "from columns": whole}

    def theirs() -> Mapping[str, harness.Cost]:
        scored = harness.cost_of(lambda: evaluator.evaluate(dictionary))
        whole = harness.cost_of(lambda: columns.evaluator().evaluate(columns.dictionary()))
        return {"rival scored": scored, "rival from columns": whole}

    costs = harness.by_turns([ours, theirs], rounds=rounds, budget=12.0)
    return {
        "rounds": len(costs["scored"]),
        "seconds": {name: harness.rounded(harness.median(taken)) for name, taken in costs.items()},
        **harness.compared("speed_up_scored", costs["rival scored"], costs["scored"]),
        **harness.compared("speed_up_from_columns", costs["rival from columns"], costs["from columns"]),
        **harness.compared("speed_up_columns_against_dictionary", costs["rival scored"], costs["from columns"]),
    }


def collected(data: Sequence[Path]) -> EvalSet:
    """The labelled queries of all collections that have some, as one set."""
    sets = [read_evalset(folder) for folder in data if (folder / harness.QUERIES).is_file()]
    queries = [Query(id=f"{part.name}:{query.id}", text=query.text) for part in sets for query in part.queries]
    if not queries:
        raise UsageError(f"None of the {len(data)} collections has {harness.QUERIES}.")
    qrels = {f"{part.name}:{query}": grades for part in sets for query, grades in part.qrels.items()}
    return EvalSet(name="collections", queries=tuple(queries), qrels=qrels)


def main(given: Sequence[str] | None = None) -> int:
    """Make or read the judgements, score a random run both ways and print the figures."""
    parser = harness.parser(__doc__ or "")
    arguments = parser.parse_args(given)
    rng = np.random.default_rng(SEED)
    most = 10_000 if arguments.quick else 100_000
    with harness.faults_of_data(parser):
        evalset = collected(harness.folders(arguments)) if arguments.data else random_evalset(most, rng)
    columns = search_at_random(evalset, most, rng)
    worst = disagreement(columns)
    figures = {
        "queries": len(columns.queries),
        "hits": HITS,
        "largest_difference": worst,
        **measure(columns, 5 if arguments.quick else 7),
    }
    faster = all(figures[name]["ratio"] > 1.0 for name in ("speed_up_scored", "speed_up_from_columns"))
    return harness.conclude("measures", figures, goal=GOAL, holds=faster and worst <= TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
