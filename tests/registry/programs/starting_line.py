"""Lets the processes of a test start at the same moment, after each has imported what it needs."""

from __future__ import annotations

import sys


def wait_for_the_others() -> None:
    """Report to the test and return when it has heard from all of them."""
    print("ready", flush=True)
    sys.stdin.readline()
