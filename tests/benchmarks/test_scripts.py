"""Every benchmark explains itself, refuses wrong arguments, and ends with the line that others read."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ["backfill", "calibration", "gate", "measures", "overhead", "sampling", "startup"]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder that holds one BEIR folder of twelve documents and six labelled queries."""
    folder = tmp_path / "collections" / "tiny"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": f"d{n}", "title": "", "text": f"How to mend bicycle number {n}."} for n in range(12)]
    queries = [{"_id": f"q{n}", "text": f"mend bicycle {n}"} for n in range(6)]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    judgements = "".join(f"q{n}\td{n}\t1\n" for n in range(6))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judgements}", encoding="utf-8")
    return folder.parent


def run(script: str, *arguments: str) -> int:
    """The script's exit code, in this process."""
    code: int = importlib.import_module(f"benchmarks.{script}").main(arguments)
    return code


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_runs_from_anywhere_and_explains_itself(script: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / f"{script}.py", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert "--quick" in done.stdout
    assert "--data DIR" in done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_last_line_holds_figures_goal_and_outcome(
    script: str, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(script, "--quick", "--data", str(tiny)) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(last) == ["benchmark", "figures", "goal", "holds"]
    assert last["benchmark"] == script
    assert last["figures"]
    assert isinstance(last["goal"], str)
    assert isinstance(last["holds"], bool)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("wrong", [["--data", "not-there"], ["--data", "{empty}"], ["--loud"]])
def test_wrong_arguments_end_with_exit_code_2(
    script: str, wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(script, *(argument.format(empty=tmp_path) for argument in wrong))
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("script", ["backfill", "measures", "overhead"])
def test_a_broken_collection_ends_with_exit_code_2(script: str, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("corpus", "queries"):
        (tiny / "tiny" / f"{name}.jsonl").write_text("{broken\n", encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        run(script, "--quick", "--data", str(tiny))
    assert stopped.value.code == 2
    assert "tiny" in capsys.readouterr().err


@pytest.mark.parametrize("script", ["measures", "overhead"])
def test_a_collection_without_queries_ends_with_exit_code_2(
    script: str, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny / "tiny" / "queries.jsonl").unlink()
    with pytest.raises(SystemExit) as stopped:
        run(script, "--quick", "--data", str(tiny))
    assert stopped.value.code == 2
    assert "queries.jsonl" in capsys.readouterr().err


def test_a_model_folder_without_a_model_ends_with_exit_code_2(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("backfill", "--onnx", str(tmp_path))
    assert stopped.value.code == 2
