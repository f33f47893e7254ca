"""Planning reads and measures; it says no before anything is paid, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from helmert.errors import BadName, Refused, UsageError
from helmert.migration import executor
from helmert.migration.planner import SAMPLE, TIMED
from helmert.migration.stages import Backfill, Complete, CreateIndex, Evaluate, Promote, Prove
from helmert.models.base import EmbeddingBatch, Limits
from helmert.models.checked import CheckedEmbedder
from helmert.testing.embedder import ToyEmbedder
from tests.migration.world import START, World, document, documents, toy


def test_the_first_plan_reads_the_source(world: World) -> None:
    plan = world.plan()
    space = world.models["small"].space
    assert plan.target_index == "docs__small_v1__2026-03-01"
    assert (plan.source_index, plan.source_model, plan.expected_generation) == (None, None, 0)
    assert (plan.store, plan.target_model, plan.target_space) == ("main", "small", space.vector_hash)
    assert plan.created_at == START.isoformat()
    assert plan.stages[0] == CreateIndex(index=plan.target_index, model="small")
    assert plan.stages[1] == Backfill(index=plan.target_index, model="small", source_index=None)
    assert Complete not in map(type, plan.stages)


def test_a_later_plan_reads_the_live_index(world: World) -> None:
    live = world.go_live()
    plan = world.plan("large")
    assert plan.target_index == "docs__large_v2__2026-03-01"
    assert (plan.source_index, plan.source_model, plan.expected_generation) == (live, "small", 1)
    by_type = {type(stage): stage for stage in plan.stages}
    assert by_type[Backfill] == Backfill(index=plan.target_index, model="large", source_index=live)
    assert by_type[Prove] == Prove(index=plan.target_index, source_index=live)
    assert by_type[Evaluate] == Evaluate(index=plan.target_index, incumbent=live)
    assert by_type[Promote] == Promote(alias="docs_current", index=plan.target_index, model="large")
    assert by_type[Complete] == Complete(old_index=live)


def test_a_plan_changes_nothing(world: World) -> None:
    world.plan()
    assert world.registry.migrations.list() == ()
    assert world.registry.indexes.list() == ()
    assert world.vectors.list_indexes() == []


def test_the_space_that_is_live_is_refused_unless_forced(world: World) -> None:
    live = world.go_live()
    with pytest.raises(Refused, match=f"{live} is live and already holds the space") as caught:
        world.plan("small")
    assert "--force" in str(caught.value.next_step)
    assert world.plan("small", force=True).target_index == "docs__small_v2__2026-03-01"


def test_the_same_space_in_another_store_is_a_change(world: World) -> None:
    world.go_live()
    assert world.plan("small", store="spare").store == "spare"


def test_a_migration_under_way_is_named(world: World) -> None:
    first = executor.begin(world.plan(), world.context)
    with pytest.raises(Refused, match=f"Migration {first.id} of docs_current is planned"):
        world.plan("large")


def test_an_index_name_that_is_too_long_is_found_before_anything_is_paid(world: World) -> None:
    spelling = replace(world.vectors.capabilities, alphabet=replace(world.vectors.capabilities.alphabet, max_length=12))

    class Narrow(type(world.vectors)):  # type: ignore[misc]
        capabilities = spelling

    world.vectors.__class__ = Narrow
    with pytest.raises(BadName, match="this store allows 12"):
        world.plan()
    assert toy(world, "small").calls == 0


def test_nothing_to_embed_is_refused(world: World) -> None:
    world.source.held.clear()
    with pytest.raises(UsageError, match="has no documents to embed") as caught:
        world.plan()
    assert caught.value.next_step == "helmert doctor"


def test_numbers_of_equal_documents_are_exact(world: World) -> None:
    held = [document(number, f"three words {number:03d}") for number in range(1000)]
    world.source.held = held
    estimate = world.plan().estimate
    text_bytes = len(held[0].text.encode())
    assert estimate.rows == 1000
    assert estimate.tokens == 3000
    assert estimate.storage_bytes == 1000 * (16 * 4 + text_bytes)
    assert (estimate.cost, estimate.currency) == (0.0, "EUR")


def test_every_number_says_where_it_comes_from(world: World) -> None:
    world.source.held = documents(1000)
    rows, tokens, time = world.plan().estimate.basis
    assert rows == "rows: counted in the source of docs"
    assert tokens.startswith("tokens and storage: estimated from ")
    assert 0 < int(tokens.split()[5]) <= SAMPLE
    assert time == f"time: measured on {TIMED} documents, one batch at a time"


def test_the_sample_is_spread_over_the_whole_source(world: World) -> None:
    world.source.held = [document(n, "one " * (1 if n < 500 else 3)) for n in range(1000)]
    assert world.plan().estimate.tokens == pytest.approx(2000, rel=0.02)


def test_a_live_index_is_counted_where_it_is(world: World) -> None:
    live = world.go_live()
    world.writer.upsert("docs_current", [document(77)])
    estimate = world.plan("large").estimate
    assert estimate.rows == 31
    assert estimate.basis[0] == f"rows: counted in {live}"


class SlowToy(ToyEmbedder):
    """A toy whose documents take a hundredth of a second each, on the clocks of the world."""

    def __init__(self, world: World) -> None:
        super().__init__(model="slow", dims=8, label="slow")
        self._world = world

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        self._world.clocks.forward(0.01 * len(texts))
        return super().embed_documents(texts)


def test_time_is_measured(world: World) -> None:
    world.models["slow"] = CheckedEmbedder(SlowToy(world))
    world.source.held = documents(500)
    assert world.plan("slow").estimate.seconds == pytest.approx(5.0)


def test_a_model_with_a_price_is_not_called_and_its_cost_is_told(world: World) -> None:
    dear = ToyEmbedder(model="dear", label="dear", limits=Limits(batch_texts=8, price_per_million=2.0))
    world.models["dear"] = CheckedEmbedder(dear)
    estimate = world.plan("dear").estimate
    assert estimate.cost == pytest.approx(estimate.tokens * 2.0 / 1e6)
    assert estimate.seconds is None
    assert estimate.basis[2] == "time: not measured, since the model charges for every call"
    assert dear.calls == 0
