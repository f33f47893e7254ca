"""Gates: three answers, the evidence for them, and sentences that a person can act on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import (
    Comparison,
    Evidence,
    GateDecision,
    GatePolicy,
    GateRule,
    Measure,
    Verdict,
    decide,
    paired_interval,
)
from helmert.evaluation.gates import RuleKind

RECALL, NDCG = Measure.parse("recall@10"), Measure.parse("nDCG@10")


def observed(differences: Sequence[float], measure: Measure = RECALL, level: float = 0.95) -> Comparison:
    """A comparison with these per-query differences against an incumbent at 0.5."""
    d = np.asarray(differences, dtype=np.float64)
    n = d.size
    mean = float(d.mean()) if n else float("nan")
    return Comparison(
        measure=measure,
        n=n,
        incumbent_mean=0.5 if n else float("nan"),
        candidate_mean=0.5 + mean,
        difference=mean,
        interval=paired_interval(d, level=level),
        p_value=1.0,
        mean_square=float(np.square(d).mean()) if n else 0.0,
        wins=int((d > 0).sum()),
        losses=int((d < 0).sum()),
        ties=int((d == 0).sum()),
        left_out=0,
        same_set=True,
    )


def outcomes(wins: int, losses: int, n: int) -> list[float]:
    """Differences of +1, -1 and 0."""
    return [1.0] * wins + [-1.0] * losses + [0.0] * (n - wins - losses)


def judged(*comparisons: Comparison, policy: GatePolicy | None = None) -> GateDecision:
    """The decision of a gate on these comparisons."""
    return decide(Evidence(comparisons=comparisons), policy or GatePolicy())


def ask(differences: Sequence[float], margin: float = 0.02, kind: RuleKind = "non-inferior") -> GateDecision:
    """The decision of a gate of one rule."""
    policy = GatePolicy(rules=(GateRule(measure=RECALL, margin=margin, kind=kind),))
    return decide(Evidence(comparisons=(observed(differences),)), policy)


@pytest.mark.parametrize(
    ("wins", "losses", "n", "kind", "margin", "verdict"),
    [
        (40, 40, 2000, "non-inferior", 0.02, Verdict.PASS),
        (60, 20, 2000, "non-inferior", 0.02, Verdict.PASS),
        (0, 0, 400, "non-inferior", 0.02, Verdict.PASS),
        (0, 0, 150, "non-inferior", 0.02, Verdict.INCONCLUSIVE),
        (40, 40, 400, "non-inferior", 0.02, Verdict.INCONCLUSIVE),
        (10, 60, 400, "non-inferior", 0.02, Verdict.FAIL),
        (10, 25, 4000, "non-inferior", 0.02, Verdict.PASS),
        (0, 9, 400, "non-inferior", 0.02, Verdict.FAIL),
        (60, 10, 400, "superior", 0.0, Verdict.PASS),
        (60, 10, 400, "superior", 0.12, Verdict.INCONCLUSIVE),
        (60, 10, 400, "superior", 0.2, Verdict.FAIL),
        (10, 10, 400, "superior", 0.0, Verdict.INCONCLUSIVE),
        (10, 40, 400, "superior", 0.0, Verdict.FAIL),
    ],
)
def test_verdicts(wins: int, losses: int, n: int, kind: RuleKind, margin: float, verdict: Verdict) -> None:
    decision = ask(outcomes(wins, losses, n), margin, kind)
    assert decision.verdict is verdict
    assert decision.findings[0].verdict is verdict


@given(
    differences=st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=30, max_size=200),
    margin=st.sampled_from([0.01, 0.1, 0.5]),
)
def test_verdicts_follow_from_the_interval(differences: list[float], margin: float) -> None:
    interval = paired_interval(differences)
    verdict = ask(differences, margin).verdict
    if verdict is Verdict.PASS:
        assert interval.low > -margin
    if verdict is Verdict.FAIL:
        assert interval.high < 0.0
    superior = ask(differences, margin, "superior").verdict
    assert (superior is Verdict.PASS) == (interval.low > margin)
    assert (superior is Verdict.FAIL) == (interval.high < margin)


@given(differences=st.lists(st.sampled_from([-1.0, 0.0, 0.5]), min_size=30, max_size=100))
def test_a_better_candidate_never_fares_worse(differences: list[float]) -> None:
    """Raising one query's difference from -1 to 0 does not turn PASS into something else."""
    rank = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, Verdict.PASS: 2}
    if -1.0 in differences:
        better = list(differences)
        better[better.index(-1.0)] = 0.0
        assert rank[ask(better, 0.1).verdict] >= rank[ask(differences, 0.1).verdict]


