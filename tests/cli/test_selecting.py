"""`helmert select` on the command line: a table for people, one JSON object for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Helmert
from tests.commands.projects import Project

QUICK = ("--no-latency", "--no-sweep")


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    return project


def test_the_table_names_every_candidate_with_its_interval_and_the_next_command(
    here: Project, helmert: Helmert
) -> None:
    ran = helmert("select", *QUICK)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    heads = next(place for place, line in enumerate(lines) if line.split()[:2] == ["rank", "candidate"])
    assert lines[heads].split() == ["rank", "candidate", "nDCG@10", "interval", "p95", "cost/month", "storage"]
    rows = [line.split() for line in lines[heads + 1 : heads + 4]]
    assert {row[1] for row in rows} == {"small", "large", "BM25"}
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert lines[0].startswith("30 documents, 30 queries, BM25 and these models")
    assert any("a difference in nDCG@10 below" in line for line in lines[:heads])
    assert lines[-1].startswith("Next: helmert plan docs --model ")


def test_json_is_one_object_with_the_scorecard(here: Project, helmert: Helmert) -> None:
    body = helmert("select", "docs", *QUICK, "--measure", "recall@5", "--json").body
    assert body["scorecard"]["primary"] == "recall@5"
    assert {row["name"] for row in body["scorecard"]["rows"]} == {"small", "large", "BM25"}
    assert body["next"].startswith("helmert plan")


def test_files_are_written_where_they_were_asked_for(here: Project, helmert: Helmert) -> None:
    ran = helmert(
        "select", "--models", "small, large", *QUICK, "--html", "a.html", "--markdown", "a.md", "--json-out", "a.json"
    )
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if line.startswith("Written: ")] == [
        "Written: a.html",
        "Written: a.md",
        "Written: a.json",
    ]
    assert json.loads(Path("a.json").read_text(encoding="utf-8"))["rows"]


def test_a_cost_of_nothing_configured_is_no_number(here: Project, helmert: Helmert) -> None:
    lines = helmert("select", *QUICK).out.splitlines()
    rows = {line.split()[1]: line for line in lines if line.split()[:1] in (["1"], ["2"], ["3"])}
    assert "not known" in rows["small"]
    assert not any("0.00 USD" in line for line in lines)
    assert any(line.startswith("Cost of ") and "no volume or price is configured" in line for line in lines)
    settings = here.settings.read_text(encoding="utf-8")
    here.settings.write_text(f"{settings}\n[selection]\nstorage_price_per_gb_month = 1000\n", encoding="utf-8")
    out = helmert("select", *QUICK).out
    assert "USD" in out
    assert "no volume or price" not in out


def test_the_sweep_and_the_index_are_told_in_lines(here: Project, helmert: Helmert) -> None:
    out = helmert("select", "--models", "large", "--no-latency", "--index-loss").out
    assert "Vectors of large in fewer bytes" in out
    assert "Index of large in sqlite (exact, 30 rows) finds 100.0% of the ten nearest" in out


def test_a_failing_model_is_in_the_table_and_none_working_is_exit_code_3(here: Project, helmert: Helmert) -> None:
    gone = '\n[models.gone]\nprovider = "openai"\nurl = "http://127.0.0.1:9/v1"\nmodel = "gone"\nattempts = 1\n'
    here.settings.write_text(here.settings.read_text(encoding="utf-8") + gone, encoding="utf-8")
    ran = helmert("select", *QUICK, "--models", "small,gone")
    assert ran.code == 0
    assert any(line.split()[:3] == ["-", "gone", "none"] for line in ran.out.splitlines())
    assert helmert("select", *QUICK, "--models", "gone").code == 3


def test_an_unknown_candidate_is_a_usage_error(here: Project, helmert: Helmert) -> None:
    ran = helmert("select", "--models", "medium")
    assert ran.code == 2
    assert "No candidate 'medium'" in ran.err
