"""Must-pass queries: each of them, by name, without statistics."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.errors import BadInput, NotFound, UsageError
from helmert.evaluation import Evidence, Finding, GatePolicy, MustPass, Verdict, decide, read_query_ids
from tests.evaluation.worlds import Ranking, run_of, set_of

SET = set_of({"q1": {"a": 1}, "q2": {"b": 2, "c": 0}, "q3": {"d": 0}})


def found(rankings: dict[str, Ranking], *queries: str, k: int = 2) -> list[Finding]:
    evidence = Evidence(evalset=SET, candidate_run=run_of(rankings))
    return list(decide(evidence, GatePolicy(rules=(MustPass(queries=queries, k=k),))).findings)


def test_all_answered_is_one_pass() -> None:
    (finding,) = found({"q1": {"a": 1.0}, "q2": {"x": 2.0, "b": 1.0}}, "q1", "q2")
    assert finding.verdict is Verdict.PASS
    assert finding.sentence == "Must-pass queries: all 2 have a relevant document among the first 2."


def test_every_query_that_is_not_answered_fails_by_name() -> None:
    rankings: dict[str, Ranking] = {"q1": {"x": 3.0, "y": 2.0, "a": 1.0}, "q2": {"c": 3.0, "b": 2.0}}
    failed, passed = found(rankings, "q1", "q2")
    assert (failed.verdict, failed.subject) == (Verdict.FAIL, "q1")
    assert failed.sentence == "Must-pass query 'q1': no relevant document is among the first 2."
    assert passed.sentence == "Must-pass queries: 1 has a relevant document among the first 2."
    (deeper,) = found(rankings, "q1", "q2", k=3)
    assert deeper.verdict is Verdict.PASS


def test_a_query_without_any_hit_fails() -> None:
    assert [finding.verdict for finding in found({}, "q1")] == [Verdict.FAIL]


def test_one_failure_is_enough_whatever_the_others_do() -> None:
    evalset = set_of({f"q{number}": {"a": 1} for number in range(100)})
    run = run_of({f"q{number}": {"a" if number else "x": 1.0} for number in range(100)})
    rule = MustPass(queries=tuple(f"q{number}" for number in range(100)))
    decision = decide(Evidence(evalset=evalset, candidate_run=run), GatePolicy(rules=(rule,)))
    assert decision.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q3", "Must-pass query 'q3' has no relevant document in the evaluation set, so no system could answer it."),
        ("q9", "Must-pass query 'q9' is not in the evaluation set 'toy'."),
    ],
)
def test_a_query_that_cannot_be_judged_leaves_the_gate_open(query: str, said: str) -> None:
    finding, _ = found({"q1": {"a": 1.0}}, query, "q1")
    assert (finding.verdict, finding.sentence, finding.subject) == (Verdict.INCONCLUSIVE, said, query)


def test_luck_among_equal_scores_is_not_an_answer() -> None:
    finding, _ = found({"q1": {"x": 1.0, "y": 1.0, "a": 1.0}, "q2": {"b": 1.0}}, "q1", "q2")
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "depends on how equal scores fall" in finding.sentence


def test_without_a_run_or_a_set_nothing_is_answered() -> None:
    for evidence in (Evidence(), Evidence(evalset=SET), Evidence(candidate_run=run_of({}))):
        decision = decide(evidence, GatePolicy(rules=(MustPass(queries=("q1",)),)))
        assert decision.verdict is Verdict.INCONCLUSIVE


def test_a_rule_that_makes_no_sense_is_refused() -> None:
    for queries in ((), ("q1", " ")):
        with pytest.raises(UsageError, match="at least one id, and none of them blank"):
            MustPass(queries=queries)
    with pytest.raises(UsageError, match="'q1' is listed more than once"):
        MustPass(queries=("q1", "q2", "q1"))
    with pytest.raises(UsageError, match="k at least 1"):
        MustPass(queries=("q1",), k=0)


def test_a_list_of_ids_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "golden.txt"
    path.write_bytes(b"\xef\xbb\xbf q1 \r\n\r\nquery 2\n#3\n")
    assert read_query_ids(path) == ("q1", "query 2", "#3")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"q1\nq2\n\nq1\n", ":4: the query 'q1' stands on line 1 already."),
        (b"\n \n", ": there is no query id in it."),
        (b"q1\n\xff\n", ":2: byte 0xff at column 1 is not UTF-8."),
    ],
)
def test_a_list_that_cannot_be_used_says_where(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "golden.txt"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_query_ids(path)
    assert caught.value.message == f"{path}{said}"
    assert caught.value.next_step


def test_a_missing_list_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_query_ids(tmp_path / "golden.txt")