@pytest.mark.parametrize("n", [0, 1, 29])
def test_a_small_set_has_no_verdict_whatever_it_shows(n: int) -> None:
    for value in (-1.0, 0.0, 1.0):
        decision = ask([value] * n)
        assert decision.verdict is Verdict.INCONCLUSIVE
        assert (decision.queries_needed or 0) >= 30
    assert ("no query" if n == 0 else f"{n} quer") in decision.findings[0].sentence
    assert "at least 30" in decision.findings[0].sentence


def test_a_measure_that_was_not_compared_is_not_a_pass() -> None:
    decision = judged(observed(outcomes(0, 0, 1000)))
    assert [finding.verdict for finding in decision.findings] == [Verdict.PASS, Verdict.INCONCLUSIVE]
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "nDCG@10 was not compared" in decision.findings[1].sentence
    assert decision.queries_needed is None


def test_one_failure_outweighs_everything() -> None:
    policy = GatePolicy(
        rules=tuple(GateRule(measure=Measure.parse(name), margin=0.02) for name in ("recall@10", "nDCG@10", "MRR"))
    )
    good, bad = observed(outcomes(0, 0, 1000)), observed(outcomes(0, 100, 1000), NDCG)
    decision = judged(good, bad, policy=policy)
    assert [finding.verdict.value for finding in decision.findings] == ["PASS", "FAIL", "INCONCLUSIVE"]
    assert decision.verdict is Verdict.FAIL
    assert decision.queries_needed is None


def test_the_default_policy() -> None:
    assert [rule.to_dict() for rule in GatePolicy().rules] == [
        {"measure": "recall@10", "kind": "non-inferior", "margin": 0.02},
        {"measure": "nDCG@10", "kind": "non-inferior", "margin": 0.02},
        {
            "kind": "slices",
            "measures": ["recall@10", "nDCG@10"],
            "alpha": 0.05,
            "min_queries": 30,
            "require_data": False,
        },
    ]
    assert (GatePolicy().min_queries, GatePolicy().level) == (30, 0.95)


@pytest.mark.parametrize(
    ("wins", "losses", "n", "kind", "margin"),
    [
        (0, 0, 100, "non-inferior", 0.02),
        (20, 20, 400, "non-inferior", 0.02),
        (8, 10, 400, "non-inferior", 0.02),
        (30, 20, 400, "superior", 0.0),
    ],
)
def test_the_estimate_is_a_size_that_passes(wins: int, losses: int, n: int, kind: RuleKind, margin: float) -> None:
    """The same differences over and over, up to the estimated size, pass; at the present size they do not."""
    decision = ask(outcomes(wins, losses, n), margin, kind)
    assert decision.verdict is Verdict.INCONCLUSIVE
    needed = decision.queries_needed
    assert needed is not None
    assert needed > n
    times = ceil(needed / n)
    assert ask(outcomes(wins * times, losses * times, n * times), margin, kind).verdict is Verdict.PASS


def test_equal_results_need_as_many_queries_as_the_documentation_says() -> None:
    assert ask(outcomes(0, 0, 50)).queries_needed == 189
    assert ask(outcomes(0, 0, 188)).verdict is Verdict.INCONCLUSIVE
    assert ask(outcomes(0, 0, 189)).verdict is Verdict.PASS


def test_no_estimate_when_more_queries_would_not_help() -> None:
    beyond = ask(outcomes(19, 30, 400))
    assert (beyond.verdict, beyond.queries_needed) == (Verdict.INCONCLUSIVE, None)
    assert "not expected to make it pass" in beyond.findings[0].sentence
    barely = ask(outcomes(100, 108, 400 + 1), 0.02)
    assert (barely.verdict, barely.queries_needed) == (Verdict.INCONCLUSIVE, None)
    assert "more than a million" in barely.findings[0].sentence


