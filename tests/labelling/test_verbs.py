"""The verbs that build evaluation sets, run in a project, from files to files."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from helmert.evaluation import read_evalset
from tests.cli.conftest import Helmert, helmert, live, live_original, project, ready, ready_original, servers
from tests.commands.projects import Endpoints, Project
from tests.labelling.chat_server import Reply, chat_server, message

__all__ = ["helmert", "live", "live_original", "project", "ready", "ready_original", "servers"]


@pytest.fixture(autouse=True)
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the folder of a project."""
    monkeypatch.chdir(project.folder)
    return project.folder


def test_a_pooled_sample_is_a_set_with_its_documents(helmert: Helmert, inside: Path) -> None:
    ran = helmert("evalset", "sample", "pool", "--depth", "3", "--json")
    assert ran.code == 0
    assert ran.body["documents"] <= 30
    evalset = read_evalset(inside / "pool")
    assert evalset.sampling is not None
    assert dict(evalset.sampling.pool) == {"small": 3, "large": 3, "BM25": 3}
    assert len((inside / "pool" / "corpus.jsonl").read_text().splitlines()) == ran.body["documents"]
    assert helmert("evalset", "check", "pool").code == 0


def test_a_random_sample_and_its_refusals(helmert: Helmert, inside: Path) -> None:
    (inside / "few.jsonl").write_text('{"_id": "n1", "text": "harbour lantern"}\n')
    (inside / "labels2.jsonl").write_text('{"id": "q1", "text": "harbour", "relevant": ["d003"]}\n')
    arguments = ("evalset", "sample", "drawn", "--method", "random", "--documents", "10", "--seed", "5")
    ran = helmert(*arguments, "--evalset", "labels2.jsonl", "--queries", "few.jsonl", "--json")
    assert ran.code == 0, ran.out
    evalset = read_evalset(inside / "drawn")
    assert {query.id for query in evalset.queries} == {"q1", "n1"}
    assert evalset.sampling is not None
    assert evalset.sampling.method == "random"
    again = helmert(*arguments, "--evalset", "labels2.jsonl")
    assert again.code == 2
    assert "exists already" in again.err
    labelled = helmert("evalset", "next", "drawn")
    assert labelled.code == 1
    assert "spoil the correction" in labelled.err
    assert helmert("evalset", "sample", "more", "--method", "random", "--documents", "999").code == 1
    assert not (inside / "more").exists()


def test_a_pool_beyond_the_limit_changes_nothing(helmert: Helmert, inside: Path) -> None:
    ran = helmert("evalset", "sample", "pool", "--documents", "5")
    assert ran.code == 1
    assert "A pool is not cut" in ran.err
    assert not (inside / "pool").exists()


def test_few_of_many_queries_are_drawn_for_a_small_sample(helmert: Helmert, inside: Path) -> None:
    arguments = ("evalset", "sample", "pool", "--depth", "3", "--most-queries", "2", "--seed", "1")
    ran = helmert(*arguments, "--json")
    assert ran.code == 0, ran.out
    assert ran.body["contents"]["queries"] == 2
    assert any("2 of" in sentence and "seed 1" in sentence for sentence in ran.body["sentences"])
    refused = helmert("evalset", "sample", "tight", "--depth", "3", "--documents", "8")
    assert refused.code == 1
    number = refused.err.partition("--most-queries ")[2].split(",")[0].split()[0]
    fitting = ("evalset", "sample", "fits", "--depth", "3", "--documents", "8", "--most-queries", number)
    assert helmert(*fitting).code == 0
    assert len((inside / "fits" / "corpus.jsonl").read_text().splitlines()) <= 8


def test_a_log_of_clicks_becomes_a_set(helmert: Helmert, inside: Path) -> None:
    lines = ["query,document,rank"] + ["harbour lantern,d003,1"] * 4 + ["copper jane@example.com,d004,2"] * 3
    (inside / "log.csv").write_text("\n".join(lines) + "\n")
    ran = helmert("evalset", "import-log", "log.csv", "clicked", "--drop-personal", "--json")
    assert ran.code == 0, ran.out
    assert ran.body["contents"]["origins"] == {"click": 1}
    assert any("rank 1" in sentence for sentence in ran.body["sentences"])
    (query,) = read_evalset(inside / "clicked").queries
    assert query.text == "harbour lantern"
    none = helmert("evalset", "import-log", "log.csv", "nothing", "--min-clicks", "50")
    assert none.code == 2
    assert not (inside / "nothing").exists()


