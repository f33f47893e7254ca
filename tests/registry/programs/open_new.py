"""Opens registries that do not exist yet, one after the other, and writes to each."""

from __future__ import annotations

import sys

from helmert.registry import Registry, upgrading
from tests.registry.programs.starting_line import wait_for_the_others

who, urls = sys.argv[1], sys.argv[2:]
assert upgrading, "imported before the start"

wait_for_the_others()
for url in urls:
    with Registry.open(url) as registry:
        print(registry.ledger.append(kind="opened", subject="registry", who=who, why="race").seq)
