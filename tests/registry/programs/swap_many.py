"""Tries to make every next move of an alias, and prints the generations it won."""

from __future__ import annotations

import sys

from helmert.errors import AliasMoved
from helmert.registry import Registry
from tests.registry.programs.starting_line import wait_for_the_others

url, who, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])

wait_for_the_others()
with Registry.open(url) as registry:
    present = registry.aliases.get("docs_current")
    while (generation := registry.aliases.generation("docs_current")) < rounds:
        try:
            moved = registry.aliases.swap(
                "docs_current",
                expected_generation=generation,
                index=present.index,
                model=who,
                space=present.space,
                who=who,
                why="race",
            )
        except AliasMoved:
            continue
        print(moved.generation)
