"""`--json` prints one object on standard output, whatever happens, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Helmert, Ran
from tests.commands.projects import Project


def good(ran: Ran, *, code: int = 0) -> Ran:
    assert ran.code == code, ran
    assert ran.err == ""
    assert isinstance(ran.body["next"], str)
    assert ran.body["next"]
    assert "next_step" not in ran.body
    return ran


def failed(ran: Ran, kind: str, *, code: int) -> Ran:
    assert (ran.code, ran.body["exit_code"], ran.body["kind"]) == (code, code, kind)
    assert ran.err == ""
    assert ran.body["error"]
    assert set(ran.body) == {"error", "kind", "next", "exit_code"}
    return ran


def test_a_whole_life(helmert: Helmert, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    assert good(helmert("doctor", "--json")).body["go"] is True
    planned = good(helmert("plan", "--json")).body
    assert planned["plan"]["target_model"] == "small"
    assert planned["plan"]["estimate"]["rows"] == 30
    applied = good(helmert("apply", "--json")).body
    assert (applied["gate"], applied["state"], applied["resumed"]) == ("PASS", "ready", False)
    assert {row["measure"] for row in applied["judgement"]["scores"]} >= {"recall@10", "nDCG@10"}
    assert good(helmert("promote", "--json")).body["model"] == "small"
    found = good(helmert("search", "harbour", "-k", "2", "--json")).body
    assert len(found["hits"]) == 2
    assert set(found["hits"][0]) == {"id", "score", "text", "metadata"}
    assert isinstance(found["hits"][0]["score"], float)
    assert good(helmert("plan", "--model", "large", "--json")).body["plan"]["source_model"] == "small"
    assert good(helmert("apply", "docs", "--json")).body["gate"] == "PASS"
    assert good(helmert("eval", "--json")).body["index"].startswith("docs__small_v1__")
    assert good(helmert("promote", "docs", "--json")).body["generation"] == 2
    assert good(helmert("status", "--json")).body["migrations"][0]["state"] == "promoted"
    assert good(helmert("complete", "--json")).body["state"] == "completed"
    assert good(helmert("plan", "--model", "small", "--json"))
    assert good(helmert("apply", "--json"))
    assert good(helmert("rollback", "--why", "enough", "--json")).body["state"] == "aborted"


def test_init(helmert: Helmert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert good(helmert("init", "mine", "--json")).body["path"] == "mine/helmert.toml"
    failed(helmert("init", "mine", "--json"), "UsageError", code=2)


def test_fit(helmert: Helmert, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    project.edit("[gate]", '[models.fitted]\nprovider = "lsa"\npath = "fitted"\ndims = 4\n\n[gate]')
    assert good(helmert("fit", "fitted", "--json")).body["dims"] == 4


def test_a_no_is_an_answer(helmert: Helmert, ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ready.folder)
    labels = ready.folder / "labels" / "qrels" / "test.tsv"
    labels.write_text("".join(labels.read_text().splitlines(keepends=True)[:3]))
    assert good(helmert("apply", "--json"), code=1).body["gate"] == "INCONCLUSIVE"
    refused = failed(helmert("promote", "--json"), "GateRefused", code=1)
    assert "--override" in refused.body["next"]
    (ready.folder / "corpus.jsonl").write_text("no json\n")
    assert good(helmert("doctor", "--json"), code=1).body["go"] is False


@pytest.mark.parametrize(
    "arguments", [["plan", "--nonsense"], ["nonsense"], ["search"], ["search", "x", "-k", "many"], ["plan", "a", "b"]]
)
def test_a_command_line_that_cannot_be_read(helmert: Helmert, arguments: list[str]) -> None:
    assert "--help" in failed(helmert(*arguments, "--json"), "UsageError", code=2).body["next"]


def test_no_settings(helmert: Helmert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for verb in ("doctor", "plan", "apply", "status", "eval", "promote", "rollback", "complete"):
        assert failed(helmert(verb, "--json"), "ConfigError", code=2).body["next"] == "helmert init"


def test_an_endpoint_that_is_away(helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(live.folder)
    url = next(line for line in live.settings.read_text().splitlines() if line.startswith("url = ") and "http" in line)
    live.edit(url, 'url = "http://127.0.0.1:1/v1"')
    failed(helmert("search", "harbour", "--json"), "ProviderOutage", code=3)


def test_an_error_nobody_foresaw(helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(workspace: object) -> None:
        raise ZeroDivisionError("one by nothing")

    monkeypatch.chdir(live.folder)
    monkeypatch.setattr("helmert.commands.status", broken)
    ran = helmert("status", "--json")
    assert (ran.code, ran.body["kind"], ran.body["exit_code"]) == (3, "Unexpected", 3)
    assert "one by nothing" in ran.body["error"]
    assert "Traceback" in ran.err
