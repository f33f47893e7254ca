"""Slices: what got significantly worse stops the gate; what is too small to tell is said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from helmert.errors import UsageError
from helmert.evaluation import (
    EvalSet,
    Evidence,
    Finding,
    GatePolicy,
    GateRule,
    Measure,
    QueryFacts,
    SliceRule,
    Verdict,
    compare,
    compare_slices,
    decide,
    holm,
    score,
)
from helmert.types import Query
from tests.evaluation.worlds import run_of

RECALL, HIT = Measure.parse("recall@10"), Measure.parse("hit@10")


def sliced(sizes: Mapping[str, int]) -> EvalSet:
    """Queries `de0`, `de1`, ... of slices `language=de` and so on; document `de0` answers query `de0`."""
    ids = [(language, f"{language}{number}") for language, size in sizes.items() for number in range(size)]
    return EvalSet(
        name="sliced",
        queries=tuple(Query(id=query, text=query) for _, query in ids),
        qrels={query: {query: 1} for _, query in ids},
        query_facts={query: QueryFacts(slices={"language": language}) for language, query in ids},
    )


def found(sizes: Mapping[str, int], lost: Mapping[str, int], rule: SliceRule | None = None) -> tuple[Finding, ...]:
    """What the rule says when so many queries of each slice lose their only answer."""
    evalset = sliced(sizes)
    gone = {f"{language}{number}" for language, count in lost.items() for number in range(count)}
    old = run_of({query.id: {query.id: 1.0} for query in evalset.queries})
    new = run_of({query.id: {"wrong" if query.id in gone else query.id: 1.0} for query in evalset.queries})
    evidence = Evidence(
        evalset=evalset,
        candidate=score(new, evalset, [RECALL, HIT]),
        incumbent=score(old, evalset, [RECALL, HIT]),
    )
    return decide(evidence, GatePolicy(rules=(rule or SliceRule(measures=(RECALL,)),))).findings


def test_a_slice_that_got_worse_fails_by_name_and_the_others_pass() -> None:
    worse, others = found({"de": 60, "en": 60, "fr": 60}, {"fr": 12})
    assert (worse.verdict, worse.subject) == (Verdict.FAIL, "language=fr, recall@10")
    assert "the candidate is worse by 0.200 on 60 queries" in worse.sentence
    assert "after Holm over 3 tests" in worse.sentence
    assert (others.verdict, others.subject) == (Verdict.PASS, "slices")
    assert others.sentence.startswith("Slices: the other 2 did not get significantly worse")
    assert others.evidence is not None
    assert [row["slice"] for row in others.evidence["slices"]] == ["language=de", "language=en"]  # type: ignore[attr-defined]


def test_equal_slices_pass_in_one_finding() -> None:
    (finding,) = found({"de": 40, "en": 40}, {})
    assert finding.verdict is Verdict.PASS
    assert finding.sentence == ("Slices: none got significantly worse (2 tests at 0.05; smallest p after Holm 1).")


def test_a_slice_without_enough_data_is_named_and_blocks_only_when_asked() -> None:
    tested, small = found({"de": 60, "en": 29, "fr": 3}, {"fr": 3})
    assert (tested.verdict, small.verdict) == (Verdict.PASS, Verdict.PASS)
    assert "which does not block: language=en (29), language=fr (3)." in small.sentence
    _, required = found({"de": 60, "en": 29, "fr": 3}, {}, SliceRule(measures=(RECALL,), require_data=True))
    assert required.verdict is Verdict.INCONCLUSIVE
    assert "so the gate stays open" in required.sentence


def test_a_broken_slice_is_tested_once_it_is_large_enough() -> None:
    for minimum, verdict in ((21, Verdict.PASS), (20, Verdict.FAIL)):
        findings = found({"de": 60, "fr": 20}, {"fr": 20}, SliceRule(measures=(RECALL,), min_queries=minimum))
        assert Verdict.worst(finding.verdict for finding in findings) is verdict


def test_every_measure_is_a_further_test() -> None:
    (finding,) = found({"de": 40, "en": 40}, {"de": 5}, SliceRule(measures=(RECALL, HIT), alpha=0.001))
    assert finding.verdict is Verdict.PASS
    assert finding.evidence is not None
    rows = finding.evidence["slices"]
    assert isinstance(rows, list)
    assert [row["p_over_measures"] for row in rows] == holm([row["p_worse"] for row in rows]).tolist()
    assert len(rows) == 4


def test_a_better_slice_is_no_loss() -> None:
    evalset = sliced({"de": 40})
    old = run_of({query.id: {"wrong": 1.0} for query in evalset.queries})
    new = run_of({query.id: {query.id: 1.0} for query in evalset.queries})
    ours, theirs = score(new, evalset, [RECALL]), score(old, evalset, [RECALL])
    evidence = Evidence(evalset=evalset, candidate=ours, incumbent=theirs)
    decision = decide(evidence, GatePolicy(rules=(SliceRule(measures=(RECALL,)),)))
    assert decision.verdict is Verdict.PASS
    assert compare_slices(ours, theirs, evalset, RECALL)[0].difference == 1.0


@pytest.mark.parametrize(("require", "verdicts"), [(False, []), (True, [Verdict.INCONCLUSIVE])])
def test_a_set_without_slices_says_nothing_unless_data_are_required(require: bool, verdicts: list[Verdict]) -> None:
    evalset = EvalSet(name="plain", queries=(Query(id="q", text="q"),), qrels={"q": {"d": 1}})
    scores = score(run_of({"q": {"d": 1.0}}), evalset, [RECALL])
    rule = SliceRule(measures=(RECALL,), require_data=require)
    for evidence in (Evidence(evalset=evalset, candidate=scores, incumbent=scores), Evidence()):
        findings = rule.findings(evidence, level=0.95, min_queries=30)
        assert [finding.verdict for finding in findings] == verdicts


def test_a_slice_can_stop_what_the_whole_would_let_pass() -> None:
    sizes = {"de": 2000, "fr": 40}
    evalset = sliced(sizes)
    old = run_of({query.id: {query.id: 1.0} for query in evalset.queries})
    gone = {f"fr{number}" for number in range(12)}
    new = run_of({query.id: {"wrong" if query.id in gone else query.id: 1.0} for query in evalset.queries})
    ours, theirs = score(new, evalset, [RECALL]), score(old, evalset, [RECALL])
    evidence = Evidence(evalset=evalset, candidate=ours, incumbent=theirs, comparisons=(compare(ours, theirs, RECALL),))
    quality = GateRule(measure=RECALL, margin=0.02)
    assert decide(evidence, GatePolicy(rules=(quality,))).verdict is Verdict.PASS
    assert decide(evidence, GatePolicy(rules=(quality, SliceRule(measures=(RECALL,))))).verdict is Verdict.FAIL


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one measure"):
        SliceRule(measures=())
    for alpha in (0.0, 1.0, float("nan")):
        with pytest.raises(UsageError, match="between 0 and 1"):
            SliceRule(measures=(RECALL,), alpha=alpha)
    with pytest.raises(UsageError, match="at least two queries"):
        SliceRule(measures=(RECALL,), min_queries=1)
