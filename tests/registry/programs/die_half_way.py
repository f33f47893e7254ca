"""Writes one thing completely and half of another, and is killed."""

from __future__ import annotations

import os
import signal
import sys

from helmert.registry import JournalEntry, Registry
from tests.registry.programs.starting_line import wait_for_the_others

wait_for_the_others()
with Registry.open(sys.argv[1]) as registry:
    registry.journal.append_many("docs", [JournalEntry(op="upsert", id="whole", text="whole")])
    with registry.transaction():
        registry.journal.append_many("docs", [JournalEntry(op="upsert", id="half", text="half")])
        registry.ledger.append(kind="half", subject="docs", who="test", why="killed")
        os.kill(os.getpid(), signal.SIGKILL)
