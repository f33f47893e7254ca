"""The gate tells the truth: failures are counted, gaps are said, what was interrupted is rebuilt."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT
from tools import environment
from tools.environment import State, Step
from tools.lane_runner import Command, Lane, Outcome, Pytest, counts, run_lane
from tools.lanes import LANES, summary

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="12" failures="2" errors="1" skipped="3"/></testsuites>
"""
STEP = Step(name="packages", title="packages", command=("install",), inputs=("pyproject.toml",), pinned=True)


def lane(*steps: Command | Pytest) -> Lane:
    """A lane for one test."""
    return Lane(name="trial", proves="nothing", steps=steps, leaves_out=("always this",))


def shell(script: str) -> Command:
    """A step that runs a line of shell."""
    return Command(argv=("bash", "-c", script))


def test_a_failing_check_counts_as_a_failure_and_ends_the_lane(capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run_lane(lane(shell("exit 3"), shell("echo reached")))
    assert (outcome.ok, outcome.passed, outcome.failed) == (False, 0, 1)
    assert "reached\n" not in capfd.readouterr().out.splitlines(keepends=True)


def test_what_a_step_did_not_exercise_is_collected() -> None:
    outcome = run_lane(lane(shell("echo working; echo 'not exercised: the moon'")))
    assert outcome.ok
    assert outcome.notes == ["always this", "the moon"]


def test_a_missing_test_folder_fails() -> None:
    assert not run_lane(lane(Pytest(paths=("tests/there_is_no_such_room",)))).ok


def test_counts_come_from_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert counts(report) == (0, 0)
    report.write_text(REPORT)
    assert counts(report) == (6, 3)


def test_the_last_line_is_the_total_and_lanes_not_run_are_named() -> None:
    first, second = LANES[0].name, LANES[1].name
    lines = summary({first: Outcome(passed=5), second: Outcome(ok=False, passed=2, failed=1)})
    assert lines[-1] == "7 passed, 1 failed"
    assert all(any(f"lane {other.name}:" in line for line in lines) for other in LANES[2:])


def test_the_script_of_the_gate_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text().rstrip().endswith("make test")


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """The record of an environment in which the step was done."""
    monkeypatch.setattr(environment, "STATE", tmp_path / "state.json")
    monkeypatch.setattr(environment, "PYTHON", Path(os.devnull))
    state = State(made_by=environment.identity(), done={STEP.name: STEP.digest()})
    state.save()
    return state


def test_a_finished_environment_is_kept(finished: State) -> None:
    assert State.load() == finished
    assert finished.reason_to_rebuild((STEP,)) is None


def test_a_profile_may_add_to_an_environment(finished: State) -> None:
    assert finished.reason_to_rebuild((STEP, replace(STEP, name="more"))) is None


def test_an_environment_that_may_be_wrong_is_rebuilt(finished: State) -> None:
    changed = replace(STEP, command=("install", "other"))
    assert "changed" in str(finished.reason_to_rebuild((changed,)))
    finished.running = STEP.name
    assert "interrupted" in str(finished.reason_to_rebuild((STEP,)))
    finished.running, finished.made_by = None, "another Python"
    assert "another Python" in str(finished.reason_to_rebuild((STEP,)))


def test_an_unreadable_record_counts_as_none(finished: State) -> None:
    environment.STATE.write_text("{")
    assert State.load() == State()
    assert State.load().reason_to_rebuild((STEP,)) is not None
