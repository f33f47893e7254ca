"""`helmert eval power`, and how it lives beside `helmert eval` for an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.evaluation import write_trec_run
from tests.cli.conftest import Helmert
from tests.commands.projects import Project
from tests.evaluation.worlds import run_of

ROWS = '{{"id": "q{n}", "text": "text {n}", "relevant": ["d{n}"]{more}}}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder without a helmert.toml; evaluation sets and runs of 100 queries."""
    monkeypatch.chdir(tmp_path)
    lines = [ROWS.format(n=n, more="") for n in range(100)]
    (tmp_path / "plain.jsonl").write_text("".join(lines), encoding="utf-8")
    lines = [ROWS.format(n=n, more=f', "cluster": "c{n // 4}"') for n in range(100)]
    (tmp_path / "clustered.jsonl").write_text("".join(lines), encoding="utf-8")
    good = {f"q{n}": {f"d{n}": 1.0} for n in range(100)}
    bad = {f"q{n}": {f"d{n if n % 10 else 100}": 1.0} for n in range(100)}
    write_trec_run(run_of(good), tmp_path / "good.trec")
    write_trec_run(run_of(bad), tmp_path / "bad.trec")
    return tmp_path


def test_before_there_is_anything(helmert: Helmert, folder: Path) -> None:
    told = helmert("eval", "power", "--queries", "200")
    assert (told.code, told.err) == (0, "")
    assert "siblings, typical   0.250  5.3 points" in told.out
    assert "1,255" in told.out
    without = helmert("eval", "power", "--sd", "0.25", "--json").body
    assert without["rows"][0]["detectable"] is None
    assert [need["enough"] for need in without["rows"][0]["needs"]] == [None] * 4


def test_a_set_that_is_too_small_for_the_margin_is_a_no(helmert: Helmert, folder: Path) -> None:
    asked = ("eval", "power", "--evalset", "plain.jsonl", "--sd", "0.2", "--json")
    small, large = helmert(*asked, "--margin", "0.02"), helmert(*asked, "--margin", "0.1")
    assert (small.code, small.body["go"], small.body["queries"]) == (1, False, 100)
    assert (large.code, large.body["rows"][0]["needs"][0]["enough"]) == (0, True)


def test_clusters_make_a_set_smaller(helmert: Helmert, folder: Path) -> None:
    body = helmert("eval", "power", "--evalset", "clustered.jsonl", "--json").body
    assert body["effective"] == pytest.approx(100 / (1 + 3 * 0.4))
    assert "25 clusters" in body["notes"][0]
    plain = helmert("eval", "power", "--evalset", "plain.jsonl", "--json").body
    assert body["rows"][0]["detectable"] > plain["rows"][0]["detectable"]


def test_a_pilot_says_how_much_differences_vary(helmert: Helmert, folder: Path) -> None:
    """Ten of a hundred queries differ by 1: a standard deviation of 0.3, a little more with pseudo-queries."""
    body = helmert("eval", "power", "--evalset", "plain.jsonl", "--pilot-runs", "good.trec", "bad.trec", "--json").body
    assert body["rows"][0]["pair"] == "pilot, recall@10"
    assert body["rows"][0]["sd"] == pytest.approx(0.33, abs=0.01)
    same = helmert("eval", "power", "--evalset", "plain.jsonl", "--pilot-runs", "good.trec", "good.trec", "--json")
    assert same.body["rows"][0]["sd"] > 0.1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--queries", "1"),
        ("--queries", "100", "--evalset", "plain.jsonl"),
        ("--sd", "3"),
        ("--sd", "0.2", "--baseline", "0.8"),
        ("--correlation", "0.8"),
        ("--pilot-runs", "good.trec", "bad.trec"),
        ("--measure", "precision@3"),
        ("--measure", "nonsense"),
        ("--evalset", "missing.jsonl"),
        ("--margin", "2", "--queries", "100"),
    ],
)
def test_what_it_cannot_answer(helmert: Helmert, folder: Path, arguments: tuple[str, ...]) -> None:
    assert helmert("eval", "power", *arguments).code == 2


def test_eval_without_a_verb_of_its_own_is_for_an_index(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live.folder)
    full = helmert("eval", "index", "docs", "--json")
    assert full.code == 0
    assert helmert("eval", "docs", "--json") == helmert("eval", "--json") == full
    index = full.body["index"]
    assert helmert("eval", "--index", index, "--against", index, "--json").body["against"] == index
