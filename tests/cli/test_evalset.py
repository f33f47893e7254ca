"""`helmert evalset` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.evaluation.writers import write_evalset
from tests.cli.conftest import Helmert
from tests.commands.test_evalset_checking import DOCUMENTS
from tests.evaluation.sets import noon, stated_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_evalset(stated_set(), tmp_path / "set", clock=noon, documents=DOCUMENTS)
    return tmp_path / "set"


def test_what_a_person_reads(helmert: Helmert, folder: Path) -> None:
    shown = helmert("evalset", "check", str(folder))
    assert (shown.code, shown.err) == (1, "")
    lines = shown.out.splitlines()
    assert lines[0].startswith("small: 2 of 3 queries can be scored, 3 judgements, digest ")
    assert "  slice language  de 1" in lines
    assert "  weights         min 1.0, max 2.5, sum 4.5" in lines
    assert lines[-1] == "Next: Use the text that was labelled, or label these passages anew."
    problem = next(place for place, line in enumerate(lines) if line.startswith("ERROR    span-outside: "))
    assert lines[problem + 1].strip() == "for example query q1, document d1: 25 of 13 characters"
    assert lines[problem + 2].strip().startswith("→ ")


def test_what_a_program_reads(helmert: Helmert, folder: Path) -> None:
    ran = helmert("evalset", "check", str(folder), "--json")
    assert ran.code == 1
    assert (ran.body["go"], ran.body["documents"], ran.body["contents"]["queries"]) == (False, 3, 3)
    assert ran.body["problems"][0]["kind"] == "span-outside"
    assert ran.body["next"]


def test_a_set_that_cannot_be_read(helmert: Helmert, folder: Path) -> None:
    queries = folder / "queries.jsonl"
    queries.write_text(queries.read_text().replace("third", "3rd"))
    ran = helmert("evalset", "check", str(folder))
    assert ran.code == 2
    assert "does not describe the files beside it" in ran.err
    assert f"helmert evalset check {folder} --accept" in ran.err
    assert (
        helmert("evalset", "check", str(folder), "--accept").out.splitlines()[1].startswith("The manifest was written")
    )
    assert helmert("evalset", "check", str(folder / "nothing")).code == 2
