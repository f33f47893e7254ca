"""A promotion needs a PASS that is about exactly this target, these queries, these rules and these documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from helmert.errors import GateRefused
from helmert.evaluation import GatePolicy, GateRule, Limit, Measure, MustPass, QueryFacts, Rule, SliceRule
from helmert.migration import executor
from helmert.migration.evidence import require_pass
from helmert.migration.plan import Plan
from helmert.migration.stages import CreateIndex, Prove
from helmert.migration.steps import create, prove
from helmert.migration.task import Task
from helmert.models.base import EmbeddingBatch
from helmert.models.checked import CheckedEmbedder
from helmert.registry import MigrationRecord
from helmert.testing.embedder import ToyEmbedder
from tests.migration.world import World, document, documents, labelled, toy


@pytest.fixture
def judged(world: World, built: MigrationRecord) -> World:
    """A second index was built and passed."""
    evaluation = world.registry.evaluations.latest(built.target_index)
    assert evaluation is not None
    assert evaluation.verdict == "PASS"
    return world


def look(world: World) -> str:
    """Ask for the evidence; what is wrong with it, or the evaluation it is."""
    record = world.registry.migrations.list()[-1]
    plan = Plan.from_dict(record.plan)
    task = Task(migration=record.id, plan=plan, context=world.context, stage="promote", position=6)
    world.follower.follow(plan.target_index)
    proof = prove.compare(Prove(index=plan.target_index, source_index=plan.source_index), task)
    try:
        return require_pass(plan, record.id, proof, world.context).id
    except GateRefused as error:
        return f"{error.message} Next: {error.next_step}"


def test_a_fresh_pass_is_found(judged: World) -> None:
    assert look(judged) == "e2"


def test_no_evaluation_of_this_migration(world: World) -> None:
    world.go_live()
    record = executor.begin(world.plan("large"), world.context)
    plan = Plan.from_dict(record.plan)
    create.run(
        CreateIndex(index=plan.target_index, model="large"),
        Task(migration=record.id, plan=plan, context=world.context, stage="create", position=0),
    )
    assert look(world) == f"{plan.target_index} was never evaluated. Next: helmert apply docs"


def test_an_evaluation_of_another_migration_is_none(judged: World) -> None:
    record = judged.registry.migrations.list()[-1]
    latest = judged.registry.evaluations.latest(record.target_index)
    assert latest is not None
    facts = {name: getattr(latest, name) for name in latest.__dataclass_fields__ if name not in {"id", "at"}}
    judged.registry.evaluations.add(**{**facts, "migration": "m1"})
    assert "was never evaluated" in look(judged)


def test_a_verdict_that_is_no_pass_comes_with_its_findings(world: World) -> None:
    world.go_live()
    world.evalsets["docs"] = labelled(3)
    world.apply(world.plan("large"))
    message = look(world)
    assert "The gate says INCONCLUSIVE" in message
    assert "3 queries" in message


class Blind:
    """A model that takes some queries for something else."""

    def __init__(self, inner: ToyEmbedder, missed: Collection[str]) -> None:
        self.inner = inner
        self.missed = missed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def embed_queries(self, texts: Sequence[str]) -> EmbeddingBatch:
        return self.inner.embed_queries(["something else" if text in self.missed else text for text in texts])


def half_blind(world: World, *missed: str) -> None:
    world.models["large"] = CheckedEmbedder(cast(ToyEmbedder, Blind(toy(world, "large"), missed)))


def refused(world: World, *rules: Rule) -> str:
    """Build a second index under these rules and ask for the evidence."""
    world.go_live()
    world.with_policy(gate=GatePolicy(rules=rules, min_queries=5))
    world.apply(world.plan("large"))
    return look(world)


def test_a_slice_that_got_worse_blocks_the_promotion(world: World) -> None:
    world.source.held[:] = documents(200)
    whole = labelled(200)
    rare = {query.id: QueryFacts(slices={"kind": "rare"}) for query in whole.queries[:20]}
    world.evalsets["docs"] = replace(whole, query_facts=rare)
    half_blind(world, *(query.text for query in whole.queries[:8]))
    recall = GateRule(measure=Measure.parse("recall@10"), margin=0.2)
    rule = SliceRule(measures=(Measure.parse("recall@10"),), min_queries=20)
    message = refused(world, recall, rule)
    assert message.startswith("The gate says FAIL")
    assert "Slice kind=rare, recall@10: the candidate is worse by 0.400 on 20 queries" in message
    assert "is not worse by 0.200 or more" not in message


def test_a_must_pass_query_without_an_answer_blocks_the_promotion(world: World) -> None:
    half_blind(world, document(7).text)
    recall = GateRule(measure=Measure.parse("recall@10"), margin=0.3)
    message = refused(world, recall, MustPass(queries=("q6", "q7"), k=3))
    assert message.startswith("The gate says FAIL")
    assert "Must-pass query 'q7': no relevant document is among the first 3." in message
    assert "'q6'" not in message


def test_an_unmeasurable_limit_blocks_the_promotion(world: World) -> None:
    message = refused(world, Limit(name="latency_p99_ms", bound=1000.0))
    assert message.startswith("The gate says INCONCLUSIVE")
    assert "About 368 queries would decide it" in message


def test_an_old_pass_is_stale(judged: World) -> None:
    judged.clocks.forward(24 * 3600 + 1)
    assert "at most 24 hours are allowed" in look(judged)


def test_a_pass_is_fresh_until_its_last_moment(judged: World) -> None:
    judged.clocks.forward(24 * 3600)
    assert look(judged) == "e2"


def test_other_queries_make_it_stale(judged: World) -> None:
    judged.evalsets["docs"] = labelled(29)
    assert "The labelled queries have changed since." in look(judged)


def test_queries_by_another_name_do_not(judged: World) -> None:
    judged.evalsets["docs"] = labelled(30, name="renamed")
    assert look(judged) == "e2"


def test_queries_that_are_gone_make_it_stale(judged: World) -> None:
    del judged.evalsets["docs"]
    assert "The labelled queries have changed since." in look(judged)


@pytest.mark.parametrize(
    "gate",
    [
        GatePolicy(rules=(GateRule(measure=Measure.parse("recall@10"), margin=0.1),), min_queries=5),
        GatePolicy(rules=(GateRule(measure=Measure.parse("recall@10"), margin=0.2),), min_queries=6),
        GatePolicy(rules=(GateRule(measure=Measure.parse("recall@10"), margin=0.2),), min_queries=5, level=0.9),
        GatePolicy(rules=(GateRule(measure=Measure.parse("nDCG@10"), margin=0.2),), min_queries=5),
    ],
)
def test_other_rules_make_it_stale(judged: World, gate: GatePolicy) -> None:
    judged.with_policy(gate=gate)
    assert "The gate's rules have changed since." in look(judged)


def test_a_few_changed_documents_are_allowed(judged: World) -> None:
    judged.with_policy(max_changed=0.1)
    judged.writer.upsert("docs_current", [document(n, f"rewritten {n}") for n in range(3)])
    assert look(judged) == "e2"


def test_many_changed_documents_make_it_stale(judged: World) -> None:
    judged.with_policy(max_changed=0.1)
    judged.writer.upsert("docs_current", [document(n, f"rewritten {n}") for n in range(4)])
    assert "4 documents (13.3%) were written since; at most 10.0% are allowed." in look(judged)


def test_a_document_that_was_written_often_counts_once(judged: World) -> None:
    judged.with_policy(max_changed=0.1)
    for round_ in range(9):
        judged.writer.upsert("docs_current", [document(1, f"round {round_}")])
    assert look(judged) == "e2"


def test_a_write_that_changes_no_text_is_no_change(judged: World) -> None:
    judged.writer.upsert("docs_current", documents(30))
    assert look(judged) == "e2"


def test_rows_that_changed_behind_the_journal_make_it_stale(judged: World) -> None:
    record = judged.registry.migrations.list()[-1]
    judged.vectors.delete(record.target_index, ["d003"])
    assert "not through the journal" in look(judged)


def test_a_pass_against_another_index_is_stale(judged: World) -> None:
    record = judged.registry.migrations.list()[-1]
    latest = judged.registry.evaluations.latest(record.target_index)
    assert latest is not None
    facts = {name: getattr(latest, name) for name in latest.__dataclass_fields__ if name not in {"id", "at"}}
    judged.registry.evaluations.add(**{**facts, "incumbent_index": "docs__older_v0__2025-01-01"})
    assert "It compared with docs__older_v0__2025-01-01, live is docs__small_v1__2026-03-01." in look(judged)


def test_every_reason_is_told_at_once(judged: World) -> None:
    judged.clocks.forward(25 * 3600)
    judged.evalsets["docs"] = labelled(12)
    judged.with_policy(gate=replace(judged.policy.gate, min_queries=9))
    message = look(judged)
    for reason in ("hours are allowed", "queries have changed", "rules have changed"):
        assert reason in message
