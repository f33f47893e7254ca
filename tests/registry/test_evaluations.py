"""Every evaluation is kept, and the newest is found."""

from __future__ import annotations

import pytest

from helmert.errors import NotFound
from helmert.registry import EvaluationRecord, Registry
from tests.registry.staging import START


def evaluate(registry: Registry, index: str, digest: str = "d1", migration: str | None = None) -> EvaluationRecord:
    return registry.evaluations.add(
        index=index,
        incumbent_index="docs_v1",
        migration=migration,
        evalset_name="faq",
        evalset_digest=digest,
        content_digest="c1",
        verdict="inconclusive",
        report={"nDCG@10": {"mean": 0.5, "interval": [0.4, 0.6]}},
        applied_seq=12,
    )


def test_an_evaluation_comes_back_as_it_was(registry: Registry) -> None:
    added = evaluate(registry, "docs_v2")

    assert registry.evaluations.get("e1") == added
    assert added == EvaluationRecord(
        id="e1",
        migration=None,
        index="docs_v2",
        incumbent_index="docs_v1",
        evalset_name="faq",
        evalset_digest="d1",
        content_digest="c1",
        verdict="inconclusive",
        report={"nDCG@10": {"mean": 0.5, "interval": [0.4, 0.6]}},
        applied_seq=12,
        at=START,
    )


def test_the_newest_of_an_index_is_found(registry: Registry) -> None:
    registry.migrations.create(
        collection="docs",
        alias="docs_current",
        source_index=None,
        target_index="docs_v2",
        target_model="large",
        plan={},
        stages=(),
    )
    first = evaluate(registry, "docs_v2")
    second = evaluate(registry, "docs_v2", "d2", migration="m1")
    other = evaluate(registry, "docs_v3")

    assert registry.evaluations.latest("docs_v2") == second
    assert registry.evaluations.latest("docs_v2", evalset_digest="d1") == first
    assert registry.evaluations.latest("docs_v9") is None
    assert registry.evaluations.list(index="docs_v2") == (first, second)
    assert registry.evaluations.list(migration="m1") == (second,)
    assert registry.evaluations.list() == (first, second, other)


def test_what_is_unknown_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFound, match="no evaluation 'e7'"):
        registry.evaluations.get("e7")
    with pytest.raises(NotFound, match="no migration 'm7'"):
        evaluate(registry, "docs_v1", migration="m7")