def test_the_set_must_satisfy_the_most_demanding_rule() -> None:
    quiet, loud = observed(outcomes(2, 2, 100)), observed(outcomes(20, 20, 100), NDCG)
    decision = judged(quiet, loud)
    needs = [finding.queries_needed or 0 for finding in decision.findings]
    assert decision.queries_needed == max(needs) == needs[1]


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (
            ask(outcomes(40, 40, 2000)),
            "recall@10: the candidate is not worse by 0.020 or more. It scores 0.500 against 0.500 on 2,000 "
            "queries (40 better, 40 worse); the true difference is between -0.009 and +0.009 with 95% "
            "confidence.",
        ),
        (
            ask(outcomes(0, 40, 400)),
            "recall@10: the candidate is worse, and a loss below 0.020 is not shown. It scores 0.400 against "
            "0.500 on 400 queries (0 better, 40 worse); the true difference is between -0.130 and -0.069 with "
            "95% confidence.",
        ),
        (
            ask(outcomes(0, 0, 150)),
            "recall@10: these queries cannot tell whether the candidate is worse by 0.020 or more. It scores "
            "0.500 against 0.500 on 150 queries (0 better, 0 worse); the true difference is between -0.020 and "
            "+0.020 with 95% confidence. A set of this size can miss a loss that is total but rare. About 189 "
            "queries would decide it, if the difference stays what it looks like.",
        ),
        (ask([0.0]), "recall@10 rests on 1 query scored on both systems; a verdict needs at least 30."),
        (ask([]), "recall@10 rests on no query scored on both systems; a verdict needs at least 30."),
    ],
)
def test_sentences(decision: GateDecision, sentence: str) -> None:
    assert decision.findings[0].sentence == sentence


def test_superiority_in_words() -> None:
    said = [
        ask(outcomes(60, 10, 400), margin, "superior").findings[0].sentence.partition(". ")[0]
        for margin in (0.0, 0.05, 0.12, 0.2)
    ]
    assert said == [
        "recall@10: the candidate is better",
        "recall@10: the candidate is better by more than 0.050",
        "recall@10: these queries cannot tell whether the candidate is better by more than 0.120",
        "recall@10: the candidate is not better by more than 0.200",
    ]


def test_what_weakens_the_evidence_is_said() -> None:
    comparison = replace(observed(outcomes(0, 0, 400)), left_out=3, same_set=False)
    rule = GateRule(measure=RECALL, margin=0.02)
    sentence = judged(comparison, policy=GatePolicy(rules=(rule,))).findings[0].sentence
    assert "3 queries scored on only one system left out." in sentence
    assert "different versions of the evaluation set" in sentence


def test_a_decision_is_plain_json() -> None:
    decision = judged(observed([]))
    written = json.loads(json.dumps(decision.to_dict()))
    assert written["verdict"] == "INCONCLUSIVE"
    assert written["findings"][0]["rule"] == {"measure": "recall@10", "kind": "non-inferior", "margin": 0.02}
    assert written["findings"][0]["evidence"]["difference"] is None
    assert written["findings"][1]["evidence"] is None
    assert written["policy"]["min_queries"] == 30


def test_policies_that_make_no_sense_are_refused() -> None:
    for margin in (-0.1, 1.0, float("nan")):
        with pytest.raises(UsageError, match="between 0 and 1"):
            GateRule(measure=RECALL, margin=margin)
    with pytest.raises(UsageError, match="can hardly ever be shown"):
        GateRule(measure=RECALL, margin=0.0)
    with pytest.raises(UsageError, match="non-inferior, superior"):
        GateRule(measure=RECALL, margin=0.1, kind="better")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least one rule"):
        GatePolicy(rules=())
    with pytest.raises(UsageError, match="at least one query"):
        GatePolicy(min_queries=0)
    with pytest.raises(UsageError, match="between 0 and 1"):
        GatePolicy(level=95)


def test_an_interval_of_another_level_is_no_evidence() -> None:
    with pytest.raises(UsageError, match=r"level 0\.8, not 0\.95"):
        judged(observed([0.0] * 100, level=0.8))


def test_queries_in_clusters_count_for_as_many_as_they_are_worth() -> None:
    equal = observed(outcomes(0, 0, 400))
    rule = GateRule(measure=RECALL, margin=0.02)
    worth = replace(equal, effective=100.0, interval=paired_interval([0.0] * 100))
    finding = judged(worth, policy=GatePolicy(rules=(rule,))).findings[0]
    assert judged(equal, policy=GatePolicy(rules=(rule,))).verdict is Verdict.PASS
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "on 400 queries, worth 100 independent ones of equal weight" in finding.sentence
    assert finding.queries_needed == 4 * (ask(outcomes(0, 0, 100)).queries_needed or 0)


def test_many_queries_of_few_clusters_are_too_few() -> None:
    few = replace(observed(outcomes(0, 300, 400)), effective=20.0)
    finding = judged(few, policy=GatePolicy(rules=(GateRule(measure=RECALL, margin=0.02),))).findings[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "worth 20 independent ones of equal weight; a verdict needs at least 30." in finding.sentence
    assert (finding.queries_needed or 0) >= 600
