"""The demo, told once to the end as a user would run it, and what it leaves behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from helmert.demo import Demonstrated
from helmert.demo.project import COLLECTION, free_folder
from helmert.demo.story import NEWCOMER

HANG_SECONDS = 600


def helmert(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a verb in a folder; what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "helmert", *arguments, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    body: dict[str, Any] = json.loads(done.stdout)
    return body


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(where: Path) -> dict[str, Any]:
    return helmert(where, "demo")


@pytest.fixture(scope="module")
def folder(where: Path, told: dict[str, Any]) -> Path:
    """The project that the demo leaves."""
    return where / str(told["folder"])


def test_it_tells_every_figure(told: dict[str, Any]) -> None:
    documented = {field.name for field in fields(Demonstrated)} - {"next_step"} | {"next"}
    assert set(told) == documented
    assert told["go"] is True
    assert told["documents"] > 3000
    assert told["queries"] > 1000
    assert told["seconds"] > 0
    assert told["next"] == "cd helmert-demo && helmert status"


def test_the_larger_model_is_better_and_passes(told: dict[str, Any]) -> None:
    assert 0.15 < told["recall_at_10_before"] < told["recall_at_10_after"] < 1.0
    assert told["gate"] == "PASS"
    assert told["promoted"] is True
    assert told["rolled_back"] is True


def test_mixed_spaces_find_next_to_nothing_and_are_refused(told: dict[str, Any]) -> None:
    chance = 10 / told["documents"]
    assert told["recall_at_10_mixed"] < max(0.02, 5 * chance)
    assert told["mixed_refused"] is True


def test_the_report_stands_alone(folder: Path, told: dict[str, Any]) -> None:
    page = (folder.parent / told["report"]).read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", page) == []
    assert "PASS" in page
    assert f"{told['documents']:,}" in page
    for verb in ("helmert status", "helmert plan --model large"):
        assert verb in page


def test_the_project_is_where_the_story_ended(folder: Path, told: dict[str, Any]) -> None:
    status = helmert(folder, "status")
    (alias,) = status["aliases"]
    assert (alias["alias"], alias["model"], alias["generation"]) == (f"{COLLECTION}_current", "small", 3)
    assert status["migrations"] == []
    assert [index["state"] for index in status["indexes"]] == ["live", "retired"]
    assert status["indexes"][0]["rows"] == told["documents"]


def test_the_project_answers(folder: Path) -> None:
    found = helmert(folder, "search", NEWCOMER.text, "-k", "3")
    assert len(found["hits"]) == 3
    assert found["hits"][0]["id"] == NEWCOMER.id
    assert found["model"] == "small"


def test_a_second_demo_goes_beside_the_first(tmp_path: Path) -> None:
    wanted = tmp_path / "helmert-demo"
    assert free_folder(wanted) == wanted
    wanted.mkdir()
    assert free_folder(wanted) == wanted
    (wanted / "mine.txt").write_text("mine")
    assert free_folder(wanted) == tmp_path / "helmert-demo-2"
    (tmp_path / "helmert-demo-2").write_text("a file of somebody")
    assert free_folder(wanted) == tmp_path / "helmert-demo-3"
    assert (wanted / "mine.txt").read_text() == "mine"
