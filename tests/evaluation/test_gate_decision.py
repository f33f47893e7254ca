"""A decision is the worst of its findings, and can be traced to exactly what it was reached on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import (
    Evidence,
    GatePolicy,
    GateRule,
    Limit,
    Measure,
    Measurement,
    MustPass,
    Run,
    SliceRule,
    Verdict,
    compare,
    decide,
    score,
)
from helmert.evaluation.gates import run_digest
from helmert.evaluation.gates.tracing import digest_of
from tests.evaluation.worlds import rankings, run_of, set_of

RECALL = Measure.parse("recall@10")
SET = set_of({f"q{number}": {f"d{number}": 1} for number in range(200)})
GOOD = run_of({f"q{number}": {f"d{number}": 1.0} for number in range(200)})
POLICY = GatePolicy(
    rules=(
        GateRule(measure=RECALL, margin=0.02),
        SliceRule(measures=(RECALL,)),
        MustPass(queries=("q7",)),
        Limit(name="latency_p95_ms", bound=50.0),
    )
)


def evidence(run: Run = GOOD, milliseconds: float = 20.0) -> Evidence:
    new, old = score(run, SET, [RECALL]), score(GOOD, SET, [RECALL])
    return Evidence(
        evalset=SET,
        candidate_run=run,
        incumbent_run=GOOD,
        candidate=new,
        incumbent=old,
        comparisons=(compare(new, old, RECALL),),
        measurements={"latency_p95_ms": Measurement(value=milliseconds, samples=100, how="in a test")},
    )


def without(*queries: str) -> Run:
    return run_of({query: dict(GOOD.ranking(query)) for query in GOOD.query_ids if query not in queries})


@pytest.mark.parametrize(
    ("given", "verdict", "kinds"),
    [
        (evidence(), Verdict.PASS, []),
        (evidence(without("q7")), Verdict.FAIL, ["quality", "must-pass"]),
        (evidence(without("q8")), Verdict.INCONCLUSIVE, ["quality"]),
        (evidence(milliseconds=51.0), Verdict.FAIL, ["limit"]),
        (replace(evidence(), measurements={}), Verdict.INCONCLUSIVE, ["limit"]),
        (replace(evidence(), doubts=("The labels are for other documents.",)), Verdict.INCONCLUSIVE, ["evidence"]),
        (Evidence(), Verdict.INCONCLUSIVE, ["quality", "must-pass", "limit"]),
    ],
)
def test_every_kind_of_rule_can_stop_the_gate(given: Evidence, verdict: Verdict, kinds: list[str]) -> None:
    decision = decide(given, POLICY)
    assert decision.verdict is verdict
    assert [finding.kind for finding in decision.findings if finding.verdict is not Verdict.PASS] == kinds


def test_nothing_that_was_asked_is_not_a_pass() -> None:
    assert Verdict.worst([]) is Verdict.INCONCLUSIVE
    only_slices = GatePolicy(rules=(SliceRule(measures=(RECALL,)),))
    assert decide(evidence(), only_slices).verdict is Verdict.INCONCLUSIVE


def test_without_an_incumbent_only_rules_about_one_system_hold() -> None:
    alone = replace(evidence(), comparisons=(), incumbent=None, incumbent_run=None, alone="Nothing is live.")
    decision = decide(alone, POLICY)
    assert decision.verdict is Verdict.PASS
    assert [finding.kind for finding in decision.findings] == ["evidence", "must-pass", "limit"]
    assert decide(replace(alone, candidate_run=without("q7")), POLICY).verdict is Verdict.FAIL


def test_a_decision_names_what_it_was_reached_on() -> None:
    decision = decide(evidence(), POLICY)
    assert decision.digests == {
        "evalset": SET.digest,
        "candidate_run": run_digest(GOOD),
        "incumbent_run": run_digest(GOOD),
        "policy": digest_of(POLICY.to_dict()),
    }
    assert decide(Evidence(), POLICY).digests["candidate_run"] is None


def test_a_stored_decision_that_was_changed_no_longer_carries_its_digest() -> None:
    stored = json.loads(json.dumps(decide(evidence(without("q7")), POLICY).to_dict(), allow_nan=False))
    digest = stored.pop("digest")
    assert digest_of(stored) == digest
    stored["verdict"] = "PASS"
    assert digest_of(stored) != digest


def test_other_rules_give_another_digest() -> None:
    digests = {decide(evidence(), policy).digest for policy in (POLICY, replace(POLICY, min_queries=31))}
    assert len(digests) == 2


def test_a_policy_knows_the_measures_it_needs() -> None:
    assert [str(measure) for measure in POLICY.measures] == ["recall@10", "hit@10"]
    assert POLICY.adding(MustPass(queries=("q1",), k=25)).measures[-1] == Measure.parse("hit@25")
    assert POLICY.only(lambda rule: not rule.comparative).measures == (Measure.parse("hit@10"),)
    with pytest.raises(UsageError, match="at least one rule"):
        POLICY.only(lambda _: False)


@given(
    found=st.dictionaries(st.sampled_from(["a", "b", "c"]), rankings(st.sampled_from([0.0, 0.5, 1.0]))),
    order=st.randoms(use_true_random=False),
)
def test_a_run_has_one_digest_in_whatever_order_it_is_given(found: dict[str, dict[str, float]], order: Any) -> None:
    queries = list(found)
    order.shuffle(queries)
    again = {}
    for query in queries:
        hits = list(found[query].items())
        order.shuffle(hits)
        again[query] = dict(hits)
    assert run_digest(run_of(again)) == run_digest(run_of(found))


@given(found=st.dictionaries(st.sampled_from(["a", "b"]), rankings(st.sampled_from([0.0, 0.5, 1.0])), min_size=1))
def test_runs_that_differ_have_digests_that_differ(found: dict[str, dict[str, float]]) -> None:
    first, *_ = found
    others = [
        {**found, first: {**found[first], "another": 0.25}},
        {**found, "z": {}},
        {("z" if query == first else query): hits for query, hits in found.items()},
        {**found, first: {document: value + 0.125 for document, value in found[first].items()}},
    ]
    digest = run_digest(run_of(found))
    assert all(run_digest(run_of(other)) != digest for other in others if other != found)


def test_documents_that_a_run_only_knows_of_do_not_count() -> None:
    columns = (["q"], [1], np.array([0]), np.array([1.0]))
    lean = Run.from_codes(columns[0], columns[1], ("a",), columns[2], columns[3])
    rich = Run.from_codes(columns[0], columns[1], ("a", "never found"), columns[2], columns[3])
    assert run_digest(lean) == run_digest(rich)
