"""Limits are measured on the real index: what the index loses is not blamed on the model, nor the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from helmert.evaluation import EvalSet, GatePolicy, GateRule, Limit, Measure, MustPass, Rule, Verdict
from helmert.migration.judgement import judge
from helmert.migration.measuring import WARM_UP, completeness_measurement, measure_limits, service_times
from helmert.registry import IndexRecord, MigrationRecord
from helmert.stores.base import VectorStore
from helmert.stores.drivers.lancedb import LanceStore
from helmert.stores.drivers.lancedb.tuning import Thresholds
from helmert.types import Hit, Vectors
from tests.migration.world import World, document, documents, labelled, new_world

RECALL = GateRule(measure=Measure.parse("recall@10"), margin=0.2)


class Wrapped:
    """A store that does something more, or less, when it is searched."""

    def __init__(self, inner: VectorStore) -> None:
        self.inner = inner
        self.searches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def search(self, name: str, vectors: Vectors, k: int, *, exact: bool = False, **others: Any) -> list[list[Hit]]:
        self.searches += 1
        return self.inner.search(name, vectors, k, exact=exact, **others)


class Lossy(Wrapped):
    """Does not find the best hit of every query unless the search is exact: a badly tuned index."""

    def search(self, name: str, vectors: Vectors, k: int, *, exact: bool = False, **others: Any) -> list[list[Hit]]:
        found = super().search(name, vectors, k + 1, exact=exact, **others)
        return [hits[:k] if exact else hits[1:] for hits in found]


class Slow(Wrapped):
    """Takes as long as it is told: the first searches longer."""

    def __init__(self, inner: VectorStore, world: World) -> None:
        super().__init__(inner)
        self.clocks = world.clocks

    def search(self, name: str, vectors: Vectors, k: int, *, exact: bool = False, **others: Any) -> list[list[Hit]]:
        self.clocks.forward(1.0 if self.searches < WARM_UP else 0.02)
        return super().search(name, vectors, k, exact=exact, **others)


def put(world: World, store: Wrapped) -> Wrapped:
    world.vectors = cast(VectorStore, store)
    return store


def limit(world: World, **bounds: float) -> None:
    rules: tuple[Rule, ...] = (RECALL, *(Limit(name=name, bound=bound) for name, bound in bounds.items()))
    world.with_policy(gate=GatePolicy(rules=rules, min_queries=5))


@pytest.fixture
def pair(world: World, built: MigrationRecord) -> tuple[IndexRecord, IndexRecord]:
    return world.registry.indexes.get(built.target_index), world.registry.indexes.get(str(built.source_index))


def test_nothing_is_measured_that_no_limit_asks_for(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    store = put(world, Wrapped(world.vectors))
    measured = measure_limits(*pair, labelled(30), frozenset(), world.context)
    assert (measured.measurements, measured.index_loss, store.searches) == ({}, None, 0)


def test_a_slow_index_fails_a_limit_on_latency(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    put(world, Slow(world.vectors, world))
    assert service_times(pair[0], labelled(30).answerable, world.context) == pytest.approx([20.0] * 30)
    for bound, verdict in ((25.0, Verdict.PASS), (15.0, Verdict.FAIL)):
        limit(world, latency_p50_ms=bound)
        assert judge(*pair, labelled(30), world.context).verdict is verdict


def test_thirty_queries_say_nothing_about_a_high_percentile(
    world: World, pair: tuple[IndexRecord, IndexRecord]
) -> None:
    limit(world, latency_p95_ms=1000.0)
    judgement = judge(*pair, labelled(30), world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.decision.queries_needed == 72


def test_a_loss_of_the_index_is_told_apart_from_a_loss_of_the_model(
    world: World, pair: tuple[IndexRecord, IndexRecord]
) -> None:
    limit(world, index_recall=0.5)
    sound = judge(*pair, labelled(30), world.context)
    assert sound.verdict is Verdict.PASS
    put(world, Lossy(world.vectors))
    limit(world, index_recall=0.999)
    judgement = judge(*pair, labelled(30), world.context)
    assert judgement.verdict is Verdict.FAIL
    failed = [finding for finding in judgement.decision.findings if finding.subject == "index_recall"]
    assert failed[0].verdict is Verdict.FAIL
    assert failed[0].evidence is not None
    assert failed[0].evidence["value"] == pytest.approx(0.9)
    loss: Any = judgement.report["index_loss"]
    assert (loss["as_it_answers"], loss["by_exact_search"]) == (0.0, 1.0)
    assert f"recall@10 of {pair[0].name} is 0.000 as the index answers and 1.000 by exact search" in judgement.notes[-1]


def test_equal_scores_are_no_loss(world: World) -> None:
    twins = [document(number, "the same text") for number in range(30)]
    world.source.held[:] = twins
    name = world.go_live("small")
    record = world.registry.indexes.get(name)
    measured = measure_limits(record, None, labelled(5), {"index_recall"}, world.context)
    assert measured.measurements["index_recall"].value == 1.0


@pytest.fixture
def approximate(tmp_path: Path) -> Iterator[World]:
    """A world whose vectors lie in an approximate index of LanceDB."""
    made = new_world(tmp_path, documents(400))
    made.vectors.close()
    made.vectors = LanceStore(tmp_path / "lance", thresholds=Thresholds(approximate_from=200))
    yield made
    made.close()


def test_the_recall_of_a_real_approximate_index(approximate: World) -> None:
    record = approximate.registry.indexes.get(approximate.go_live("small"))
    assert approximate.vectors.describe(record.name).approximate
    measured = measure_limits(record, None, labelled(100), {"index_recall"}, approximate.context)
    found = measured.measurements["index_recall"]
    assert 0.9 <= found.value <= 1.0
    assert found.samples == 100
    assert measured.index_loss is not None
    assert measured.index_loss.by_exact_search >= measured.index_loss.as_it_answers - 0.05


@pytest.mark.parametrize(
    ("differences", "share"),
    [
        ({}, 1.0),
        ({"missing": 5, "stale": 3, "foreign": 1, "duplicate": 1, "orphan": 7}, 0.9),
        ({"missing": 100}, 0.0),
        ({"missing": 100, "foreign": 100}, 0.0),
    ],
)
def test_completeness_is_the_share_of_documents_that_are_right(differences: dict[str, int], share: float) -> None:
    assert completeness_measurement(100, differences).value == share
    assert completeness_measurement(0, {}).value == 1.0


def test_completeness_outside_a_migration_is_measured_against_the_incumbent(
    world: World, pair: tuple[IndexRecord, IndexRecord]
) -> None:
    limit(world, completeness=1.0)
    assert judge(*pair, labelled(30), world.context).verdict is Verdict.PASS
    world.vectors.delete(pair[0].name, ["d000"])
    judgement = judge(*pair, labelled(30), world.context)
    assert judgement.verdict is Verdict.FAIL
    assert any(sentence.startswith("Completeness") and "0.967" in sentence for sentence in judgement.sentences)


def test_a_migration_states_the_proof_as_a_finding(world: World, built: MigrationRecord) -> None:
    evaluation = world.registry.evaluations.latest(built.target_index)
    assert evaluation is not None
    decision: Any = evaluation.report["decision"]
    (finding,) = (one for one in decision["findings"] if one["subject"] == "completeness")
    assert (finding["verdict"], finding["evidence"]["value"], finding["evidence"]["samples"]) == ("PASS", 1.0, 30)
    assert evaluation.report["policy"] == world.policy.gate.to_dict()


def test_a_limit_without_anything_to_measure_it_with_is_inconclusive(
    world: World, pair: tuple[IndexRecord, IndexRecord]
) -> None:
    limit(world, latency_p50_ms=1000.0, index_recall=0.5)
    judgement = judge(pair[0], None, EvalSet(name="empty", queries=(), qrels={}), world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert [finding.verdict for finding in judgement.decision.findings] == [
        Verdict.PASS,
        Verdict.INCONCLUSIVE,
        Verdict.INCONCLUSIVE,
    ]


def test_rules_about_one_index_hold_for_the_first_one_too(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    golden = MustPass(queries=("q3", "q4"))
    world.with_policy(gate=replace(world.policy.gate, rules=(RECALL, golden)))
    assert judge(pair[0], None, labelled(30), world.context).verdict is Verdict.PASS
    world.vectors.delete(pair[0].name, ["d003"])
    judgement = judge(pair[0], None, labelled(30), world.context)
    assert judgement.verdict is Verdict.FAIL
    assert "Must-pass query 'q3'" in " ".join(judgement.sentences)