def test_extractive_queries_need_no_model(helmert: Helmert, inside: Path, servers: Endpoints) -> None:
    before = servers.requests
    ran = helmert("evalset", "synthesize", "made", "--queries", "5", "--json")
    assert ran.code == 0, ran.out
    assert servers.requests == before
    assert ran.body["contents"]["origins"] == {"synthetic": 5}
    assert any("favour lexical methods" in sentence for sentence in ran.body["sentences"])
    twice = helmert("evalset", "synthesize", "again", "--queries", "5", "--json")
    assert read_evalset(inside / "again").qrels == read_evalset(inside / "made").qrels
    assert any("not paid for again" in sentence for sentence in twice.body["sentences"])


def test_chat_queries_are_paid_once(helmert: Helmert, inside: Path) -> None:
    def reply(prompt: str) -> Reply:
        return message(f"where is {prompt.rsplit(maxsplit=1)[-1]} in all this")

    with chat_server(otherwise=reply) as server:
        options: tuple[str, ...] = ("--generator", "chat", "--option", f"url={server.url}", "--option", "model=toy")
        options += ("--option", "body.temperature=0.5")
        assert helmert("evalset", "synthesize", "one", "--queries", "4", *options).code == 0
        asked = len(server.requests)
        assert asked >= 4
        assert helmert("evalset", "synthesize", "two", "--queries", "4", *options).code == 0
        assert len(server.requests) == asked
        assert server.requests[0]["temperature"] == 0.5
    facts = read_evalset(inside / "one").label_facts
    assert all(each.by.startswith("chat toy prompt ") for each in facts.values())
    assert helmert("evalset", "synthesize", "bad", "--option", "model").code == 2
    assert helmert("evalset", "synthesize", "bad", "--generator", "nobody").code == 2


def test_next_label_and_agreement(helmert: Helmert, inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert helmert("evalset", "synthesize", "made", "--queries", "5").code == 0
    found = helmert("evalset", "next", "made", "--limit", "4", "--out", "pairs.jsonl", "--json")
    assert found.code == 0, found.out
    assert found.body["systems"] == ["small", "large", "BM25"]
    rows = [json.loads(line) for line in (inside / "pairs.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    assert [row["worth"] for row in rows] == sorted((row["worth"] for row in rows), reverse=True)
    shown = helmert("evalset", "next", "made", "--limit", "2")
    assert "unjudged pairs" in shown.out

    monkeypatch.setattr("sys.stdin", io.StringIO("y\nwhat?\nn\ns\nu\nu\nn\nq\n"))
    ran = helmert("evalset", "label", "made", "--pairs", "pairs.jsonl", "--by", "ann")
    assert ran.code == 0, ran.err
    assert "ann judged 2 pairs" in ran.out
    human = [label for label in read_evalset(inside / "made").labels() if label.facts.origin == "human"]
    assert [(label.document, label.grade) for label in human] == [(rows[0]["document"], 1), (rows[1]["document"], 0)]

    monkeypatch.setattr("sys.stdin", io.StringIO("y\ny\n"))
    assert "bob judged 2 pairs" in helmert("evalset", "label", "made", "--second-opinion", "--by", "bob").out
    (agreed,) = helmert("evalset", "agreement", "made", "--json").body["agreements"]
    assert (agreed["pairs"], agreed["agreed"]) == (2, 1)


def test_a_set_that_helmert_did_not_write_takes_no_labels(helmert: Helmert) -> None:
    ran = helmert("evalset", "label", "labels")
    assert ran.code == 2
    assert "no manifest" in ran.err
    assert "--accept" in ran.err


def test_an_unknown_candidate_is_named(helmert: Helmert) -> None:
    ran = helmert("evalset", "sample", "pool", "--models", "small,huge")
    assert ran.code == 2
    assert "'huge'" in ran.err
    assert "small, large" in ran.err


def test_without_the_extra_the_page_says_what_to_install(helmert: Helmert, monkeypatch: pytest.MonkeyPatch) -> None:
    assert helmert("evalset", "synthesize", "made", "--queries", "5").code == 0
    monkeypatch.setitem(sys.modules, "helmert.service.labelling", None)
    ran = helmert("evalset", "label", "made", "--web")
    assert ran.code == 2
    assert "helmert[server]" in ran.err
