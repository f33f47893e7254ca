"""The gate on two run files: what it needs, what it refuses, and what it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from helmert.commands.comparing import Compared, Rules, compare
from helmert.commands.gate_files import GateFiles
from helmert.errors import BadInput, ConfigError, NotFound, Refused, UsageError
from helmert.evaluation import Sampling, Verdict, read_evalset, read_trec_run, write_trec_run
from helmert.evaluation.writers.folder import write_evalset
from tests.evaluation.worlds import run_of

QUERIES = 220


@dataclass(frozen=True)
class Files:
    """A folder with labelled queries and two runs: `old` answers all of them, `new` all but some."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, *, lost: range = range(0), depth: int = 12, tag: str = "") -> Path:
        rankings = {
            f"q{number}": {
                (f"d{number}" if rank == 2 and number not in lost else f"x{rank}"): float(-rank)
                for rank in range(depth)
            }
            for number in range(QUERIES)
        }
        write_trec_run(run_of(rankings), self / name, tag=tag or name)
        return self / name

    def compare(self, rules: Rules | None = None, *, allow_unpooled: bool = False) -> Compared:
        return compare(
            self / "old", self / "new", evalset=self / "set.jsonl", rules=rules, allow_unpooled=allow_unpooled
        )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.chdir(tmp_path)
    made = Files(tmp_path)
    rows = ({"id": f"q{n}", "text": f"text {n}", "relevant": [f"d{n}"]} for n in range(QUERIES))
    (made / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made.write("old")
    made.write("new")
    return made


@pytest.mark.parametrize(("lost", "verdict"), [(0, Verdict.PASS), (2, Verdict.INCONCLUSIVE), (30, Verdict.FAIL)])
def test_two_runs_are_compared_without_a_store_a_model_or_settings(files: Files, lost: int, verdict: Verdict) -> None:
    files.write("new", lost=range(lost))
    done = files.compare()
    assert (done.verdict, done.go, done.exit_code) == (
        verdict,
        verdict is Verdict.PASS,
        int(verdict is not Verdict.PASS),
    )
    assert (done.candidate, done.baseline, done.label) == ("new", "old", "")
    assert [str(one.measure) for one in done.comparisons] == ["recall@10", "nDCG@10"]
    assert len(done.worse) == min(lost, 12)
    assert {path.name for path in files.folder.iterdir()} == {"set.jsonl", "old", "new"}
    json.dumps(done.to_dict(), allow_nan=False)


def test_measures_and_margin_of_the_command_line(files: Files) -> None:
    files.write("new", lost=range(9))
    done = files.compare(Rules(measures=("hit@10", "MRR"), margin=0.2))
    assert [str(one.measure) for one in done.comparisons] == ["hit@10", "MRR"]
    assert done.verdict is Verdict.PASS
    assert files.compare(Rules(margin=0.2)).verdict is Verdict.PASS
    assert files.compare(Rules(measures=("hit@10",))).verdict is Verdict.FAIL
    with pytest.raises(UsageError, match="can hardly ever be shown"):
        files.compare(Rules(margin=0.0))
    with pytest.raises(UsageError, match="hot"):
        files.compare(Rules(measures=("hot@10",)))


SETTINGS = """
[gate]
must_pass = ["q3"]

[[gate.rules]]
measure = "recall@5"
margin = 0.3

[gate.limits]
latency_p95_ms = 50
"""


def test_the_rules_of_the_nearest_settings_hold(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "helmert.toml").write_text(SETTINGS)
    done = files.compare()
    assert done.verdict is Verdict.PASS
    assert [finding.kind for finding in done.decision.findings] == ["quality", "must-pass"]
    assert done.notes == ("Not judged, since run files do not tell it: latency_p95_ms.",)
    inner = files / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert files.compare().comparisons[0].measure.cutoff == 5
    (files / "helmert.toml").rename(files / "other.toml")
    assert files.compare().comparisons[0].measure.cutoff == 10
    assert files.compare(Rules(config=files / "other.toml")).comparisons[0].measure.cutoff == 5
    with pytest.raises(ConfigError, match="cannot be read"):
        files.compare(Rules(config=files / "missing.toml"))


def test_a_must_pass_query_without_an_answer_fails_whatever_the_statistics_say(files: Files) -> None:
    files.write("new", lost=range(3, 4))
    (files / "golden.txt").write_text("q3\nq4\n")
    done = files.compare(Rules(margin=0.5, must_pass=files / "golden.txt"))
    assert done.verdict is Verdict.FAIL
    assert [finding.subject for finding in done.decision.findings if finding.verdict is Verdict.FAIL] == ["q3"]
    (files / "helmert.toml").write_text('[gate]\nmust_pass = ["q9"]\nmust_pass_k = 2\n')
    listed = files.compare(Rules(margin=0.5, must_pass=files / "golden.txt"))
    assert [finding.subject for finding in listed.decision.findings if finding.kind == "must-pass"] == ["q3", "q4"]


def pooled(files: Files, pool: Mapping[str, int]) -> None:
    """The set as a folder whose manifest says which systems chose its documents."""
    sampling = Sampling(method="pooled", corpus=10_000, sampled=500, pool=pool)
    plain = read_evalset(files / "set.jsonl")
    write_evalset(replace(plain, sampling=sampling), files / "pooled", clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))


