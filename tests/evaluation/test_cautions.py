"""What makes two systems hard to compare is said, or found in time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from helmert.evaluation import Measure, score
from helmert.evaluation.cautions import System, coverage_cautions, depth_cautions
from tests.evaluation.worlds import Ranking, run_of, set_of

RECALL, MRR = Measure.parse("recall@10"), Measure.parse("MRR")


def deep(name: str, hits: int) -> System:
    return System(name=name, run=run_of({"q": {f"d{rank}": float(-rank) for rank in range(hits)}}))


def test_a_run_that_is_shallower_than_the_cutoff_is_named() -> None:
    (said,) = depth_cautions([deep("new", 5), deep("old", 100)], [RECALL])
    assert said.startswith("new has at most 5 hits for a query, and a measure looks at 10")


def test_depth_beyond_the_cutoff_does_not_matter() -> None:
    assert list(depth_cautions([deep("new", 10), deep("old", 100)], [RECALL])) == []
    assert list(depth_cautions([deep("new", 0), deep("old", 0)], [])) == []


def test_a_measure_without_a_cutoff_favours_the_deeper_run() -> None:
    (said,) = depth_cautions([deep("new", 10), deep("old", 100)], [RECALL, MRR])
    assert "the deeper run has an advantage" in said
    assert list(depth_cautions([deep("new", 10), deep("old", 10)], [RECALL, MRR])) == []


@pytest.mark.parametrize(
    ("rankings", "said"),
    [
        ({"q1": {"a": 1.0}, "q2": {"b": 1.0}}, []),
        (
            {"q1": {"a": 1.0}},
            ["answers 0 queries that the evaluation set does not hold, and does not answer 1 of its 2"],
        ),
        ({"q1": {"a": 1.0}, "q2": {}, "q8": {}, "q9": {}}, ["answers 2 queries that the evaluation set does not hold"]),
    ],
)
def test_a_run_for_other_queries_is_named(rankings: Mapping[str, Ranking], said: list[str]) -> None:
    run = run_of(rankings)
    scores = score(run, set_of({"q1": {"a": 1}, "q2": {"b": 1}}), [RECALL])
    found = list(coverage_cautions(System(name="new", run=run), scores))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))
