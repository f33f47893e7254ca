"""The rules of the gate as they are written in the file, and what is said about rules that are not right."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.config.loading import parse
from helmert.errors import BadInput, ConfigError
from helmert.evaluation import GatePolicy

RULES = """\
[gate]
must_pass = ["q1", "q2"]
must_pass_k = 5

[[gate.rules]]
measure = "recall@20"
margin = 0.01

[[gate.rules]]
measure = "nDCG@10"
kind = "superior"
margin = 0

[gate.slices]
measures = ["hit@5", "hit@5"]
alpha = 0.01
min_queries = 50
require_data = true

[gate.limits]
latency_p95_ms = 50
completeness = 1.0
"""


def policy(text: str, folder: Path) -> GatePolicy:
    return parse(text, folder / "helmert.toml").gate.to_policy(folder)


def mistake(text: str, folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, folder / "helmert.toml")
    return caught.value.message.replace(str(folder / "helmert.toml"), "")


def test_every_kind_of_rule(tmp_path: Path) -> None:
    assert policy(RULES, tmp_path).to_dict() == {
        "rules": [
            {"measure": "recall@20", "kind": "non-inferior", "margin": 0.01},
            {"measure": "nDCG@10", "kind": "superior", "margin": 0.0},
            {"kind": "slices", "measures": ["hit@5"], "alpha": 0.01, "min_queries": 50, "require_data": True},
            {"kind": "must-pass", "queries": ["q1", "q2"], "k": 5},
            {"kind": "limit", "limit": "latency_p95_ms", "bound": 50.0},
            {"kind": "limit", "limit": "completeness", "bound": 1.0},
        ],
        "min_queries": 30,
        "level": 0.95,
    }


def test_slices_are_looked_at_by_the_measures_of_the_rules_unless_they_are_switched_off(tmp_path: Path) -> None:
    on, off = (policy(f"[gate.slices]\nenabled = {enabled}\n", tmp_path).rules for enabled in ("true", "false"))
    assert [rule.to_dict()["kind"] for rule in on] == ["non-inferior", "non-inferior", "slices"]
    assert on[-1].to_dict()["measures"] == ["recall@10", "nDCG@10"]
    assert off == on[:-1]


def test_must_pass_queries_in_a_file_beside_the_settings(tmp_path: Path) -> None:
    text = '[gate]\nmust_pass = "golden.txt"\n'
    with pytest.raises(ConfigError, match=r"gate\.must_pass names the file .*golden\.txt, which does not exist"):
        policy(text, tmp_path)
    (tmp_path / "golden.txt").write_text("q7\nq8\n")
    assert policy(text, tmp_path).rules[-1].to_dict() == {"kind": "must-pass", "queries": ["q7", "q8"], "k": 10}
    (tmp_path / "golden.txt").write_text("q7\nq7\n")
    with pytest.raises(BadInput, match=r"golden\.txt:2: the query 'q7' stands on line 1 already"):
        policy(text, tmp_path)


def test_another_file_of_queries_is_another_policy(tmp_path: Path) -> None:
    found = []
    for content in ("q7\n", "q7\nq8\n"):
        (tmp_path / "golden.txt").write_text(content)
        found.append(policy('[gate]\nmust_pass = "golden.txt"\n', tmp_path).to_dict())
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('measure = "recall@20"', 'measure = "recal@20"', ":6: "),
        ('measure = "recall@20"', "measure = 20", ":6: gate.rules.0.measure: "),
        ('kind = "superior"', 'kind = "better"', ":11: gate.rules.1.kind: "),
        ('kind = "superior"\n', "", ":9: gate.rules.1: "),
        ('measures = ["hit@5", "hit@5"]', 'measures = ["hit@5", "hot"]', ":15: "),
        ("alpha = 0.01", "alpha = 5", ":16: gate.slices.alpha: "),
        ("min_queries = 50", "min_queries = 1", ":17: gate.slices.min_queries: "),
        ("require_data = true", 'require_data = "perhaps"', ":18: gate.slices.require_data: "),
        ("require_data = true", "need_data = true", ":18: unknown key 'gate.slices.need_data'. Known here: alpha, "),
        ("latency_p95_ms = 50", "latency_p95_ms = 0", ":21: gate.limits.latency_p95_ms: "),
        ("latency_p95_ms = 50", "latency_p95_ms = inf", ":21: gate.limits.latency_p95_ms: "),
        ("latency_p95_ms = 50", "latency_ms = 50", ":21: unknown key 'gate.limits.latency_ms'. Known here: comp"),
        ("completeness = 1.0", "completeness = 100", ":22: gate.limits.completeness: "),
        ('must_pass = ["q1", "q2"]', 'must_pass = ["q1", "q1"]', ":2: The must-pass query 'q1' is listed more than"),
        ('must_pass = ["q1", "q2"]', 'must_pass = ["q1", " "]', ":2: A list of must-pass queries needs at least one"),
        ('must_pass = ["q1", "q2"]', "must_pass = [1, 2]", ":2: gate.must_pass: Value error, write a list of query "),
        ('must_pass = ["q1", "q2"]', 'must_pass = ""', ":2: gate.must_pass: Value error, write a list of query ids"),
        ("must_pass_k = 5", "must_pass_k = 0", ":3: gate.must_pass_k: "),
    ],
)
def test_a_wrong_value_is_told_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in RULES
    assert mistake(RULES.replace(before, after), tmp_path).startswith(said)


def test_the_environment_sets_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMERT_GATE__LIMITS__INDEX_RECALL", "0.9")
    assert policy("", tmp_path).rules[-1].to_dict() == {"kind": "limit", "limit": "index_recall", "bound": 0.9}