def ask_pooled(files: Files, *, allow_unpooled: bool = False) -> Compared:
    return compare(files / "old", files / "new", evalset=files / "pooled", allow_unpooled=allow_unpooled)


@pytest.mark.parametrize(
    ("pool", "label"),
    [
        ({"old": 20, "bm25": 20}, "upper bound"),
        ({"old": 20, "new": 5}, "upper bound"),
        ({"new": 20}, "lower bound"),
    ],
)
def test_a_pooled_and_an_unpooled_system_are_not_compared_as_equals(
    files: Files, pool: Mapping[str, int], label: str
) -> None:
    pooled(files, pool)
    with pytest.raises(Refused, match="cannot be compared with") as caught:
        ask_pooled(files)
    assert "--allow-unpooled" in str(caught.value.next_step)
    done = ask_pooled(files, allow_unpooled=True)
    safe = label == "lower bound"
    assert (done.label, done.verdict) == (label, Verdict.PASS if safe else Verdict.INCONCLUSIVE)
    assert "are an upper bound" in done.notes[0]


def test_two_pooled_systems_are_compared_by_the_tags_of_their_runs(files: Files) -> None:
    files.write("old", tag="minilm")
    pooled(files, {"minilm": 20, "new": 20})
    done = ask_pooled(files)
    assert (done.label, done.notes) == ("", ())


def test_two_strangers_to_the_pool_are_compared_with_notes(files: Files) -> None:
    pooled(files, {"bm25": 20})
    done = ask_pooled(files)
    assert done.label == ""
    assert len(done.notes) == 2


def test_what_weakens_the_comparison_is_said(files: Files) -> None:
    files.write("new", depth=5)
    assert "new has at most 5 hits for a query, and a measure looks at 10" in " ".join(files.compare().notes)
    run = read_trec_run(files / "old")
    fewer = {query: dict(run.ranking(query)) for query in run.query_ids[:-20]}
    write_trec_run(run_of({**fewer, "stranger": {"a": 1.0}}), files / "new", tag="new")
    done = files.compare()
    assert "it may be for another version of the set" in " ".join(done.notes)
    lines = [json.loads(line) for line in (files / "set.jsonl").read_text().splitlines()]
    judged = [{**row, "relevant": {row["relevant"][0]: 1, **{f"x{n}": 0 for n in range(12)}}} for row in lines]
    (files / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in judged))
    write_trec_run(
        run_of({f"q{n}": {f"d{n}": 9.0, **{f"y{r}": -float(r) for r in range(9)}} for n in range(QUERIES)}),
        files / "new",
        tag="new",
    )
    assert "nobody judged" in " ".join(files.compare().notes)


def test_systems_are_named_by_what_tells_them_apart(files: Files) -> None:
    for name in ("old", "new"):
        files.write(name, tag="same")
    assert (files.compare().baseline, files.compare().candidate) == ("old", "new")
    again = compare(files / "old", files / "old", evalset=files / "set.jsonl")
    assert again.baseline == str(files / "old")
    (files / "new").write_text("")
    assert files.compare().candidate == "new"


def test_the_decision_is_written_for_machines_and_for_people(files: Files) -> None:
    files.write("new", lost=range(40))
    written = GateFiles(junit=files / "gate.xml", markdown=files / "gate.md")
    (files / "gate.md").write_text("an old one")
    done = compare(files / "old", files / "new", evalset=files / "set.jsonl", files=written)
    assert done.files == (str(files / "gate.xml"), str(files / "gate.md"))
    cases = list(ET.parse(files / "gate.xml").getroot().iter("testcase"))
    assert len(cases) == len(done.decision.findings)
    assert (files / "gate.md").read_text().startswith("## Gate: FAIL\n\nnew against old on set\n")
    assert not list(files.folder.glob(".*"))


def test_equal_files_give_equal_decisions(files: Files) -> None:
    assert files.compare().decision.digest == files.compare().decision.digest
    digests = files.compare().decision.digests
    assert digests["candidate_run"] is not None
    assert digests["candidate_run"] == digests["incumbent_run"]


def test_a_broken_file_is_named_and_nothing_is_written(files: Files) -> None:
    (files / "new").write_text("q1 Q0 d1 1 0.5 new\nq1 Q0 d2 2\n")
    written = GateFiles(junit=files / "gate.xml")
    with pytest.raises(BadInput, match=r"new:2: the number of columns is 4"):
        compare(files / "old", files / "new", evalset=files / "set.jsonl", files=written)
    assert not (files / "gate.xml").exists()
    with pytest.raises(NotFound, match="no file"):
        compare(files / "missing", files / "old", evalset=files / "set.jsonl")


def test_an_empty_set_is_inconclusive(files: Files) -> None:
    (files / "set.jsonl").write_text("")
    done = files.compare()
    assert (done.verdict, done.exit_code) == (Verdict.INCONCLUSIVE, 1)
