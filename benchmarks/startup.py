"""How long the command line takes to say what it can do, against an interpreter that does nothing.

Processor seconds of whole processes, user and system together: what a person waits for on an idle machine, and what a
busy one does not change. No documents take part, so `--data` changes nothing here.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/startup.py`

from benchmarks import harness

GOAL = "helmert --help takes under 0.4 s of processor time"
MOST_SECONDS = 0.4
NOTHING = (sys.executable, "-c", "pass")
HELP = (sys.executable, "-m", "helmert", "--help")


def processor_seconds(command: Sequence[str]) -> float:
    """User and system time of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(given: Sequence[str] | None = None) -> int:
    """Start both by turns and print the medians."""
    arguments = harness.parser(__doc__ or "").parse_args(given)
    rounds = 7 if arguments.quick else 21
    processor_seconds(HELP)
    taken = [(processor_seconds(NOTHING), processor_seconds(HELP)) for _ in range(rounds)]
    nothing, shown = (float(median) for median in np.median(np.array(taken), axis=0))
    figures = {
        "rounds": rounds,
        "interpreter_seconds": harness.rounded(nothing),
        "help_seconds": harness.rounded(shown),
    }
    return harness.conclude("startup", figures, goal=GOAL, holds=shown < MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
