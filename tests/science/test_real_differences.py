"""Intervals on differences that two real models gave on real queries, drawn from all of them as the population."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from helmert.corpus import open_source
from helmert.evaluation import Measure, Run, mean_interval, paired_interval, read_evalset, score
from helmert.evaluation.arrays import FloatArray
from helmert.models.discovery import open_embedder
from helmert.types import Query

SETS = 2_000
PROMISE = 0.065
MEASURES = [Measure.parse(name) for name in ("recall@10", "nDCG@10", "MRR@10")]
QUERIES = 1_500
DEPTH = 20


@dataclass(frozen=True, kw_only=True)
class Population:
    """What two sizes of one static model score on a collection. Shape (queries,) for each measure."""

    small: dict[Measure, FloatArray]
    large: dict[Measure, FloatArray]


def ranked(queries: tuple[Query, ...], documents: list[tuple[str, str]], dims: int) -> Run:
    """The best documents by cosine similarity at this width of the model."""
    model = open_embedder("wordllama", {"dims": dims}, Path())
    found = model.embed_documents([text for _, text in documents]).vectors
    asked = model.embed_queries([query.text for query in queries]).vectors
    similarity = asked.astype(np.float64) @ found.astype(np.float64).T
    top = np.argsort(-similarity, axis=1, kind="stable")[:, :DEPTH]
    values = np.take_along_axis(similarity, top, axis=1)
    names = [id_ for id_, _ in documents]
    return Run.from_codes([query.id for query in queries], [DEPTH] * len(queries), names, top.ravel(), values.ravel())


@pytest.fixture(scope="module", params=["zoomcamp_faq", "cranfield", "nl2bash"])
def population(request: pytest.FixtureRequest, collections: Path) -> Population:
    folder = collections / request.param
    evalset = read_evalset(folder)
    documents = [(doc.id, doc.text) for doc in open_source(folder, on_bad="skip").documents()]
    queries = evalset.answerable[:QUERIES]
    kept = type(evalset)(name=evalset.name, queries=queries, qrels={q.id: evalset.qrels[q.id] for q in queries})
    small, large = (score(ranked(queries, documents, dims), kept, MEASURES) for dims in (64, 256))
    return Population(
        small={measure: small.of(measure) for measure in MEASURES},
        large={measure: large.of(measure) for measure in MEASURES},
    )


@pytest.mark.data
@pytest.mark.parametrize("n", [30, 50, 200])
@pytest.mark.parametrize("measure", MEASURES, ids=str)
def test_the_paired_interval_holds_the_difference_of_the_whole_collection(
    population: Population, measure: Measure, n: int
) -> None:
    differences = population.large[measure] - population.small[measure]
    assert (differences != 0).sum() > 20
    rng, truth = np.random.default_rng(n), float(differences.mean())
    missed = [truth not in paired_interval(rng.choice(differences, n)) for _ in range(SETS)]
    assert float(np.mean(missed)) <= PROMISE


@pytest.mark.data
@pytest.mark.parametrize("measure", MEASURES, ids=str)
def test_the_interval_of_one_mean_holds_that_of_the_whole_collection(population: Population, measure: Measure) -> None:
    values, rng = population.large[measure], np.random.default_rng(30)
    missed = [float(values.mean()) not in mean_interval(rng.choice(values, 30)) for _ in range(SETS)]
    assert float(np.mean(missed)) <= PROMISE
