"""Opens an existing registry and prints which heavy packages that needed."""

from __future__ import annotations

import sys

from helmert.registry import Registry
from tests.registry.programs.starting_line import wait_for_the_others

wait_for_the_others()
with Registry.open(sys.argv[1]) as registry:
    registry.aliases.list()
print(sorted({"alembic", "sqlalchemy"} & sys.modules.keys()))
