"""The lanes of the gate as data, and the command that runs them: `python -m tools.lanes`.

Cheapest first; the first failure stops the run. The end says what each lane showed, what was not exercised,
and the totals on a line of their own. A check that is not a test (a formatter, a type checker) counts as one
failure when it fails and is not counted when it succeeds.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from tools.lane_runner import BIN, ROOT, Command, Lane, Outcome, Pytest, run_lane

DATA_VARIABLE = "HELMERT_TEST_DATA"
DATA_BESIDE_CHECKOUT = ROOT.parent / "shared" / "data"
FOLDERS_OF_OWN_LANES = ("architecture", "stores", "models", "scenarios", "science", "docs")


def program(name: str, *arguments: str) -> Command:
    """A program of the environment that runs the lanes, or of the system when the environment has none."""
    own = BIN / name
    return Command(argv=(str(own) if own.exists() else name, *arguments))


def room_tests() -> tuple[str, ...]:
    """Every folder of tests that no other lane runs, so that a new folder is run without being listed."""
    folders = sorted(p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and not p.name.startswith((".", "_")))
    return tuple(f"tests/{name}" for name in folders if name not in FOLDERS_OF_OWN_LANES)


CHECKS = (
    Lane(
        name="format",
        proves="sources are formatted",
        steps=(program("ruff", "format", "--check", "."),),
    ),
    Lane(
        name="lint",
        proves="lint rules hold; the gate's script parses",
        steps=(program("ruff", "check", "."), program("bash", "-n", ".ci/run")),
    ),
    Lane(
        name="layers",
        proves="rooms import downwards, dependencies are declared, the tree keeps its rules",
        steps=(
            program("lint-imports", "--no-cache", "--no-logo"),
            program("deptry", "--no-ansi", "src"),
            Pytest(paths=("tests/architecture",), parallel=False),
        ),
    ),
    Lane(name="types", proves="mypy --strict is clean", steps=(program("mypy"),)),
)
BEHAVIOUR = (
    Lane(
        name="unit",
        proves="rooms do what they say, properties included",
        steps=(Pytest(paths=room_tests()),),
    ),
    Lane(
        name="contracts",
        proves="every store and embedder keeps the shipped contract",
        steps=(Pytest(paths=("tests/stores", "tests/models")),),
        leaves_out=(
            "contracts: stores and embedding services that need a server or an account",
            "contracts: the sentence-transformers provider with its library (gigabytes of torch)",
        ),
    ),
    Lane(
        name="scenarios",
        proves="whole life cycles, crashes and rollbacks included",
        steps=(Pytest(paths=("tests/scenarios",)),),
    ),
    Lane(
        name="science",
        proves="measures, intervals and error rates are what they claim",
        steps=(Pytest(paths=("tests/science",)),),
    ),
)
PRODUCT = (
    Lane(
        name="docs",
        proves="every example runs, every link inside the repository leads somewhere",
        steps=(Pytest(paths=("tests/docs",)),),
        leaves_out=("docs: links to other sites",),
    ),
    Lane(
        name="package",
        proves="the built wheel works alone in a clean environment",
        steps=(program("python", "-m", "tools.package_lane"),),
        leaves_out=(
            f"package: Python versions other than {platform.python_version()}",
            f"package: systems other than {platform.system()} {platform.machine()}",
            "package: the lowest versions that the dependency ranges allow",
        ),
    ),
)
LANES = (*CHECKS, *BEHAVIOUR, *PRODUCT)
"""All lanes, in the order they run."""


def find_data() -> None:
    """Point the tests to the shared collections when they lie beside the checkout, and say what was found."""
    given = os.environ.get(DATA_VARIABLE)
    if given is None and DATA_BESIDE_CHECKOUT.is_dir():
        os.environ[DATA_VARIABLE] = str(DATA_BESIDE_CHECKOUT)
    where = os.environ.get(DATA_VARIABLE)
    if where and Path(where).is_dir():
        print(f"Test collections: {where}", flush=True)
    else:
        missing = where or "../shared/data beside the checkout"
        print(
            f"Test collections: none found ({missing}). Tests marked `data` are deselected.\n"
            f"Next: set {DATA_VARIABLE} to the folder that holds them.",
            flush=True,
        )


def run(selected: list[Lane], *, keep_going: bool) -> dict[str, Outcome]:
    """Run lanes in order; stop after the first that fails unless told to keep going."""
    outcomes: dict[str, Outcome] = {}
    for lane in selected:
        print(f"\n=== {lane.name}: {lane.proves}", flush=True)
        outcome = outcomes[lane.name] = run_lane(lane)
        print(f"=== {lane.name}: {'passed' if outcome.ok else 'FAILED'} in {outcome.seconds:.1f} s", flush=True)
        if not outcome.ok and not keep_going:
            break
    return outcomes


def summary(outcomes: dict[str, Outcome]) -> list[str]:
    """The table of lanes, what was not exercised, and the totals as the last line."""
    lines = ["", f"{'lane':<12}{'result':<10}{'seconds':>8}{'passed':>9}{'failed':>8}"]
    left_out: list[str] = []
    for lane in LANES:
        done = outcomes.get(lane.name)
        if done is None:
            lines.append(f"{lane.name:<12}{'not run':<10}")
            left_out.append(f"lane {lane.name}: {lane.proves}")
            continue
        result = "passed" if done.ok else "FAILED"
        lines.append(f"{lane.name:<12}{result:<10}{done.seconds:>8.1f}{done.passed:>9}{done.failed:>8}")
        left_out += done.notes
    lines += ["", "Not exercised:", *(f"  - {what}" for what in dict.fromkeys(left_out))]
    seconds = sum(o.seconds for o in outcomes.values())
    passed, failed = (sum(getattr(o, name) for o in outcomes.values()) for name in ("passed", "failed"))
    return [*lines, "", f"{seconds:.0f} s in {len(outcomes)} lanes", f"{passed} passed, {failed} failed"]


def main() -> int:
    """Run the chosen lanes; the status is 0 only when all of them passed."""
    parser = argparse.ArgumentParser(prog="python -m tools.lanes", description="Run the lanes of the gate.")
    parser.add_argument("--only", action="append", choices=[lane.name for lane in LANES], help="run this lane")
    parser.add_argument("--keep-going", action="store_true", help="run later lanes after a failure")
    arguments = parser.parse_args()
    find_data()
    selected = [lane for lane in LANES if not arguments.only or lane.name in arguments.only]
    outcomes = run(selected, keep_going=arguments.keep_going)
    print(*summary(outcomes), sep="\n", flush=True)
    return 0 if all(outcome.ok for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
