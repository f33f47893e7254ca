"""How fast rankings are scored, against pytrec_eval on the same rankings.

Both start from what they take: `Run.from_codes` and an `EvalSet` here, two dictionaries of dictionaries there. The
conversion from lists of document ids is a figure of its own. Without ties both must give the same means to 1e-9.
Rankings are random, so `--data` changes nothing here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytrec_eval

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/measures.py`

from benchmarks import harness
from helmert.evaluation import EvalSet, Measure, Run, Scores, score
from helmert.types import Query

GOAL = "six measures of 100 hits a query are scored faster than by pytrec_eval in the same run"
MEASURES: Mapping[str, str] = {
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "nDCG@10": "ndcg_cut_10",
    "nDCG@100": "ndcg_cut_100",
    "hit@10": "success_10",
    "MRR": "recip_rank",
}
"""Ours and theirs."""
DEPTH = 100
VOCABULARY = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rankings:
    """The same rankings in both forms."""

    ids: Sequence[str]
    vocabulary: Sequence[str]
    codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    """Shape (queries, hits)."""
    scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    """Falling within each query, without ties."""
    qrels: Mapping[str, Mapping[str, int]]

    def run(self) -> Run:
        """Ours."""
        lengths = [self.codes.shape[1]] * len(self.ids)
        return Run.from_codes(self.ids, lengths, self.vocabulary, self.codes.ravel(), self.scores.ravel())

    def dictionaries(self) -> dict[str, dict[str, float]]:
        """Theirs."""
        names = np.array(self.vocabulary, dtype=object)[self.codes]
        return {
            query: dict(zip(documents, values, strict=True))
            for query, documents, values in zip(self.ids, names.tolist(), self.scores.tolist(), strict=True)
        }

    def evalset(self) -> EvalSet:
        """The labels as ours."""
        queries = tuple(Query(id=query, text=query) for query in self.ids)
        return EvalSet(name="random", queries=queries, qrels=self.qrels)


def rankings(queries: int, rng: np.random.Generator) -> Rankings:
    """Random rankings with one to five graded documents a query, most of them among the hits."""
    codes = np.array([rng.choice(VOCABULARY, DEPTH, replace=False) for _ in range(queries)])
    scores = 1.0 - np.arange(DEPTH) / DEPTH + rng.uniform(0, 1e-3, size=(queries, 1))
    vocabulary = [f"d{number}" for number in range(VOCABULARY)]
    ids = [f"q{number}" for number in range(queries)]
    qrels = {
        query: {
            vocabulary[int(code)]: int(grade)
            for code, grade in zip(
                rng.choice(row, rng.integers(1, 6), replace=False), rng.integers(1, 4, size=5), strict=False
            )
        }
        | {f"unfound{number % 7}": 1}
        for number, (query, row) in enumerate(zip(ids, codes, strict=True))
    }
    return Rankings(ids=ids, vocabulary=vocabulary, codes=codes, scores=scores, qrels=qrels)


def largest_difference(ours: Scores, theirs: Mapping[str, Mapping[str, float]]) -> float:
    """Between the two, over all queries and measures."""
    return max(
        float(np.abs(ours.of(Measure.parse(name)) - [theirs[query][other] for query in ours.query_ids]).max())
        for name, other in MEASURES.items()
    )


def main(given: Sequence[str] | None = None) -> int:
    """Score by turns and print the figures."""
    arguments = harness.parser(__doc__ or "").parse_args(given)
    queries, rounds = (10_000, 5) if arguments.quick else (100_000, 7)
    made = rankings(queries, np.random.default_rng(0))
    run, evalset, dictionaries = made.run(), made.evalset(), made.dictionaries()
    measures = [Measure.parse(name) for name in MEASURES]
    wanted = set(MEASURES.values())
    qrels = {query: dict(grades) for query, grades in made.qrels.items()}

    def theirs() -> Mapping[str, Mapping[str, float]]:
        evaluator = pytrec_eval.RelevanceEvaluator(qrels, wanted)
        results: Mapping[str, Mapping[str, float]] = evaluator.evaluate(dictionaries)
        return results

    difference = largest_difference(score(run, evalset, measures), theirs())
    costs = harness.by_turns(
        [
            lambda: {"ours": harness.cost_of(lambda: score(run, evalset, measures))},
            lambda: {"theirs": harness.cost_of(theirs)},
            lambda: {"our conversion": harness.cost_of(made.run)},
            lambda: {"their conversion": harness.cost_of(made.dictionaries)},
        ],
        rounds=rounds,
        budget=15.0 if arguments.quick else 300.0,
    )
    figures = {
        "queries": queries,
        "hits": DEPTH,
        "largest_difference": difference,
        **{
            f"{name.replace(' ', '_')}_seconds": harness.rounded(harness.median(taken)) for name, taken in costs.items()
        },
        **harness.compared("pytrec_eval_to_ours", costs["theirs"], costs["ours"]),
    }
    faster = harness.median(costs["ours"]) < harness.median(costs["theirs"])
    return harness.conclude("measures", figures, goal=GOAL, holds=faster and difference < 1e-9)


if __name__ == "__main__":
    sys.exit(main())
