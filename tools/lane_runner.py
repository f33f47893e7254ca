"""Run one lane: stream its output, count its tests, and collect what it says it did not exercise.

A lane is a name, what it proves, and steps. Any step may print lines that begin with `not exercised: `; they
are gathered and repeated at the end of the whole run, so that nothing is left out in silence.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RESULTS = ROOT / ".cache" / "lanes"
NOT_EXERCISED = "not exercised: "
NOTHING_COLLECTED = 5
HANG_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program of the environment and its arguments."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pytest:
    """Test folders, relative to the root. Spread over the cores by class, which keeps fixtures shared."""

    paths: tuple[str, ...]
    parallel: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Steps that together prove one thing."""

    name: str
    proves: str
    steps: tuple[Command | Pytest, ...]
    leaves_out: tuple[str, ...] = ()
    """What this lane never exercises, whatever the machine offers."""


@dataclass(kw_only=True)
class Outcome:
    """What running a lane, or one of its steps, showed."""

    ok: bool = True
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    """What was not exercised."""

    def add(self, other: Outcome) -> None:
        """Take in the outcome of one step."""
        self.ok = self.ok and other.ok
        self.passed += other.passed
        self.failed += other.failed
        self.notes += other.notes


def run_lane(lane: Lane) -> Outcome:
    """Run the steps in order up to the first that fails."""
    began = time.monotonic()
    outcome = Outcome(notes=list(lane.leaves_out))
    for number, step in enumerate(lane.steps, start=1):
        match step:
            case Command(argv=argv):
                outcome.add(run_command(argv))
            case Pytest():
                outcome.add(run_pytest(step, RESULTS / f"{lane.name}-{number}.xml"))
        if not outcome.ok:
            break
    if not outcome.ok and not outcome.failed:
        outcome.failed = 1  # a failing check is a failure too, though no test counted it
    outcome.seconds = time.monotonic() - began
    return outcome


def run_command(argv: tuple[str, ...]) -> Outcome:
    """Run a program that either succeeds or fails as a whole."""
    status, notes = stream(argv, variables())
    return Outcome(ok=status == 0, notes=notes)


def run_pytest(step: Pytest, report: Path) -> Outcome:
    """Run pytest and read the counts from its report, which exists even when a worker dies."""
    if absent := [path for path in step.paths if not (ROOT / path).is_dir()]:
        print(f"These test folders do not exist: {', '.join(absent)}", flush=True)
        return Outcome(ok=False)
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    cores = min(8, max(2, os.cpu_count() or 2))
    argv = [
        str(BIN / "python"), "-m", "pytest", "-q", *step.paths, f"--junitxml={report}", "--durations=3",
        "--durations-min=3", "-o", f"faulthandler_timeout={HANG_SECONDS}", "-o", "verbosity_assertions=2",
        *(["-n", str(cores), "--dist", "loadscope"] if step.parallel else []),
    ]  # fmt: skip
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} if step.parallel else {}
    status, notes = stream(tuple(argv), variables() | one_thread)
    passed, failed = counts(report)
    nothing_left = status == NOTHING_COLLECTED and bool(notes)
    return Outcome(ok=status == 0 or nothing_left, passed=passed, failed=failed, notes=notes)


def counts(report: Path) -> tuple[int, int]:
    """Tests that passed and failed according to a JUnit report; none when there is no report."""
    if not report.exists():
        return 0, 0
    suites = ET.parse(report).getroot().iter("testsuite")
    totals = [[int(s.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")] for s in suites]
    tests, failures, errors, skipped = (sum(column) for column in zip(*totals, strict=True))
    return max(0, tests - failures - errors - skipped), failures + errors


def stream(argv: tuple[str, ...], env: dict[str, str]) -> tuple[int, list[str]]:
    """Run a program, pass its output on line by line, and return its status and what it did not exercise."""
    notes: list[str] = []
    print("$", " ".join(argv).replace(str(BIN) + os.sep, "").replace(str(ROOT) + os.sep, ""), flush=True)
    with subprocess.Popen(
        argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if line.startswith(NOT_EXERCISED):
                notes.append(line.removeprefix(NOT_EXERCISED).strip())
    return process.returncode, notes


def variables() -> dict[str, str]:
    """Variables of every step: this environment's programs first, nothing that depends on the terminal."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "110"}
