"""What `helmert --help` costs, against an interpreter that does nothing.

Processor seconds (user and system) of the child process: they are what a person waits for on an idle machine, and
unlike wall-clock time they say the same on a busy one. `--data` changes nothing here.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/startup.py`

from benchmarks import harness

GOAL = "helmert --help takes under 0.4 processor seconds"
LIMIT = 0.4


def child(arguments: Sequence[str]) -> harness.Cost:
    """What a process takes from start to end. Raises `CalledProcessError` when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = harness.cost_of(lambda: subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return harness.Cost(seconds=cost.seconds, cpu=cpu)


def help_page() -> Mapping[str, harness.Cost]:
    """The command line's help."""
    return {"help": child([sys.executable, "-m", "helmert", "--help"])}


def bare() -> Mapping[str, harness.Cost]:
    """The floor: the interpreter alone."""
    return {"bare": child([sys.executable, "-c", "pass"])}


def main(given: Sequence[str] | None = None) -> int:
    """Start both by turns and print the figures."""
    arguments = harness.parser(__doc__ or "").parse_args(given)
    help_page()  # compiles what is not compiled yet
    costs = harness.by_turns([bare, help_page], rounds=9 if arguments.quick else 31, budget=20.0)
    figures = {
        "rounds": len(costs["help"]),
        "help_processor_seconds": harness.rounded(harness.median_cpu(costs["help"])),
        "bare_python_processor_seconds": harness.rounded(harness.median_cpu(costs["bare"])),
        "help_seconds": harness.rounded(harness.median(costs["help"])),
        "bare_python_seconds": harness.rounded(harness.median(costs["bare"])),
        **harness.compared("help_to_bare_python", costs["help"], costs["bare"]),
    }
    holds = harness.median_cpu(costs["help"]) < LIMIT
    return harness.conclude("startup", figures, goal=GOAL, holds=holds)


if __name__ == "__main__":
    sys.exit(main())
