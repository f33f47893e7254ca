"""What people read: results on standard output, errors beside it, one `Next:` line, nothing a terminal obeys."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helmert import commands
from helmert.types import Document
from tests.cli.conftest import Helmert, Ran
from tests.commands.projects import Project

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def clean(ran: Ran) -> Ran:
    """Only text and line ends, and one line that says what to do next, at the end."""
    for text in (ran.out, ran.err):
        assert CONTROL.search(text) is None, text
    assert (ran.out + ran.err).count("Next: ") == 1
    assert (ran.out + ran.err).splitlines()[-1].startswith("Next: ")
    return ran


def good(ran: Ran, *, code: int = 0) -> Ran:
    assert ran.code == code, ran
    assert ran.err == ""
    return clean(ran)


def failed(ran: Ran, *, code: int) -> Ran:
    assert ran.code == code, ran
    assert ran.out == ""
    return clean(ran)


def test_a_whole_life(helmert: Helmert, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "good  documents of docs" in good(helmert("doctor")).out
    assert "No alias yet" in good(helmert("status")).out
    planned = good(helmert("plan")).out
    assert "rows         30" in planned
    assert "Nothing has been changed." in planned
    applied = good(helmert("apply")).out
    assert "30 documents embedded and written" in applied
    assert "Gate: PASS" in applied
    good(helmert("promote"))
    assert "  1  " in good(helmert("search", "harbour")).out
    good(helmert("plan", "--model", "large"))
    good(helmert("apply"))
    assert "recall@10" in good(helmert("eval")).out
    assert "built and judged: the gate says PASS" in good(helmert("status")).out
    good(helmert("promote"))
    assert "generation 3" in good(helmert("rollback")).out
    assert "is live and already holds" in failed(helmert("plan"), code=1).err


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["promote"], 2, "NotFound"),
        (["plan", "others"], 2, "NotFound"),
        (["plan", "--model", "huge"], 2, "NotFound"),
        (["plan", "--nonsense"], 2, "UsageError"),
        (["nonsense"], 2, "UsageError"),
        (["search", "x", "-k", "0"], 2, "UsageError"),
        (["search", "  "], 2, "UsageError"),
        (["search", "x", "--where", "colour=red"], 2, "UsageError"),
        (["apply", "missing.json"], 2, "UsageError"),
        (["plan", "--on-bad", "maybe"], 2, "UsageError"),
        (["eval", "--index", "docs__x_v9__2026-01-01"], 2, "NotFound"),
        (["plan"], 1, "Refused"),
        (["init"], 2, "UsageError"),
    ],
)
def test_an_error_says_what_and_what_next(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, kind: str
) -> None:
    monkeypatch.chdir(live.folder)
    assert failed(helmert(*arguments), code=code).err.startswith(f"{kind}: ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sqlite:///.helmert/registry.db", "sqlite:///corpus.jsonl"),
        ("sqlite:///.helmert/registry.db", "sqlite:///corpus.jsonl/registry.db"),
    ],
)
def test_a_registry_that_cannot_be_opened_is_an_operational_failure(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.chdir(live.folder)
    live.edit(before, after)
    assert failed(helmert("status"), code=3).err.startswith("StoreFailure: ")


def test_a_store_that_cannot_be_opened_is_an_operational_failure(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live.folder)
    live.edit("sqlite:///.helmert/vectors.db", "sqlite:///corpus.jsonl")
    ran = helmert("search", "harbour")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("StoreFailure: ")


def test_an_endpoint_that_is_away_is_an_operational_failure(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live.folder)
    text = live.settings.read_text()
    for line in [line for line in text.splitlines() if line.startswith("url = ") and "http" in line]:
        live.edit(line, 'url = "http://127.0.0.1:1/v1"')
    for arguments in (["search", "harbour"], ["plan", "--model", "large"]):
        ran = helmert(*arguments)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith("ProviderOutage: ")


def test_an_error_nobody_foresaw_is_an_operational_failure(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(workspace: object) -> None:
        raise ZeroDivisionError("one by nothing")

    monkeypatch.chdir(live.folder)
    monkeypatch.setattr("helmert.commands.status", broken)
    ran = helmert("status")
    assert (ran.code, ran.out) == (3, "")
    assert "ZeroDivisionError: one by nothing" in ran.err
    assert ran.err.splitlines()[-1].startswith("Next: ")


def test_a_file_that_cannot_be_written_is_told_without_a_trace(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live.folder)
    ran = failed(helmert("plan", "--model", "large", "--out", "corpus.jsonl/plan.json"), code=3)
    assert "corpus.jsonl" in ran.err
    assert "Traceback" not in ran.err


def test_a_mistake_in_the_settings_is_told_with_its_line(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live.folder)
    live.edit("min_queries = 5", "min_querys = 5")
    number = live.settings.read_text().splitlines().index("min_querys = 5") + 1
    assert f"helmert.toml:{number}: unknown key 'gate.min_querys'" in failed(helmert("status"), code=2).err


def test_what_documents_contain_is_shown_and_not_obeyed(
    helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live.folder)
    text = "harbour \x1b[31mred\x1b[0m \x07 \x9b2J\u2028 tab\there\nand a line"
    with live.open() as workspace:
        commands.upsert(workspace, [Document(id="evil\x1b]0;title\x07\n", text=text)])
    ran = good(helmert("search", text, "-k", "1"))
    assert r"\x1b[31mred" in ran.out
    assert ran.out.count("\n") == 3
    told = helmert("search", text, "-k", "1", "--json")
    assert told.body["hits"][0]["text"] == text
    assert CONTROL.search(told.out.removesuffix("\n")) is None


def test_json_is_plain_ascii(helmert: Helmert, live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(live.folder)
    with live.open() as workspace:
        commands.upsert(workspace, [Document(id="straße", text="東京の春 🗂")])
    told = helmert("search", "東京の春 🗂", "-k", "1", "--json")
    assert told.out.isascii()
    assert json.loads(told.out)["hits"][0]["id"] == "straße"


def test_init_says_where_to_go(helmert: Helmert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert good(helmert("init", "mine")).out.splitlines()[-1] == "Next: cd mine && helmert doctor"
