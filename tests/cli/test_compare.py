"""`helmert compare` and `helmert eval --against` as a pipeline calls them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import Helmert
from tests.commands.projects import Project


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Labelled queries and three runs: one that finds all answers, one that finds none, one without a single line."""
    monkeypatch.chdir(tmp_path)
    rows = [{"id": f"q{n}", "text": f"text {n}", "relevant": [f"d{n}"]} for n in range(200)]
    Path("set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, mark in (("good", "d"), ("bad", "x")):
        lines = (f"q{n} Q0 {mark if rank == 0 else 'y'}{n}-{rank}\n" for n in range(200) for rank in range(10))
        text = (line.replace("-0\n", "\n") for line in lines)
        Path(f"{name}.trec").write_text(
            "".join(f"{line.rstrip()} {place % 10 + 1} {-place}.5 {name}\n" for place, line in enumerate(text))
        )
    Path("empty.trec").write_text("")
    return tmp_path


def test_a_pass_goes_on_and_a_failure_does_not(helmert: Helmert, folder: Path) -> None:
    passed = helmert("compare", "good.trec", "good.trec", "--evalset", "set.jsonl")
    assert (passed.code, passed.err) == (0, "")
    assert passed.out.startswith("PASS: good.trec against good.trec on set\n")
    failed = helmert("compare", "good.trec", "bad.trec", "--evalset", "set.jsonl")
    assert (failed.code, failed.err) == (1, "")
    assert failed.out.startswith("FAIL: bad against good on set\n")
    assert "  worse         recall@10 of query 'q0': 1.000 to 0.000" in failed.out
    assert failed.out.splitlines()[-1].startswith("Next: look at the queries")
    assert helmert("compare", "good.trec", "empty.trec", "--evalset", "set.jsonl").code == 1


def test_open_questions_are_told_apart_from_failures(helmert: Helmert, folder: Path) -> None:
    lines = Path("set.jsonl").read_text().splitlines(keepends=True)
    Path("few.jsonl").write_text("".join(lines[:10]))
    shown = helmert("compare", "good.trec", "good.trec", "--evalset", "few.jsonl")
    assert shown.code == 1
    assert shown.out.startswith("INCONCLUSIVE: ")
    body = helmert("compare", "good.trec", "good.trec", "--evalset", "few.jsonl", "--json").body
    assert (body["verdict"], body["go"]) == ("INCONCLUSIVE", False)
    assert body["decision"]["queries_needed"] >= 30


def test_a_measure_and_a_margin(helmert: Helmert, folder: Path) -> None:
    options = ("--measure", "hit@1", "--measure", "MRR@10", "--margin", "0.05")
    body = helmert("compare", "good.trec", "good.trec", "--evalset", "set.jsonl", *options, "--json").body
    assert [(rule["measure"], rule["margin"]) for rule in body["decision"]["policy"]["rules"][:2]] == [
        ("hit@1", 0.05),
        ("MRR@10", 0.05),
    ]


def test_files_for_a_pipeline(helmert: Helmert, folder: Path) -> None:
    Path("golden.txt").write_text("q1\nunheard of\n")
    shown = helmert(
        *("compare", "good.trec", "bad.trec", "--evalset", "set.jsonl", "--must-pass", "golden.txt"),
        *("--junit", "gate.xml", "--markdown", "gate.md"),
    )
    assert shown.code == 1
    assert "Written: gate.xml" in shown.out
    names = [case.get("name") for case in ET.parse("gate.xml").getroot().iter("testcase")]
    assert {"q1", "unheard of"} <= set(names)
    assert "| FAIL | must-pass | q1 |" in Path("gate.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("good.trec", "missing.trec", "--evalset", "set.jsonl"), "NotFound"),
        (("good.trec", "set.jsonl", "--evalset", "set.jsonl"), "BadInput"),
        (("good.trec", "bad.trec", "--evalset", "set.jsonl", "--margin", "2"), "UsageError"),
        (("good.trec", "bad.trec", "--evalset", "set.jsonl", "--measure", "taste"), "UsageError"),
        (("good.trec", "bad.trec", "--evalset", "set.jsonl", "--config", "missing.toml"), "ConfigError"),
        (("good.trec", "bad.trec"), "UsageError"),
    ],
)
def test_wrong_usage_is_neither_pass_nor_fail(
    helmert: Helmert, folder: Path, arguments: tuple[str, ...], kind: str
) -> None:
    told = helmert("compare", *arguments, "--json")
    assert (told.code, told.body["kind"]) == (2, kind)


def test_a_file_that_cannot_be_written_is_said(helmert: Helmert, folder: Path) -> None:
    told = helmert("compare", "good.trec", "good.trec", "--evalset", "set.jsonl", "--junit", "no/such/gate.xml")
    assert told.code == 3
    assert "gate.xml" in told.err


def test_an_evaluation_of_two_indexes_writes_its_decision(
    helmert: Helmert, ready: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ready.folder)
    with ready.open() as workspace:
        small, large = (record.name for record in workspace.registry.indexes.list())
    pair = ("--index", large, "--against", small)
    shown = helmert("eval", *pair, "--junit", "gate.xml", "--markdown", "gate.md")
    assert shown.code == 0
    assert "Written: gate.md" in shown.out
    assert Path("gate.md").read_text().startswith("## Gate: PASS\n")
    assert len(list(ET.parse("gate.xml").getroot().iter("testcase"))) >= 1
    alone = helmert("eval", "--junit", "other.xml")
    assert alone.code == 2
    assert "An index by itself is not judged" in alone.err
    assert not Path("other.xml").exists()
