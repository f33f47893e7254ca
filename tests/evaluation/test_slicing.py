"""Slices: which queries they hold, how they are tested together, and what small ones show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, Measure, QueryFacts, Scores, compare, compare_slices, holm, score, slice_rows
from tests.evaluation.worlds import run_of, set_of

RECALL = Measure.parse("recall@1")


def sliced(slices: Mapping[str, Mapping[str, str]], clusters: Mapping[str, str] | None = None) -> EvalSet:
    """Queries with these slices, each with one right document."""
    facts = {
        query: QueryFacts(slices=dict(found), cluster=(clusters or {}).get(query, ""))
        for query, found in slices.items()
    }
    return replace(set_of({query: {"right": 1} for query in slices}), query_facts=facts)


def finding(evalset: EvalSet, found: Mapping[str, bool]) -> Scores:
    """A system that finds the right document of these queries."""
    return score(run_of({q: {"right" if good else "wrong": 1.0} for q, good in found.items()}), evalset, [RECALL])


def two_languages(n: int = 100) -> EvalSet:
    """Half German, half English; every tenth query is also code."""
    return sliced(
        {f"q{i}": {"language": "de" if i % 2 else "en"} | ({"kind": "code"} if i % 10 == 0 else {}) for i in range(n)}
    )


def test_names_and_positions() -> None:
    rows = slice_rows(two_languages(20))
    assert list(rows) == ["kind=code", "language=de", "language=en"]
    assert rows["kind=code"].tolist() == [0, 10]
    assert rows["language=de"].tolist() == list(range(1, 20, 2))
    assert slice_rows(set_of({"q": {"right": 1}})) == {}


def test_positions_are_those_of_the_scored_queries() -> None:
    """A query without a relevant document is in no slice."""
    evalset = replace(
        set_of({"hopeless": {}, "a": {"right": 1}}),
        query_facts={q: QueryFacts(slices={"language": "de"}) for q in ("hopeless", "a")},
    )
    assert slice_rows(evalset)["language=de"].tolist() == [0]
    assert finding(evalset, {"a": True}).query_ids == ("a",)


def test_a_loss_in_one_slice_is_found_although_the_whole_gains() -> None:
    evalset = two_languages(200)
    old = finding(evalset, {f"q{i}": i % 2 == 1 or i % 4 == 0 for i in range(200)})
    new = finding(evalset, {f"q{i}": i % 2 == 0 or i % 4 == 1 for i in range(200)})
    german, english = (c for c in compare_slices(new, old, evalset, RECALL) if c.name.startswith("language"))
    assert (german.name, english.name) == ("language=de", "language=en")
    assert german.difference == pytest.approx(-0.5)
    assert english.difference == pytest.approx(0.5)
    assert german.p_worse < 0.001
    assert english.p_worse > 0.99
    assert german.p_holm <= 3 * german.p_worse
    assert german.n == 100


def test_a_slice_is_compared_as_a_set_of_its_own() -> None:
    evalset = two_languages(120)
    rng = np.random.default_rng(0)
    old = finding(evalset, {f"q{i}": bool(rng.random() < 0.6) for i in range(120)})
    new = finding(evalset, {f"q{i}": bool(rng.random() < 0.7) for i in range(120)})
    german = next(c for c in compare_slices(new, old, evalset, RECALL, level=0.9) if c.name == "language=de")
    alone = sliced({f"q{i}": {} for i in range(1, 120, 2)})
    rows = slice_rows(evalset)["language=de"]
    parts = [finding(alone, {s.query_ids[row]: bool(s.of(RECALL)[row]) for row in rows}) for s in (new, old)]
    whole = compare(parts[0], parts[1], RECALL, level=0.9)
    assert (german.difference, german.interval) == (whole.difference, whole.interval)


def test_small_slices_are_shown_and_not_tested() -> None:
    evalset = two_languages(100)
    system = finding(evalset, {f"q{i}": True for i in range(100)})
    compared = compare_slices(system, system, evalset, RECALL)
    assert {c.name: c.enough_data for c in compared} == {"kind=code": False, "language=de": True, "language=en": True}
    assert next(c for c in compared if c.name == "kind=code").p_holm == 1.0
    tested = [c for c in compared if c.enough_data]
    assert [c.p_holm for c in tested] == holm([c.p_worse for c in tested]).tolist()
    assert all(c.enough_data for c in compare_slices(system, system, evalset, RECALL, min_queries=10))


def test_pooled_differences_lie_nearer_to_each_other() -> None:
    rng = np.random.default_rng(4)
    evalset = sliced({f"q{i}": {"topic": f"t{i % 8}"} for i in range(320)})
    old = finding(evalset, {f"q{i}": bool(rng.random() < 0.5) for i in range(320)})
    new = finding(evalset, {f"q{i}": bool(rng.random() < 0.5) for i in range(320)})
    compared = compare_slices(new, old, evalset, RECALL)
    assert np.std([c.pooled for c in compared]) < np.std([c.difference for c in compared])
    assert all(c.pooled in c.pooled_interval for c in compared)


def test_clusters_and_weights_count_in_slices_too() -> None:
    names = {f"q{i}": f"c{i // 5}" for i in range(100)}
    evalset = sliced({f"q{i}": {"language": "de"} for i in range(100)}, names)
    old = finding(evalset, {f"q{i}": (i // 5) % 2 == 0 for i in range(100)})
    new = finding(evalset, {f"q{i}": (i // 5) % 3 == 0 for i in range(100)})
    (german,) = compare_slices(new, old, evalset, RECALL)
    assert german.effective < 35


def test_a_slice_of_other_slices_has_the_same_p() -> None:
    """Adding a slice changes what Holm makes of a p-value and not the p-value."""
    evalset = two_languages(200)
    fewer = replace(
        evalset,
        query_facts={
            q: QueryFacts(slices={k: v for k, v in f.slices.items() if k == "language"})
            for q, f in evalset.query_facts.items()
        },
    )
    rng = np.random.default_rng(1)
    found = [{f"q{i}": bool(rng.random() < 0.6) for i in range(200)} for _ in range(2)]
    more = compare_slices(finding(evalset, found[0]), finding(evalset, found[1]), evalset, RECALL)
    less = compare_slices(finding(fewer, found[0]), finding(fewer, found[1]), fewer, RECALL)
    assert {c.name: c.p_worse for c in less}.items() <= {c.name: c.p_worse for c in more}.items()


def test_reports_are_plain_json_and_nonsense_is_refused() -> None:
    evalset = two_languages(40)
    system = finding(evalset, {"q1": True})
    rows = json.loads(json.dumps([c.to_dict() for c in compare_slices(system, system, evalset, RECALL)]))
    assert [row["slice"] for row in rows] == ["kind=code", "language=de", "language=en"]
    with pytest.raises(UsageError, match="at least one query"):
        compare_slices(system, system, evalset, RECALL, min_queries=0)
    with pytest.raises(UsageError, match="was not computed"):
        compare_slices(system, system, evalset, Measure.parse("MRR"))
