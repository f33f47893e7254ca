"""How wrong recall in a sample of the documents is, as it is counted and as it is corrected.

From every collection 200 queries and 500 documents beside the judged ones are drawn, several times; each system ranks
both the sample and the whole corpus, so the truth is known. What is counted in the sample is what evaluation on a
sample reports everywhere else; it is the rival. The goal is judged on the pairs of collection and system whose counted
recall is more than 0.2 too high; those are the ones that a correction is for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/sampling.py`

from benchmarks import harness
from benchmarks.rankings import BM25, collections, rank, subset
from helmert.evaluation import EvalSet, Measure, Sampling, score
from helmert.evaluation.sampling import CorrectedRecall, correct_recall
from helmert.selection.corpus import Corpus

GOAL = "corrected recall@10 of a sample is wrong by at most 0.02 on average where the counted one is by more than 0.2"
ALLOWED = 0.02
NEEDS_CORRECTION = 0.2
K = 10
DEPTH = 100
DRAWN = 500
QUERIES = 200
MOST_QUERIES = 2_000
"""Queries of a collection that samples are drawn from."""
LEAST_OTHERS = 2_000
"""Documents beyond the judged ones that a collection must have to be sampled from."""
SEED = 20261122


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One system on one collection, averaged over the samples."""

    name: str
    truth: float
    counted: float
    corrected: float
    covered: float
    """Share of the samples whose interval holds the truth."""

    def to_dict(self) -> dict[str, object]:
        """The line of figures."""
        return {
            "truth": round(self.truth, 4),
            "counted_bias": round(self.counted - self.truth, 4),
            "corrected_bias": round(self.corrected - self.truth, 4),
            "interval_holds_truth": round(self.covered, 3),
        }


def drawn(corpus: Corpus, evalset: EvalSet, rng: np.random.Generator) -> tuple[Corpus, EvalSet]:
    """200 queries, their judged documents and 500 of the others, and the set that says so."""
    queries = [query.id for query in evalset.answerable]
    chosen = sorted(rng.choice(len(queries), min(QUERIES, len(queries)), replace=False))
    few = subset(evalset, [queries[place] for place in chosen])
    judged = {document for grades in few.qrels.values() for document in grades}
    others = [document for document in corpus.ids if document not in judged]
    kept = [others[place] for place in rng.choice(len(others), DRAWN, replace=False)]
    return corpus.take([*judged, *kept]), replace(
        few, sampling=Sampling(method="random", corpus=len(corpus), sampled=DRAWN)
    )


def outcomes(corpus: Corpus, evalset: EvalSet, samples: int, rng: np.random.Generator) -> Iterator[Outcome]:
    """Every system on one collection. None for collections that are too small to be sampled from."""
    asked = subset(evalset, [query.id for query in evalset.answerable[:MOST_QUERIES]])
    largest = sorted(map(len, asked.qrels.values()))[-QUERIES:]
    if len(corpus) - sum(largest) < LEAST_OTHERS:
        return
    measure = Measure.parse(f"recall@{K}")
    full = {name: score(run, asked, [measure]) for name, run in rank(corpus, asked, DEPTH).items()}
    found: dict[str, list[tuple[float, CorrectedRecall]]] = {name: [] for name in full}
    for _ in range(samples):
        part, sampled = drawn(corpus, asked, rng)
        rows = [full[BM25].query_ids.index(query.id) for query in sampled.answerable]
        for name, run in rank(part, sampled, DEPTH).items():
            truth = float(full[name].of(measure)[rows].mean())
            found[name].append((truth, correct_recall(run, sampled, K, rng=rng)))
    for name, values in found.items():
        yield Outcome(
            name=f"{evalset.name}, {name}",
            truth=float(np.mean([truth for truth, _ in values])),
            counted=float(np.mean([value.raw for _, value in values])),
            corrected=float(np.mean([value.corrected for _, value in values])),
            covered=float(np.mean([value.low <= truth <= value.high for truth, value in values])),
        )


def main(given: Sequence[str] | None = None) -> int:
    """Sample every collection and print how wrong recall was."""
    parser = harness.parser(__doc__ or "")
    arguments = parser.parse_args(given)
    rng = np.random.default_rng(SEED)
    found: list[Outcome] = []
    with harness.faults_of_data(parser):
        for corpus, evalset in collections(harness.folders(arguments)):
            found.extend(outcomes(corpus, evalset, 6 if arguments.quick else 30, rng))
    wrong = [each for each in found if each.counted - each.truth > NEEDS_CORRECTION]
    bias = float(np.mean([abs(each.corrected - each.truth) for each in wrong])) if wrong else None
    figures = {
        "drawn": DRAWN,
        "judged_on": len(wrong),
        "mean_absolute_bias_counted": round(float(np.mean([e.counted - e.truth for e in wrong])), 4) if wrong else None,
        "mean_absolute_bias_corrected": None if bias is None else round(bias, 4),
        **{each.name: each.to_dict() for each in found},
    }
    return harness.conclude("sampling", figures, goal=GOAL, holds=bias is not None and bias <= ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
